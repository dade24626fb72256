import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Command } from '../machine/command.ts';
import type { Output } from '../machine/machine.ts';
import type { MemoryWorld, Program } from '../machine/memory-world.ts';
import { readScript } from '../machine/php-script.ts';
import { reveal } from '../machine/scrub.ts';
import { answerSqlite } from './sqlite.ts';
import { tablesAt } from './tables.ts';
import { treeScripts } from './tree.ts';
import { publishedAs } from './web.ts';
import { type Simulation, simulated } from './world.ts';

/** While this file is there, PHP is not installed. */
export const phpIsMissing = '/run/simulated-php-is-missing';
/** While this file is there, an application that is started dies, with the file's text as its last words. */
export const applicationIsBroken = '/run/simulated-application-is-broken';

/**
 * PHP in memory: it answers our own scripts and nothing else. What a site is like is in its simulated database, so that it
 * is copied and dropped with that: `simulatedState`.
 */
export const php: Simulation = (world) => {
  simulated({
    name: 'php',
    fresh: () => ({}),
    programs: () => ({ php: answer, id: () => ({ stdout: 'aegir\n' }) }),
    snapshot: () => '',
  })(world);
  // A script that a test has held is not held in a moment that the world comes back to.
  world.keepers.push(() => () => void middles.delete(world));
};

/** In this world scripts stand still when they have decided what to change, and change it when `wait` resolves. */
export const inTheMiddle = (world: MemoryWorld, wait: (script: string) => Promise<void>): void =>
  void middles.set(world, wait);
const middles = new WeakMap<MemoryWorld, (script: string) => Promise<void>>();

const databaseShape = z.object({ driver: z.string(), name: z.string() });
type Database = z.infer<typeof databaseShape>;
const siteShape = z.object({ root: z.string(), directory: z.string(), database: databaseShape });
/** One that `fails` says why. */
const update = z.object({
  package: z.string(),
  update: z.string(),
  description: z.string(),
  fails: z.string().optional(),
});
const stateShape = z.object({
  title: z.string(),
  profile: z.string(),
  email: z.string(),
  maintenance: z.boolean(),
  /** Name of its first account, and what else its owner has given. */
  account: z.string().optional(),
  variables: z.record(z.string(), z.unknown()).optional(),
  /** Updates that are pending; a test may put some here. */
  updates: z.array(update),
  /** What it has logged as errors; likewise. */
  problems: z.array(z.string()).optional(),
  /** What it has enabled besides its core and profile; a test may put some here. */
  packages: z.array(z.object({ type: z.string(), name: z.string(), schemaVersion: z.number().nullable() })).default([]),
});
type State = z.infer<typeof stateShape>;

const inputShape = z.looseObject({
  site: siteShape.optional(),
  /** Of an installation; other scripts want other things. */
  want: z.unknown().optional(),
  owner: z
    .object({
      ...{ title: z.string(), email: z.string(), account: z.string().nullable() },
      variables: z.array(z.tuple([z.string(), z.unknown()])),
    })
    .optional(),
  on: z.boolean().optional(),
  run: z.boolean().optional(),
  user: z.string().nullable().optional(),
  path: z.string().optional(),
  root: z.string().optional(),
  directories: z.array(z.string()).optional(),
  wordpress: z.boolean().optional(),
  alone: z.object({ directory: z.string() }).optional(),
  host: z.string().optional(),
  cookies: z.record(z.string(), z.string()).optional(),
});
type Input = z.infer<typeof inputShape>;
const wantShape = z.object({ title: z.string(), profile: z.string(), email: z.string() });

async function answer(command: Command, machine: Parameters<Program>[1], user: string): Promise<Partial<Output>> {
  const { world } = machine;
  if (world.get(phpIsMissing)) return { exitCode: 127, stderr: 'php: command not found\n' };
  if (command.argv[1] === '-v') return { stdout: 'PHP 8.2.29 (cli) (built: Jul  3 2025 16:16:05) (NTS)\n' };
  if (command.argv[1] === '-m') return { stdout: '[PHP Modules]\ncurl\ngd\nmbstring\nPDO\nSimpleXML\nxml\n' };
  const asked = readScript(reveal(command.stdin ?? ''));
  if (!asked) return { exitCode: 255, stderr: 'a simulated PHP runs our own scripts only\n' };
  if (asked.script === 'sqlite') return answerSqlite(asked.input, world);
  const input = inputShape.parse(asked.input);
  const go = async (): Promise<Partial<Output>> => ({
    stdout: `\n${JSON.stringify(await respond(asked.script, input, world, user))}\n`,
  });
  const directory = input.alone?.directory;
  return directory !== undefined && world.get(directory) ? machine.exclusively(directory, go) : go();
}

async function respond(script: string, input: Input, world: MemoryWorld, user: string): Promise<Said> {
  const broken = world.text(applicationIsBroken);
  if (script === 'probe') return done(pageOf(input, world, broken !== null));
  return broken === null || script === 'remove' ? run(script, input, world, user) : failed(broken.trim());
}

type Said =
  | { readonly ok: true; readonly answer: object }
  | { readonly ok: false; readonly message: string; readonly kind: string; readonly hint: string };
const done = (given: object = {}): Said => ({ ok: true, answer: given });
const failed = (message: string, kind = 'application-failed'): Said => ({ ok: false, message, kind, hint: '' });

async function run(script: string, input: Input, world: MemoryWorld, user: string): Promise<Said> {
  const middle = async (): Promise<void> => middles.get(world)?.(script);
  if (script === 'remove') {
    await middle();
    world.remove(input.path ?? '/nothing');
    return done({ left: 0 });
  }
  const ofTree = treeScripts[script]?.(input, world, user);
  if (typeof ofTree === 'string') return failed(ofTree, world.diskIsFull ? 'disk-full' : 'not-found');
  if (ofTree) return done(ofTree);
  if (script === 'sites found')
    return done({ sites: (input.directories ?? []).map((name) => found(name, input, world)) });
  return runOnSite(script, input, world, middle);
}

async function runOnSite(script: string, input: Input, world: MemoryWorld, middle: () => Promise<void>): Promise<Said> {
  const [application = '', ...words] = script.split(' ');
  const { site } = input;
  if (!site) return failed('no site was named');
  const state = simulatedState(world, site.database);
  const change = async (changed: State): Promise<void> => {
    await middle();
    putSimulatedState(world, site.database, changed);
  };
  const verb = words.join(' ');
  if (verb === 'is installed') return done({ installed: state !== null });
  if (verb === 'install') return install(state, input, world, change);
  if (state === null) return failed('there is no finished installation in its database');
  return ask(`${application} ${verb}`, state, input, change);
}

type Change = (state: State) => Promise<void>;

/** The table in which a simulated site keeps what it is. */
const table = 'site';

/** Null: there is no such database, or nothing is installed in it. */
export function simulatedState(world: MemoryWorld, { driver, name }: Database): State | null {
  const text =
    driver === 'sqlite' ? world.text(name)?.replace(/^closed\n/, '') : tablesAt(world, driver, name)?.get(table)?.[0];
  return text === undefined || text === '' ? null : stateShape.parse(JSON.parse(text));
}

export function putSimulatedState(world: MemoryWorld, { driver, name }: Database, state: State): void {
  const text = JSON.stringify(state);
  if (driver !== 'sqlite') tablesAt(world, driver, name)?.set(table, [text]);
  else world.put(name, text, { mode: '0644', owner: 'www-data', group: 'www-data' });
}

async function install(
  state: State | null,
  { want: given, site }: Input,
  world: MemoryWorld,
  change: Change,
): Promise<Said> {
  if (!site) return failed('nothing was said of the site to install');
  const want = wantShape.parse(given);
  const { database, root, directory } = site;
  if (state !== null) return failed(`the database ${database.name} is not empty`, 'conflict');
  if (world.diskIsFull) return failed('No space left on device');
  const files = `${root}/sites/${directory}/files`;
  if (!world.get(files)) return failed('the directory for files is missing');
  if (database.driver !== 'sqlite' && !tablesAt(world, database.driver, database.name))
    return failed(`there is no database ${database.name}`);
  // In a directory of its own user's, as uploads are.
  const its = { owner: 'www-data', group: 'www-data' };
  world.directory(`${files}/simulated`, its);
  world.put(`${files}/simulated/.htaccess`, '# of the simulated installer\n', its);
  await change({ ...want, maintenance: false, updates: [], packages: [] });
  return done();
}

async function ask(
  script: string,
  state: State,
  { on, run: toRun, user, owner }: Input,
  change: Change,
): Promise<Said> {
  const [application, ...words] = script.split(' ');
  switch (words.join(' ')) {
    case 'status':
      return done({ ...statusOf(state, application === 'drupal') });
    case 'counts':
      return done({ usersRegistered: 1, usersActive: 0, posts: 0, comments: 0 });
    case 'login link':
      return done({ path: `/user/reset/1/1700000000/simulated-${(user ?? 'admin').replace(/\W/g, '-')}/login` });
    case 'maintenance':
      await change({ ...state, maintenance: on === true });
      return done();
    case 'hand over':
      await change({
        ...state,
        ...(owner && { title: owner.title, email: owner.email }),
        ...(owner && owner.account !== null && { account: owner.account }),
        ...(owner &&
          owner.variables.length > 0 && { variables: { ...state.variables, ...Object.fromEntries(owner.variables) } }),
      });
      return done({ path: '/user/reset/1/1700000000/simulated-admin/login' });
    case 'updates':
      return toRun ? runUpdates(state, change) : done({ updates: state.updates });
    case 'problems':
      return done({ problems: state.problems ?? [] });
    case 'config':
      return done({ config: { [`${application} title`]: digest(state.title).slice(0, 16) } });
    case 'rewrite':
      return done({ rewritten: [{ what: 'simulated.body', rows: 3 }] });
    case 'cron':
    case 'cron by web':
      return done({ lines: '' });
    case 'caches':
    case 'plugins':
      return done();
    default:
      return failed(`a simulated PHP does not know '${script}'`);
  }
}

/** One after the other, up to the first that fails; then the site stays closed, as on a server. */
async function runUpdates(state: State, change: Change): Promise<Said> {
  const bad = state.updates.findIndex(({ fails }) => fails !== undefined);
  const failing = state.updates[bad];
  if (failing) {
    await change({ ...state, updates: state.updates.slice(bad), maintenance: true });
    return failed(`update ${failing.update} of ${failing.package} failed: ${failing.fails}`);
  }
  await change({ ...state, updates: [] });
  return done({ updates: state.updates, wasClosed: state.maintenance });
}

/** What a visitor gets. A login link leads to the front page with a cookie, and only who has that sees pages of accounts. */
function pageOf({ host = '', path = '/', cookies = {} }: Input, world: MemoryWorld, isBroken: boolean): object {
  const page = (status: number, title: string, more: object = {}): object => ({
    ...{ status, path, title, location: null, cookies, words: title, bytes: title.length },
    sha256: digest(`${status} ${path} ${title}`),
    ...more,
  });
  const published = publishedAs(world, host.replace(/:\d+$/, ''));
  if (published === null) return page(404, 'Not found');
  if (published.state === 'redirect') return page(301, 'Moved', { location: 'https://elsewhere.invalid/' });
  if (published.state !== 'enabled') return page(503, published.state);
  const { root, directory, database } = published;
  const hasSettings = ['settings.php', 'wp-config.php'].some((name) => world.get(`${root}/sites/${directory}/${name}`));
  const state = simulatedState(world, database);
  if (isBroken || state === null || !hasSettings) return page(500, 'Error');
  if (state.maintenance) return page(503, 'Maintenance');
  const mayEnter = cookies['simulated'] === database.name;
  if (path.includes('/user/reset/'))
    return page(200, state.title, { cookies: { ...cookies, simulated: database.name } });
  if (/^\/(?:user\/\d|wp-admin)/.test(path) && !mayEnter) return page(403, 'Forbidden');
  return page(200, state.title);
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

const statusOf = ({ title, profile, maintenance, packages }: State, isDrupal: boolean): object => ({
  title,
  maintenance,
  version: isDrupal ? '10.1.2' : '6.1.9',
  profile: isDrupal ? profile : null,
  packages: [
    ...packages,
    ...(isDrupal
      ? [
          { type: 'core', name: 'drupal', schemaVersion: null },
          { type: 'module', name: 'system', schemaVersion: 10_100 },
          { type: 'profile', name: profile, schemaVersion: 8_000 },
        ]
      : [
          { type: 'core', name: 'wordpress', schemaVersion: 53_496 },
          { type: 'theme', name: 'twentytwentythree', schemaVersion: null },
        ]),
  ].map((one) => ({ ...one, enabled: true, isDefault: one.type === 'theme' })),
});

/** Settings that were not written by Aegir say in a line '// simulated: {"driver": …}' where their database is. */
function found(directory: string, { root, wordpress }: Input, world: MemoryWorld): object {
  const text = world.text(`${root}/sites/${directory}/${wordpress ? 'wp-config.php' : 'settings.php'}`) ?? '';
  const database: unknown = JSON.parse(/^\/\/ simulated: (.*)$/m.exec(text)?.[1] ?? 'null');
  return { directory, database, hashSalt: null };
}
