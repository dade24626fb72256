import { Problem } from '../model/problem.ts';
import { ask, must } from './program.ts';
import type { Did, Say } from './screen.ts';
import type { DatabaseEngine, WebEngine } from './up-options.ts';

const always = ['sudo', 'curl', 'openssl', 'ca-certificates', 'procps', 'logrotate', 'zstd', 'restic'];
/** What platforms are fetched and built with. */
const building = ['bubblewrap', 'composer', 'git', 'libarchive-tools', 'unzip'];
const php = ['fpm', 'cli', 'gd', 'xml', 'mbstring', 'curl', 'zip', 'intl'].map((part) => `php-${part}`);
const webServer = { nginx: ['nginx'], apache: ['apache2'] } as const;
const database = {
  mysql: ['mariadb-server', 'php-mysql'],
  postgresql: ['postgresql', 'php-pgsql'],
  sqlite: ['php-sqlite3'],
} as const;

export const packagesFor = (http: WebEngine, db: DatabaseEngine): readonly string[] => [
  ...always,
  ...building,
  ...php,
  ...webServer[http],
  ...database[db],
];

/** Installs those that are missing. What apt starts by itself, it starts in Debian's own way. */
export async function installPackages(wanted: readonly string[], say: Say): Promise<Did> {
  const missing = await missingOf(wanted);
  if (missing.length === 0) return null;
  say(`installing ${missing.join(' ')}`);
  if (!(await install(missing))) {
    say('refreshing the list of packages');
    await apt(['update']);
    say(`installing ${missing.join(' ')}`);
    await apt(['install', '--no-install-recommends', ...missing]);
  }
  const still = await missingOf(missing);
  if (still.length > 0)
    throw new Problem('command-failed', `apt-get did not install ${still.join(' ')}`, {
      hint: 'Run: apt-get -f install',
    });
  return `installed ${missing.join(' ')}`;
}

async function missingOf(wanted: readonly string[]): Promise<readonly string[]> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholders
  const { stdout } = await ask(['dpkg-query', '-W', '-f', '${db:Status-Status} ${Package}\n', ...wanted]);
  const present = new Set(stdout.split('\n').filter((line) => line.startsWith('installed ')));
  return wanted.filter((name) => !present.has(`installed ${name}`));
}

const aptMinutes = 20;
const aptWords = ['-y', '-o', 'DPkg::Lock::Timeout=600', '-o', 'Dpkg::Options::=--force-confold'];
const more = { timeoutMs: aptMinutes * 60_000, env: { DEBIAN_FRONTEND: 'noninteractive' } };

const install = async (names: readonly string[]): Promise<boolean> =>
  (await ask(['apt-get', ...aptWords, 'install', '--no-install-recommends', ...names], more)).exitCode === 0;

const apt = (words: readonly string[]): Promise<string> =>
  must(['apt-get', ...aptWords, ...words], "Are Debian's packages within reach? Try: apt-get update", more);
