import { buildUser } from './platform-source.ts';

/** The user that Aegir works as on every server; and the web server's, which sites run as on Debian. */
export const aegirUser = 'aegir';
export const webUser = 'www-data';

/** Of the database server as Debian installs it. */
const tables = '/var/lib/mysql/';

interface Rule {
  /** Engine that cannot do without; undefined: what can be done without it is done in another way, or not at all. */
  readonly for?: 'nginx' | 'apache' | 'any web server';
  readonly as: string;
  readonly program: string;
  /** '' is none at all, null any, a list these words, an expression what all words together are. */
  readonly args: '' | null | readonly string[] | RegExp;
}

/**
 * All that Aegir's user may do as somebody else, on each server, word for word. `php` without any argument reads the program
 * from standard input and runs as the sites' own user, so it gives no more than a site's own code has; and `tar` and `cp`,
 * for what sites wrote, no more than that (decision 0017). As the build user, which may do nothing, it starts the sandbox
 * (sources/sandbox.ts) and ends what runs in it. Files of tables are copied as the user mysql, from one database into
 * another and nowhere else (decision 0024); sudo older than 1.9.10 takes that expression for words: then rows are copied.
 *
 * Machines in memory refuse whatever is not here, so the proofs show that nothing is missing.
 */
const rules: readonly Rule[] = [
  { for: 'nginx', as: 'root', program: '/usr/sbin/nginx', args: ['-t'] },
  { for: 'nginx', as: 'root', program: '/usr/sbin/nginx', args: ['-s', 'reload'] },
  { for: 'apache', as: 'root', program: '/usr/sbin/apache2ctl', args: ['configtest'] },
  { for: 'apache', as: 'root', program: '/usr/sbin/apache2ctl', args: ['graceful'] },
  { for: 'any web server', as: webUser, program: '/usr/bin/php', args: '' },
  { for: 'any web server', as: webUser, program: '/usr/bin/tar', args: null },
  { for: 'any web server', as: webUser, program: '/usr/bin/cp', args: null },
  {
    as: 'mysql',
    program: '/usr/bin/cp',
    args: new RegExp(`^-t ${tables}[a-zA-Z0-9_]+( ${tables}[a-zA-Z0-9_]+/[a-zA-Z0-9_]+\\.(ibd|cfg))+$`),
  },
  { as: buildUser, program: '/usr/bin/bwrap', args: null },
  { as: buildUser, program: '/usr/bin/pkill', args: null },
  { as: buildUser, program: '/usr/bin/pidwait', args: null },
];

/** The file /etc/sudoers.d/aegir. */
export const sudoersText = (writtenBy: string): string =>
  [
    `# Written by ${writtenBy} of Aegir.`,
    `Defaults:${aegirUser} !requiretty`,
    ...rules.map((rule) => `${aegirUser} ALL=${ruleText(rule)}`),
    '',
  ].join('\n');

const ruleText = ({ as, program, args }: Rule): string => `(${as}) NOPASSWD: ${program} ${argsText(args)}`.trimEnd();

/** What `sudo -n -l` says to Aegir's user where the file is in force. */
export const sudoList = (): string => rules.map((rule) => `    ${ruleText(rule)}\n`).join('');

/** Of what these engines need: what is not in the answer of `sudo -n -l`. */
export function lacksSudo(said: string, engines: readonly string[]): readonly string[] {
  const lines = new Set(said.split('\n').map((line) => line.trim()));
  const isWeb = engines.includes('nginx') || engines.includes('apache');
  return rules
    .filter((one) => one.for !== undefined && (one.for === 'any web server' ? isWeb : engines.includes(one.for)))
    .filter((one) => !lines.has(ruleText(one)))
    .map(({ as, program, args }) => `${program} ${argsText(args)} (as ${as})`.replace(/\s+/g, ' '));
}

function argsText(args: Rule['args']): string {
  if (args === null) return '';
  if (args === '') return '""';
  // In the words of a regular expression the slash needs no backslash there.
  return args instanceof RegExp ? args.source.replaceAll('\\/', '/') : args.join(' ');
}

/** Whether one of the rules lets Aegir's user run this as `user`. A program without its directory is the one in /usr/bin or /usr/sbin. */
export function maySudo(user: string, [program = '', ...args]: readonly string[]): boolean {
  return rules.some(
    (rule) =>
      rule.as === user && (rule.program === program || isNamed(rule.program, program)) && takes(rule.args, args),
  );
}

const isNamed = (path: string, name: string): boolean => /^\/usr\/s?bin\//.test(path) && path.endsWith(`/${name}`);

function takes(allowed: Rule['args'], args: readonly string[]): boolean {
  if (allowed === null) return true;
  if (allowed instanceof RegExp) return allowed.test(args.join(' '));
  return args.join(' ') === (allowed === '' ? '' : allowed.join(' ')) && (allowed !== '' || args.length === 0);
}
