import { createHash } from 'node:crypto';
import { Problem } from '../../model/problem.ts';
import type { Vhost } from './http.ts';

/**
 * What no site ever gives away, whatever its application says (aegir-features.md S-3.4, rules 10, 11, 16 and 14).
 * PCRE on the decoded path, without regard to case.
 */
export const deniedAlways: readonly string[] = [
  // Dot files, and what editors and version control leave behind.
  '(?:^|/)\\.',
  '(?:~|\\.(?:bak|orig|save|sw[a-z]|dist|rej))$',
  '(?:^|/)(?:CVS/(?:Entries|Repository|Root|Tag|Template)|composer\\.(?:json|lock)|package(?:-lock)?\\.json|web\\.config)$',
  '/#[^/]*#$',
  // Source, settings and dumps.
  '\\.(?:engine|config|inc|ini|install|make|module|profile|test|pl|cgi|po|sh|[^/]*sql|theme|tpl|twig|xtmpl|ya?ml)(?:\\.(?:gz|bz2|xz|zip))?$',
  '\\.info$',
  '/(?:modules|themes|libraries|profiles)/(?:.*/)?[^/]*\\.(?:txt|md)$',
  // Private files: only the application may hand them out.
  '^/sites/[^/]+/private(?:/|$)',
  '^/(?:sites/[^/]+/)?files/(?:private|backup_migrate|config_[^/]*)(?:/|$)',
  '^/sites/[^/]+/files/civicrm/(?:ConfigAndLog|custom|upload|templates_c)(?:/|$)',
];

/** Anything that PHP might be asked to run, with or without a path behind it. */
export const phpLike = '\\.ph(?:p[0-9s]?|tml?|ar|t)(?:/|$)';
/** Everything else answers 403. */
export const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** SA-CORE-2018-002, on the query of a POST. */
export const attack = '23value|23default_value|element_parents=(?:%23|#)';
/** Drupal's update and authorize scripts answer 404 to who has no session. */
export const needsSession = '^/(?:core/)?(?:authorize|update)\\.php';
export const session = 'S?SESS[0-9a-f]{32}=';

/** Directories with a script for an index: '/wp-admin' of '/wp-admin/index.php'. The root is the front controller's. */
export const indexed = (scripts: readonly string[]): readonly string[] =>
  scripts.flatMap((script) => /^(\/.+)\/index\.php$/.exec(script)?.[1] ?? []);

/** Where the engine asks whether a configuration is in force: 204 on this path and its mark, and on no other. */
export const markPath = '/.well-known/aegir/';
export const acmePath = '/.well-known/acme-challenge/';

/** Twelve digits that are different when the text is. */
export const markOf = (...texts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 12);

/** A file's name for a host name: 253 characters and a suffix are more than a file system takes. */
export const fileName = (name: string): string => (name.length <= 200 ? name : `${name.slice(0, 150)}~${markOf(name)}`);

/** Name of the directory with the operator's lines for a platform: '/var/aegir/platforms/d10' is 'var-aegir-platforms-d10'. */
export const platformKey = (root: string): string => root.slice(1).replaceAll('/', '-');

export interface Names {
  /** Answer with the site's pages. */
  readonly pages: readonly string[];
  /** Answer 301 to `target`, with the same path and query. */
  readonly redirects: readonly string[];
  readonly target: string;
}

/** A site that is not enabled shows its notice under all of its names. */
export function names({ name, aliases, redirection, state }: Vhost): Names {
  const all = [...new Set([name, ...aliases.map((alias) => alias.name)])];
  const target = redirection ?? name;
  if (!all.includes(target))
    throw new Problem('invalid', `${name} cannot redirect to ${target}, which is none of its names`, {
      hint: `Make ${target} an alias of ${name} first.`,
    });
  if (state !== 'enabled') return { pages: all, redirects: [], target };
  const redirecting = new Set(aliases.filter(({ redirect }) => redirect).map((alias) => alias.name));
  const isPage = (one: string): boolean => one === target || (redirection === null && !redirecting.has(one));
  return { pages: all.filter(isPage), redirects: all.filter((one) => !isPage(one)), target };
}

export const takenName = (site: string, host: string, other: string): Problem =>
  new Problem('conflict', `${site} cannot have the name ${host}: it is a name of ${other} on this web server`, {
    hint: `Take ${host} from ${other} first, and verify that site; or choose another name.`,
  });

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const host = new RegExp(`^(?:\\*\\.)?${label}(?:\\.${label})+$`);
const path = /^(?:\/[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*)+$/;
const below = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/**
 * Refuses what the hub should have refused long before: nothing may be written into a server's configuration only
 * because somebody else forgot to look. Values that may be anything (credentials) are quoted where they are written.
 */
export function checkVhost(vhost: Vhost): void {
  const { certificate, routing } = vhost;
  const check = (what: string, values: readonly string[], shape: RegExp): void => {
    for (const value of values)
      if (!shape.test(value) || value.length > 1000)
        throw new Problem('invalid', `${JSON.stringify(value.slice(0, 80))} cannot be written as ${what}`, {
          hint: 'Letters, digits, dots and dashes are possible.',
        });
  };
  check('a host name', [vhost.name, ...vhost.replaces, ...vhost.aliases.map(({ name }) => name)], host);
  check('the canonical name', [vhost.name, ...(vhost.redirection === null ? [] : [vhost.redirection])], /^[^*]+$/);
  check('the host name that PHP is told', vhost.asHost === null ? [] : [vhost.asHost], host);
  check('a host name without a wildcard', vhost.asHost === null ? [] : [vhost.asHost], /^[^*]+$/);
  check('a path', [vhost.root, vhost.fpmSocket], path);
  check('a path', certificate ? [certificate.certificatePath, certificate.keyPath] : [], path);
  check("the name of a site's directory", [vhost.directory], /^[a-z0-9_][a-z0-9._-]*$/i);
  check('the directory of files', [routing.files], below);
  check(
    'a script',
    [routing.frontController, ...routing.scripts],
    /^(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\/[A-Za-z0-9_-]+\.php$/,
  );
  // Control characters anywhere: the line would end there.
  check('a rule', routing.denied, /^\P{Cc}+$/u);
}

/** The credentials and what else reaches PHP, in the order in which they are written. */
export const parameters = ({ database, directory }: Vhost): readonly (readonly [string, string])[] => [
  ['AEGIR_SITE_DIR', directory],
  ['AEGIR_DB_DRIVER', database.driver],
  ['AEGIR_DB_NAME', database.name],
  ['AEGIR_DB_USER', database.user],
  ['AEGIR_DB_HOST', database.host],
  ['AEGIR_DB_PORT', database.port === null ? '' : String(database.port)],
  ['AEGIR_DB_SOCKET', database.socket ?? ''],
  ['AEGIR_DB_PASSWORD', database.password.reveal()],
];

/** What visitors of a site that is not enabled see. It says nothing about the server. */
export const notice = (state: 'disabled' | 'maintenance'): string => {
  const [title, text] =
    state === 'disabled'
      ? ['Not available', 'This site is not available.']
      : ['Back soon', 'This site is being worked on. Please try again in a few minutes.'];
  return `<!doctype html><html lang=en><meta charset=utf-8><meta name=robots content=noindex><title>${title}</title><h1>${title}</h1><p>${text}</p></html>`;
};
export const retryAfterSeconds = 300;
