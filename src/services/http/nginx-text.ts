import { Problem } from '../../model/problem.ts';
import type { Vhost } from './http.ts';
import { Fragment, lines, nginxText, nginxValue } from './quoted.ts';
import { acmePath, fileName, indexed, markOf, markPath, names, parameters } from './rules.ts';
import { tlsCiphers } from './tls.ts';

/** Separates the fields of a site's value. No field but the last, the password, may hold it. */
const separator = '|';

/** What a class of sites has in common: the rules of their application. There are as many as there are applications. */
export interface RoutingClass {
  readonly id: string;
  /** Maps of the class. */
  readonly rules: string;
  /** Its line in the map that finds them. */
  readonly choice: string;
}

/** `$aegir_rule` of a path: '-' never answered, '+' a file or the front controller, '/' the same with a slash, else the script that answers. */
export function routingClass({ routing }: Vhost): RoutingClass {
  const scripts = [routing.frontController, ...routing.scripts];
  const id = markOf(...routing.denied, '\n', ...scripts);
  const denied = routing.denied.map((one) => new Fragment(`  ${regex(one)} "-";\n`));
  const allowed = [...new Set(scripts)].map((one) => new Fragment(`  ${regex(`^${escaped(one)}(?:/|$)`)} ${one};\n`));
  const indexes = indexed(scripts).map(
    (one) => new Fragment(`  ${regex(`^${escaped(one)}$`)} "/";\n  ${regex(`^${escaped(one)}/$`)} ${one}/index.php;\n`),
  );
  return {
    id,
    rules: `map $aegir_path $aegir_rule_${id} {\n  default "+";\n${text(denied)}${text(indexes)}${text(allowed)}}\n`,
    choice: `${id} $aegir_rule_${id};\n`,
  };
}

/** A section of a map file: one line per host name for the map in the main file. This is all there is of most sites. */
export function mapText(vhost: Vhost, ownBlock: string | null): { readonly text: string; readonly mark: string } {
  const { pages, redirects, target } = names(vhost);
  const tls = vhost.tls === 'required' ? 's' : 'o';
  const page = pageFields(vhost);
  const mark = markOf(vhost.name, vhost.state, ownBlock ?? '', tls, ...page, ...pages, ...redirects, target);
  const line = (host: string, fields: readonly string[]): Fragment =>
    nginxText`${host} ${nginxValue(fields.join(separator))};\n`;
  const state = vhost.state.charAt(0);
  const text = nginxText`# site ${vhost.name}
${pages.map((host) => line(host, [state, tls, mark, ...page]))}${redirects.map((host) => line(host, ['r', tls, mark, target]))}`;
  return { text: text.text, mark };
}

/** The field names of an enabled site's value, after state, tls and mark; the main file's pattern is made from them. */
export const pageFieldNames = [
  'class',
  'front',
  'short',
  'files',
  'root',
  'fpm',
  'dir',
  'driver',
  'name',
  'user',
  'host',
  'port_of_db',
  'socket',
  'password',
];

/** Stands before the other fields of the few sites that are told another host name than they are asked for. */
const asField = 'as=';
export const asFieldPattern = `(?:${asField}(?<aegir_as>[^|]*)\\|)?`;

function pageFields(vhost: Vhost): readonly string[] {
  const { id } = routingClass(vhost);
  // A site that answers with a notice needs no rules, but keeps them: the files of its class stay while it is there.
  if (vhost.state !== 'enabled') return [id];
  const as = vhost.asHost === null ? [] : [`${asField}${vhost.asHost}`];
  const { routing } = vhost;
  const values = parameters(vhost).map(([, value]) => value);
  const fields = [
    ...as,
    id,
    routing.frontController,
    routing.shortFiles ? 's' : '',
    routing.files,
    vhost.root,
    vhost.fpmSocket,
    ...values,
  ];
  const split = fields.slice(0, -1).find((field) => field.includes(separator));
  if (split === undefined) return fields;
  throw new Problem(
    'invalid',
    `'${separator}' is not possible in the name, user or host of the database of ${vhost.name}`,
    {
      hint: 'Rename the database or its user.',
    },
  );
}

export interface OwnBlock {
  readonly listen: readonly string[];
  readonly listenTls: readonly string[];
  readonly certificate: { readonly certificatePath: string; readonly keyPath: string } | null;
}

/**
 * The server block of a site that has lines or a certificate of its own. What it answers still comes from its line in
 * the map and from the common rules, so there is one text to get right and not two.
 */
export function ownBlockText(
  vhost: Vhost,
  common: readonly string[],
  operator: { readonly before: readonly string[]; readonly after: readonly string[] },
  on: OwnBlock,
): string {
  const { pages, redirects } = names(vhost);
  const include = (paths: readonly string[]): readonly Fragment[] =>
    // The brackets make it a pattern: should the operator remove the file, the server still starts.
    paths.map((path) => new Fragment(`  include ${path.replace(/.$/, '[$&]')};\n`));
  const listens = on.listen.map((one) => nginxText`  listen ${new Fragment(one)};\n`);
  const tls = on.certificate ? [...tlsText(on.listenTls, on.certificate), ...certificateMark(vhost)] : [];
  return nginxText`# Written by Aegir for the site ${vhost.name}; changes here are lost.
server {
${listens}${tls}  server_name ${[...pages, ...redirects]};
${hstsText(vhost)}${include(operator.before)}${common.map((path) => nginxText`  include ${path};\n`)}${lines(vhost.lines, '  ')}${include(operator.after)}}
`.text;
}

/** Where every block answers whatever the site says: challenges of an authority, and the mark of what is in force. */
export const ourPlaces = (acme: string): Fragment => nginxText`location ^~ ${acmePath} {
  alias ${`${acme}/`};
  default_type text/plain;
}
location ^~ ${markPath} {
  access_log off;
  if ($uri = "${new Fragment(markPath)}$aegir_mark") { return 204; }
  return 404;
}
`;

/** On https alone: on http nobody must believe it. A redirect and a notice say it, too. */
const hstsText = ({ tls, hstsSeconds }: Vhost): readonly Fragment[] =>
  tls === 'required' && hstsSeconds !== null
    ? [
        new Fragment('  set $aegir_hsts "";\n'),
        new Fragment(`  if ($https) { set $aegir_hsts "max-age=${hstsSeconds}"; }\n`),
        new Fragment('  add_header Strict-Transport-Security $aegir_hsts always;\n'),
      ]
    : [];

/** Another certificate under the same path is another text, so that it shows when it is in force. */
export const certificateMark = ({ pem }: Vhost): readonly Fragment[] =>
  pem ? [nginxText`  # of the certificate ${markOf(pem.reveal())}\n`] : [];

export const tlsText = (
  listen: readonly string[],
  { certificatePath, keyPath }: { readonly certificatePath: string; readonly keyPath: string },
): readonly Fragment[] => [
  ...listen.map((one) => nginxText`  listen ${new Fragment(one)} ssl http2;\n`),
  nginxText`  ssl_certificate ${certificatePath};
  ssl_certificate_key ${keyPath};
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_ciphers ${tlsCiphers};
  ssl_prefer_server_ciphers off;
  ssl_session_cache shared:aegir:10m;
  ssl_session_timeout 1d;
  ssl_session_tickets off;
`,
];

/**
 * Where a site's section and block are. A file for each site costs nginx more than all of its lines, and one file for
 * all would be written whole for each change: so there are 256, found by the name.
 */
export const siteFiles = (config: string, name: string): { readonly map: string; readonly block: string } => ({
  map: `${config}/vhost.d/${markOf(name).slice(0, 2)}.map`,
  block: `${config}/vhost.d/${fileName(name)}.conf`,
});

/** The mark that a section carries, to see later that it is no longer in force. */
export const markIn = (section: string): string => /"[edmr]\|[os]\|([0-9a-f]+)\|/.exec(section)?.[1] ?? '';

/** The classes that sites of a map file need. */
export const classesIn = (map: string): readonly string[] =>
  [...map.matchAll(/"[edm]\|[os]\|[0-9a-f]+\|(?:as=[^|]*\|)?([0-9a-f]{12})["|]/g)].flatMap(([, id]) => id ?? []);

/** A regular expression as the key of a map: without regard to case where `mode` is '~*'. `$` is no variable there. */
export const regex = (pattern: string, mode: '~' | '~*' = '~'): string =>
  `"${mode}${pattern.replace(/[\\"]/g, '\\$&')}"`;

const escaped = (word: string): string =>
  word.replace(/[\\^$.*+?()[\]{}|/-]/g, (sign) => (/[/-]/.test(sign) ? sign : `\\${sign}`));
const text = (fragments: readonly Fragment[]): string => fragments.map((fragment) => fragment.text).join('');
