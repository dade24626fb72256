import { existsSync } from 'node:fs';
import { Problem } from '../model/problem.ts';
import { allowCommands, makeDirectories, makeSealKey, makeUser } from './account.ts';
import { setUpDatabaseServer } from './database-server.ts';
import { installPackages, packagesFor } from './debian-packages.ts';
import { runDown } from './down.ts';
import {
  type Choices,
  choicesOf,
  defaultSiteName,
  loginLink,
  makePlatform,
  makeServer,
  makeSite,
} from './first-site.ts';
import { call, waitForHub, waitForWorker } from './hub-call.ts';
import { openSite } from './open-site.ts';
import { ensureOurs } from './our-process.ts';
import { setUpPhp } from './php.ts';
import { hubSocket } from './places.ts';
import { copyProgram, putLauncher, removeOldCopies } from './program-copy.ts';
import { Screen } from './screen.ts';
import { putSettings } from './settings.ts';
import { type UpOptions, upHelp, upOptions } from './up-options.ts';
import { checkPorts, setUpWebServer } from './web-server.ts';

/** ./up: from a fresh Debian to an open site. Throws a Problem that says what to do; what was done until then stays and is found again. */
export async function runUp(argv: readonly string[]): Promise<number> {
  const options = upOptions(argv);
  const screen = new Screen(process.stdout);
  if (options.help) {
    process.stdout.write(upHelp);
    return 0;
  }
  if (process.getuid?.() !== 0) throw new Problem('forbidden', './up must run as root', { hint: 'Run: sudo ./up' });
  // Files are made with the modes they are to have, whatever the person's own umask is.
  process.umask(0o022);
  if (options.down) return runDown(screen);
  const started = performance.now();
  const choices = await choose(options);
  await checkPorts(choices.http, choices.port);
  await prepareMachine(screen, choices);
  await startAegir(screen);
  await screen.step('server @server_master', (say) => makeServer(choices, say));
  if (options.wantsSite) await firstSite(screen, options);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const what = screen.changed === 0 ? 'everything was in place' : 'Aegir runs';
  screen.line(`✓ ${what} after ${seconds} s. Next: aegir status, aegir site list, aegir --help; ./up --down stops it`);
  return 0;
}

/** What was not said stays as it is. */
async function choose({ http, db, port }: UpOptions): Promise<Choices> {
  const there = existsSync(hubSocket) ? await choicesOf().catch(hubIsDown) : null;
  return { http: http ?? there?.http ?? 'nginx', db: db ?? there?.db ?? 'mysql', port: port ?? there?.port ?? 80 };
}

function hubIsDown(error: unknown): null {
  if (error instanceof Problem && error.code === 'server-unreachable') return null;
  throw error;
}

async function prepareMachine(screen: Screen, { http, db, port }: Choices): Promise<void> {
  let phpIsNew = false;
  await screen.step('packages of Debian', async (say) => {
    const did = await installPackages(packagesFor(http, db), say);
    phpIsNew = did?.includes('php-') ?? false;
    return did;
  });
  await screen.step('user aegir', makeUser);
  await screen.step('directories', makeDirectories);
  await screen.step('what aegir may run as others', allowCommands);
  await screen.step('key for secrets', makeSealKey);
  await screen.step('settings', () => putSettings(process.env['DATABASE_URL']));
  await screen.step('program', copyProgram);
  await screen.step('command aegir', putLauncher);
  await screen.step('PHP', () => setUpPhp(phpIsNew));
  await screen.step(http === 'nginx' ? 'web server nginx' : 'web server Apache', () => setUpWebServer(http, port));
  await screen.step(`databases of sites (${db})`, () => setUpDatabaseServer(db));
}

async function startAegir(screen: Screen): Promise<void> {
  await screen.step('hub', async () => {
    const wasStarted = await ensureOurs('hub');
    await waitForHub();
    return wasStarted ? 'started' : null;
  });
  await screen.step('worker', async () => {
    const wasStarted = await ensureOurs('worker');
    await waitForWorker();
    return wasStarted ? 'started' : null;
  });
  await removeOldCopies();
}

async function firstSite(screen: Screen, options: UpOptions): Promise<void> {
  let platform = '';
  await screen.step('platform', async (say) => {
    const made = await makePlatform(options.platform, say);
    platform = made.name;
    return made.did;
  });
  const name = options.site ?? defaultSiteName;
  await screen.step(`site ${name}`, (say) => makeSite({ name, platform, profile: options.profile }, say));
  let link: string | null = null;
  await screen.step('login link', async (say) => {
    link = await loginLink(name, say);
    return link === null ? 'none, because the site is switched off' : 'made';
  });
  const { url } = await call('site get', { params: { name } });
  screen.line('');
  screen.line(`  Site:   ${url}`);
  if (link !== null) screen.line(`  Log in: ${link}   (opens once)`);
  for (const line of await openSite(url)) screen.line(`  ${line}`);
  screen.line('');
}
