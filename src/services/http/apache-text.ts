import type { Vhost } from './http.ts';
import type { WebOptions, WebPaths } from './options.ts';
import { apacheText, apacheValue, Fragment, lines, rewriteWord } from './quoted.ts';
import {
  acmePath,
  attack,
  deniedAlways,
  indexed,
  markOf,
  markPath,
  methods,
  names,
  needsSession,
  notice,
  parameters,
  phpLike,
  retryAfterSeconds,
  session,
} from './rules.ts';
import { tlsCiphers } from './tls.ts';

export interface ApacheBlocks {
  readonly listen: readonly string[];
  readonly listenTls: readonly string[];
  readonly certificate: { readonly certificatePath: string; readonly keyPath: string } | null;
  readonly operator: { readonly before: readonly string[]; readonly after: readonly string[] };
}

export interface ApacheTexts {
  readonly exact: string;
  /** Blocks of names such as *.example.com. Apache takes the first block that fits: they are included after all others. */
  readonly wild: string | null;
  readonly mark: string;
}

/** The file of one site: a block for its pages and one for its redirects, each for http and, if it has it, for https. */
export function apacheTexts(vhost: Vhost, paths: WebPaths, options: WebOptions, blocks: ApacheBlocks): ApacheTexts {
  const mark = markOf(
    // Left out where it is null: the marks of sites that were published before there was such a thing stay the same.
    // What it replaces is nothing that it is.
    JSON.stringify({
      ...{ ...vhost, database: null, asHost: vhost.asHost ?? undefined, replaces: undefined },
      pem: vhost.pem ? markOf(vhost.pem.reveal()) : undefined,
    }),
    JSON.stringify([options, blocks, ...(paths.logs === null ? [] : [paths.logs])]),
    ...parameters(vhost).flat(),
  );
  const { pages, redirects, target } = names(vhost);
  const isWild = (name: string): boolean => name.startsWith('*');
  const all = (wild: boolean): readonly Fragment[] => {
    const some = (list: readonly string[]): readonly string[] => list.filter((name) => isWild(name) === wild);
    return [
      ...onBoth(blocks, vhost, some(pages), (https) => pagesBlock(vhost, paths, options, blocks, mark, https)),
      ...onBoth(blocks, vhost, some(redirects), (https) => redirectBlock(vhost, paths, options, mark, target, https)),
    ];
  };
  const heading = apacheText`# Written by Aegir for the site ${vhost.name}; changes here are lost.\n`;
  const text = (wild: boolean): string => apacheText`${heading}${all(wild)}`.text;
  return { exact: text(false), wild: [...pages, ...redirects].some(isWild) ? text(true) : null, mark };
}

/** The site that a file is of. */
export const writtenFor = (text: string): string =>
  /^# Written by Aegir for the site (\S+);/.exec(text)?.[1] ?? 'nobody';

function onBoth(
  { listen, listenTls, certificate }: ApacheBlocks,
  { tls, hstsSeconds }: Vhost,
  hosts: readonly string[],
  inner: (https: boolean) => Fragment,
): readonly Fragment[] {
  const [first, ...more] = hosts;
  if (first === undefined) return [];
  // A block without a name of its own would take the server's: a wildcard can be an alias only.
  const own = first.startsWith('*') ? 'aegir-wildcard.invalid' : first;
  const aliases = own === first ? more : hosts;
  const one = (
    on: readonly string[],
    https: boolean,
  ): Fragment => apacheText`<VirtualHost ${new Fragment(on.join(' '))}>
  ServerName ${own}
${aliases.map((name) => apacheText`  ServerAlias ${name}\n`)}${https && certificate ? [...tlsLines(certificate), ...(tls === 'required' ? hstsLine(hstsSeconds) : [])] : []}${inner(https)}</VirtualHost>
`;
  return [one(listen, false), ...(tls !== 'off' && certificate ? [one(listenTls, true)] : [])];
}

/** On https alone: on http nobody must believe it. */
const hstsLine = (seconds: number | null): readonly Fragment[] =>
  seconds === null ? [] : [apacheText`  Header always set Strict-Transport-Security ${`max-age=${seconds}`}\n`];

export const tlsLines = (certificate: {
  readonly certificatePath: string;
  readonly keyPath: string;
}): readonly Fragment[] => [
  apacheText`  SSLEngine on
  SSLProtocol all -SSLv3 -TLSv1 -TLSv1.1
  SSLCipherSuite ${tlsCiphers}
  SSLHonorCipherOrder off
  SSLSessionTickets off
  SSLCertificateFile ${certificate.certificatePath}
  SSLCertificateKeyFile ${certificate.keyPath}
`,
];

/** What stands first in every block: the challenge and the mark are answered whatever else the site says. */
export const opening = (
  { acme, logs }: WebPaths,
  mark: string,
): Fragment => apacheText`${logs === null ? [] : [errorLog(logs)]}  RewriteEngine On
  UseCanonicalName Off
  Header always set X-Content-Type-Options nosniff
  RequestHeader unset Proxy early
  Alias ${acmePath} ${`${acme}/`}
  RewriteRule ${rule(`^${escaped(acmePath)}`)} - [END]
  RewriteRule ${rule(`^${escaped(markPath)}${mark}$`)} - [R=204,END]
  RewriteRule ${rule(`^${escaped(markPath)}`)} - [R=404,END]
`;

/** Apache opens one file for all blocks that name the same. */
const errorLog = (logs: string): Fragment => apacheText`  ErrorLog ${`${logs}/apache-error.log`}
  ErrorLogFormat "[%{cu}t] [%-m:%l] [host\\ %V] [client\\ %a] %M% ,\\ referer\\ %{Referer}i"
`;

/** One argument of a rewrite directive. A leading '!' would turn its meaning round, hence the group. */
const rule = (pattern: string): Fragment => rewriteWord(`(?:${pattern})`);

function redirectBlock(
  vhost: Vhost,
  paths: WebPaths,
  { tlsPort }: WebOptions,
  mark: string,
  target: string,
  https: boolean,
): Fragment {
  return apacheText`${opening(paths, mark)}${redirect(target, https || vhost.tls === 'required', https, tlsPort)}`;
}

/** The path and query as they came, not as they were decoded. The port as the visitor wrote it, unless the scheme changes. */
function redirect(target: string, toHttps: boolean, isHttps: boolean, tlsPort: number): Fragment {
  const port = toHttps && !isHttps ? (tlsPort === 443 ? '' : `:${tlsPort}`) : '%1';
  const substitution = `${toHttps ? 'https' : 'http'}://${target}${port}%2`;
  return apacheText`  RewriteCond ${new Fragment('"%{HTTP_HOST} %{THE_REQUEST}"')} ${rewriteWord('^[^: ]*(:[0-9]{1,5})? [A-Z]+ (?:https?://[^/ ]*)?(/[^ ?]*)')}
  RewriteRule ^ ${rewriteWord(substitution)} [R=301,NE,END]
`;
}

function pagesBlock(
  vhost: Vhost,
  paths: WebPaths,
  options: WebOptions,
  { operator }: ApacheBlocks,
  mark: string,
  https: boolean,
): Fragment {
  if (vhost.state !== 'enabled') return apacheText`${opening(paths, mark)}${noticeLines(vhost.state)}`;
  const include = (files: readonly string[]): readonly Fragment[] =>
    files.map((path) => apacheText`  IncludeOptional ${path.replace(/.$/, '[$&]')}\n`);
  if (vhost.tls === 'required' && !https)
    return apacheText`${opening(paths, mark)}${redirectSameHost(options.tlsPort)}`;
  return apacheText`${include(operator.before)}${opening(paths, mark)}  DocumentRoot ${vhost.root}
  LimitRequestBody ${options.uploadMegabytesMax * 1_048_576}
  DirectoryIndex disabled
${parameters(vhost).map(([name, value]) => (value === '' ? new Fragment('') : apacheText`  SetEnv ${name} ${apacheValue(value)}\n`))}${routingLines(vhost, options)}${phpLines(vhost)}${lines(vhost.lines, '  ')}${include(operator.after)}`;
}

const redirectSameHost = (
  tlsPort: number,
): Fragment => apacheText`  RewriteCond ${new Fragment('"%{SERVER_NAME} %{THE_REQUEST}"')} ${rewriteWord('^([^: ]*) [A-Z]+ (?:https?://[^/ ]*)?(/[^ ?]*)')}
  RewriteRule ^ ${rewriteWord(`https://%1${tlsPort === 443 ? '' : `:${tlsPort}`}%2`)} [R=301,NE,END]
`;

const noticeLines = (state: 'disabled' | 'maintenance'): Fragment => apacheText`  ErrorDocument 503 ${notice(state)}
${state === 'maintenance' ? apacheText`  Header always set Retry-After ${String(retryAfterSeconds)}\n` : new Fragment('')}  RewriteRule ^ - [R=503,END]
`;

/** In the order in which it is decided, as in nginx's site.conf. */
function routingLines({ root, routing, asHost }: Vhost, options: WebOptions): Fragment {
  const { files, frontController } = routing;
  const scripts = [...new Set([frontController, ...routing.scripts])];
  const file = (path: Fragment): Fragment => apacheText`  RewriteCond ${path} -f\n`;
  const inRoot = (path: string): Fragment => new Fragment(`"${root}${path}"`);
  const deny = (one: string, flags: string): Fragment =>
    apacheText`  RewriteRule ${rule(one)} - ${new Fragment(`[${flags}R=404,END]`)}\n`;
  return apacheText`  RewriteCond ${new Fragment('%{REQUEST_METHOD}')} ${rewriteWord(`!^(?:${methods.join('|')})$`)}
  RewriteRule ^ - [F,END]
  RewriteCond ${new Fragment('%{REQUEST_METHOD}')} =POST
  RewriteCond ${new Fragment('%{QUERY_STRING}')} ${rewriteWord(attack)}
  RewriteRule ^ - [F,END]
${routing.shortFiles ? apacheText`  RewriteRule ${rewriteWord('^/files/(.*)$')} ${rewriteWord(`/${files}/$1`)}\n` : new Fragment('')}${deniedAlways.map((one) => deny(one, 'NC,'))}${routing.denied.map((one) => deny(one, ''))}  RewriteCond ${new Fragment('%{HTTP_COOKIE}')} ${rewriteWord(`!${session}`)}
  RewriteRule ${rule(needsSession)} - [R=404,END]
${indexed(scripts).map(
  (
    one,
  ) => apacheText`${redirectToSlash(one, asHost)}  RewriteRule ${rewriteWord(`^${escaped(one)}/$`)} ${rewriteWord(`${one}/index.php`)} [PT,END]
`,
)}${scripts.map((one) => apacheText`  RewriteRule ${rewriteWord(`^${escaped(one)}(?:/|$)`)} - [END]\n`)}${deny(phpLike, 'NC,')}${file(inRoot(`/${files}/favicon.ico`))}  RewriteRule ^/favicon\\.ico$ ${`/${files}/favicon.ico`} [PT,END]
  RewriteCond ${inRoot('/favicon.ico')} !-f
  RewriteRule ^/favicon\\.ico$ - [R=204,END]
${robots(`/${files}/${asHost ?? '%{SERVER_NAME}'}.robots.txt`, `/${files}/robots.txt`, inRoot, file)}  RewriteCond ${new Fragment(`"${root}$1"`)} -f
  RewriteRule ^(/.*)$ $1 [PT,E=aegir_file:1,END]
${onlyFiles(options)}  RewriteRule ^ ${frontController} [PT,END]
  Header set Cache-Control ${'max-age=2592000'} env=aegir_file
`;
}

/** Who asks several servers for an upload wants to know whether this one has it, and no page of the application instead. */
const onlyFiles = ({ proxies }: WebOptions): readonly Fragment[] =>
  proxies.length === 0
    ? []
    : [
        apacheText`  RewriteCond ${new Fragment('%{HTTP:X-Aegir-Only}')} =1
  RewriteRule ^ - [R=404,END]
`,
      ];

/** Apache makes the name that was asked for part of it, unless we do. */
const redirectToSlash = (path: string, asHost: string | null): Fragment =>
  asHost === null
    ? apacheText`  RewriteRule ${rewriteWord(`^${escaped(path)}$`)} ${rewriteWord(`${path}/`)} [R=301,END]\n`
    : apacheText`  RewriteCond ${new Fragment('%{HTTP_HOST}')} ${rewriteWord(hostWithPort)}
  RewriteRule ${rewriteWord(`^${escaped(path)}$`)} ${rewriteWord(`%{REQUEST_SCHEME}://${asHost}%1${path}/`)} [R=301,END]
`;

/** A group with the port as the visitor wrote it, which need not be ours. */
const hostWithPort = '^[^:]*(:[0-9]{1,5})?$';

function robots(
  ofHost: string,
  ofSite: string,
  inRoot: (path: string) => Fragment,
  file: (path: Fragment) => Fragment,
): readonly Fragment[] {
  const to = (path: string): Fragment =>
    apacheText`  RewriteRule ^/robots\\.txt$ ${new Fragment(`"${path}"`)} [PT,END]\n`;
  return [ofHost, ofSite].map((path) => apacheText`${file(inRoot(path))}${to(path)}`);
}

/**
 * The scripts that the application names go to its PHP pool; nothing else is ever run, whatever modules the server
 * has loaded: a Location is merged last, and a FilesMatch of a block after one of the server.
 */
function phpLines({ root, routing, fpmSocket, name, asHost }: Vhost): Fragment {
  const scripts = [...new Set([routing.frontController, ...routing.scripts])].map(escaped).join('|');
  return apacheText`  <Directory ${root}>
    AllowOverride None
    Options FollowSymLinks
    Require all granted
    DirectorySlash Off
  </Directory>
  <FilesMatch ${`(?i)\\.(?:ph(?:p[0-9s]?|tml?|ar|t)|cgi|pl|py|shtml)(?:\\.|$)`}>
    SetHandler none
  </FilesMatch>
  <LocationMatch ${`^(?:${scripts})(?:/|$)`}>
    SetHandler ${`proxy:unix:${fpmSocket}|fcgi://${name}`}
  </LocationMatch>
  ProxyTimeout 300
  ProxyFCGIBackendType GENERIC
${asHost === null ? [] : toldHost(asHost)}`;
}

const toldHost = (host: string): readonly Fragment[] => [
  apacheText`  ProxyFCGISetEnvIf ${new Fragment(`"%{HTTP_HOST} =~ m#${hostWithPort}#"`)} HTTP_HOST ${new Fragment(`"${host}$1"`)}
  ProxyFCGISetEnvIf true SERVER_NAME ${host}
`,
];

const escaped = (word: string): string => word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
