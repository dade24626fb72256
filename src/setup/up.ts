import { Problem } from '../model/problem.ts';
import { allowCommands, makeDirectories, makeSealKey, makeUsers } from './account.ts';
import { setUpDatabaseServer } from './database-server.ts';
import { installPackages, packagesFor } from './debian-packages.ts';
import { runDown } from './down.ts';
import { firstInvitation } from './first-administrator.ts';
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
import { rotateLogs } from './log-rotation.ts';
import { openSite } from './open-site.ts';
import { ensureOurs, isInstalled } from './our-process.ts';
import { buildPanel } from './panel.ts';
import { setUpPhp } from './php.ts';
import { checkedDocroot } from './platform-source.ts';
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
  // Before anything is made; where a hub is there already, it knows what was chosen and is asked first.
  if (options.platform !== undefined) await checkedDocroot(options.platform);
  if (!(await isInstalled())) await checkPorts(options.http ?? first.http, options.port ?? first.port);
  await makePlace(screen);
  const choices = await choose(options);
  await checkPorts(choices.http, choices.port);
  await prepareMachine(screen, choices);
  await startWorker(screen);
  await screen.step('server @server_master', (say) => makeServer(choices, say));
  const open = options.wantsSite ? await firstSite(screen, options) : [];
  const what = screen.changed === 0 ? 'Everything was in place' : 'Aegir runs';
  if (options.wantsSite) open.push(...(await logIn(screen, options)));
  open.push(...(await panel(screen)));
  if (open.length > 0) screen.line(['', ...open.map((line) => `  ${line}`), ''].join('\n'));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  screen.line(`✓ ${what} (${seconds} s). Next: aegir site list, aegir --help; ./up --down stops it`);
  return 0;
}

const first: Choices = { http: 'nginx', db: 'mysql', port: 80 };

/** What was not said stays as it is. */
async function choose({ http, db, port }: UpOptions): Promise<Choices> {
  const there = (await choicesOf()) ?? first;
  return { http: http ?? there.http, db: db ?? there.db, port: port ?? there.port };
}

/** The hub and what it stands on. It needs no other program, and it knows what else is wanted. */
async function makePlace(screen: Screen): Promise<void> {
  await screen.step('users aegir and aegir-build', makeUsers);
  await screen.step('directories', makeDirectories);
  await screen.step('key for secrets', makeSealKey);
  await screen.step('settings', () => putSettings(process.env['DATABASE_URL']));
  await screen.step('panel', buildPanel);
  await screen.step('program', copyProgram);
  await screen.step('command aegir', putLauncher);
  await screen.step('hub', async () => {
    const wasStarted = await ensureOurs('hub');
    await waitForHub();
    return wasStarted ? 'started' : null;
  });
}

async function prepareMachine(screen: Screen, { http, db, port }: Choices): Promise<void> {
  let phpIsNew = false;
  await screen.step('packages of Debian', async (say) => {
    const did = await installPackages(packagesFor(http, db), say);
    phpIsNew = did?.includes('php-') ?? false;
    return did;
  });
  await screen.step('what aegir may run as others', allowCommands);
  await screen.step('rotation of logs', rotateLogs);
  await screen.step('PHP', () => setUpPhp(phpIsNew));
  await screen.step(http === 'nginx' ? 'web server nginx' : 'web server Apache', () => setUpWebServer(http, port));
  await screen.step(`databases of sites (${db})`, () => setUpDatabaseServer(db));
}

async function startWorker(screen: Screen): Promise<void> {
  await screen.step('worker', async () => {
    const wasStarted = await ensureOurs('worker');
    await waitForWorker();
    return wasStarted ? 'started' : null;
  });
  await removeOldCopies();
}

/** Answers what a person should know about the site. */
async function firstSite(screen: Screen, options: UpOptions): Promise<string[]> {
  let platform = '';
  await screen.step('platform', async (say) => {
    const made = await makePlatform(options.platform, say);
    platform = made.name;
    return made.did;
  });
  const name = siteName(options);
  await screen.step(`site ${name}`, (say) => makeSite({ name, platform, profile: options.profile }, say));
  const { url } = await call('site get', { params: { name } });
  return [`Site:   ${url}`, ...(await openSite(url))];
}

/** Nobody can sign in yet: who has run this is the first who will. */
async function panel(screen: Screen): Promise<string[]> {
  let link: string | null = null;
  await screen.step('link to the panel', async () => {
    link = await firstInvitation();
    return link === null ? null : 'made';
  });
  return link === null ? [] : [`Panel:  ${link}   (choose a password; opens once)`];
}

const siteName = ({ site }: UpOptions): string => site ?? defaultSiteName;

async function logIn(screen: Screen, options: UpOptions): Promise<string[]> {
  let link: string | null = null;
  await screen.step('login link', async (say) => {
    link = await loginLink(siteName(options), say);
    return link === null ? 'none, because the site is switched off' : 'made';
  });
  return link === null ? [] : [`Log in: ${link}   (opens once)`];
}
