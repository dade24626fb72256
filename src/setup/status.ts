import { textOf } from './files.ts';
import { isInstalled, type OurProcess, pidsOf } from './our-process.ts';
import { programLink } from './places.ts';
import { ask } from './program.ts';
import { fpmService, hasSystemd, isRunning, type SystemService } from './system-service.ts';

/** What only this machine itself can say, with or without a running hub. */
interface LocalStatus {
  readonly name: string;
  readonly running: boolean;
  /** As the program says it; null: it is not installed. */
  readonly version: string | null;
}

async function localStatus(): Promise<readonly LocalStatus[]> {
  const all = [ours('hub'), ours('worker'), nginx(), apache(), fpm(), mariadb(), postgresql()];
  return (await Promise.all(all)).filter(({ running, version }) => running || version !== null);
}

/** `aegir status` on the hub's own machine: what runs here, as lines of text. Null where ./up never ran. */
export async function localStatusText(): Promise<{ readonly text: string; readonly hubRuns: boolean } | null> {
  if (!(await isInstalled())) return null;
  const all = await localStatus();
  const hubRuns = all.some(({ name, running }) => name === 'hub' && running);
  const width = Math.max(...all.map(({ name }) => name.length));
  const lines = all.map((one) =>
    `${markOf(one)} ${one.name.padEnd(width)}  ${one.running ? 'runs   ' : 'stopped'}  ${one.version ?? ''}`.trimEnd(),
  );
  if (!hubRuns) lines.unshift('The hub is not running, the sites go on without it. Start it with: ./up');
  return { text: `${lines.join('\n')}\n`, hubRuns };
}

/** A server of Debian's that does not run may be one that no site needs: that is no fault. */
const markOf = ({ name, running }: LocalStatus): string => {
  if (running) return '✓';
  return name === 'hub' || name === 'worker' ? '✗' : '-';
};

async function ours(name: OurProcess): Promise<LocalStatus> {
  const manifest = await textOf(`${programLink}/package.json`);
  // Our own file.
  const version = manifest === null ? null : (JSON.parse(manifest) as { version: string }).version;
  return { name, running: (await pidsOf(name)).length > 0, version };
}

const versionOf = async (argv: readonly [string, ...string[]], pattern: RegExp): Promise<string | null> => {
  const { exitCode, stdout, stderr } = await ask(argv, { timeoutMs: 10_000 });
  return exitCode === 127 ? null : (pattern.exec(stdout + stderr)?.[1] ?? null);
};

async function system(name: string, service: SystemService, version: Promise<string | null>): Promise<LocalStatus> {
  const found = await version;
  return { name, running: found !== null && (await runs(service)), version: found };
}

/** Init scripts tell it only to root; a process of that name is what others can see. */
async function runs(service: SystemService): Promise<boolean> {
  if (process.getuid?.() === 0 || (await hasSystemd())) return isRunning(service);
  const names = { nginx: 'nginx', apache2: 'apache2', mariadb: 'mariadbd', postgresql: 'postgres' } as const;
  const name =
    service in names ? names[service as keyof typeof names] : service.replace('php', 'php-fpm').replace('-fpm', ''); // it is a key: `in` says so
  return (await ask(['pgrep', '-x', name])).exitCode === 0;
}

const nginx = () => system('nginx', 'nginx', versionOf(['/usr/sbin/nginx', '-v'], /nginx\/([\d.]+)/));
const apache = () => system('apache', 'apache2', versionOf(['/usr/sbin/apache2', '-v'], /Apache\/([\d.]+)/));
const mariadb = () => system('mariadb', 'mariadb', versionOf(['/usr/sbin/mariadbd', '--version'], /Ver ([\d.]+)/));
const postgresql = () => system('postgresql', 'postgresql', versionOf(['psql', '--version'], /([\d.]+)/));

async function fpm(): Promise<LocalStatus> {
  const service = await fpmService().catch(() => null); // There is no PHP at all.
  if (service === null) return { name: 'php-fpm', running: false, version: null };
  return system('php-fpm', service, versionOf(['php', '-r', 'echo PHP_VERSION;'], /([\d.]+)/));
}
