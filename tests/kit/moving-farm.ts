import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { sql } from 'kysely';
import { MemoryMachine } from '../../src/machine/memory.ts';
import { Problem, type ProblemCode } from '../../src/model/problem.ts';
import { simulatedDrupal } from '../../src/simulation/code.ts';
import { putSimulatedState, simulatedState } from '../../src/simulation/php.ts';
import { type HubWithWorker, installedSite, platformRoot, type TaskEnding, verifiedFarm } from './hub-with-worker.ts';
import { onNginx } from './looks.ts';
import { sameWorld } from './same-world.ts';

/** Everything that can be done to a site that moves, with a hub and workers on a server in memory. */
export const movedSite = 'example.com';
export const newName = 'new.example.org';
export const otherRoot = '/var/aegir/platforms/p2';

/**
 * The site on p1 with an alias, an upload, an update that is pending, and a backup, number 1; a second platform p2, a second
 * site `other.example.com`, and a second server `db2` with a database service.
 */
export async function movingFarm(t: TestContext, workers = 1): Promise<HubWithWorker> {
  const farm = await verifiedFarm(t, onNginx, { workers });
  const { world, call, done } = farm;
  simulatedDrupal(world, otherRoot);
  await done((await call('platform create', { body: { name: 'p2', root: otherRoot } })).task);
  const services = [{ type: 'db', engine: 'mysql' }];
  await done((await call('server create', { body: { name: 'db2', services } })).task);
  await installedSite(farm, movedSite, { title: 'Example', aliases: ['www.example.com'] });
  await installedSite(farm, 'other.example.com', { aliases: ['www.other.example.com'] });
  world.put(`${platformRoot}/sites/${movedSite}/files/one.png`, 'a picture', { owner: 'www-data', group: 'www-data' });
  await done(await askSite(farm, 'site backup'));
  await setUpdates(farm);
  return farm;
}

export async function askSite(
  { call }: HubWithWorker,
  task: string,
  args: object = {},
  name = movedSite,
): Promise<{ readonly id: string }> {
  return (await call('site task', { params: { name }, body: { name: task, args: { ...args } } })).task;
}

/** One update is pending; it may fail. */
export async function setUpdates(farm: HubWithWorker, fails?: string): Promise<void> {
  const { database } = await farm.call('site get', { params: { name: movedSite } });
  const state = simulatedState(farm.world, { driver: 'mysql', name: database.name });
  assert.ok(state);
  const update = { package: 'system', update: '10200', description: 'makes it newer' };
  const updates = [fails === undefined ? update : { ...update, fails }];
  putSimulatedState(farm.world, { driver: 'mysql', name: database.name }, { ...state, updates });
}

type Ask = (farm: HubWithWorker) => Promise<{ readonly id: string }>;

/** Each as a person asks for it. Those that make a site call it `newName`. */
export const verbs = {
  'site migrate': (farm) => askSite(farm, 'site migrate', { platform: 'p2' }),
  'site clone': async ({ call }) =>
    (await call('site clone', { params: { name: movedSite }, body: { name: newName, platform: 'p2' } })).task,
  'site rename': (farm) => askSite(farm, 'site rename', { name: newName }),
  'site move': (farm) => askSite(farm, 'site move', { dbServer: 'db2' }),
  'site update': (farm) => askSite(farm, 'site update'),
  'site backup': (farm) => askSite(farm, 'site backup'),
  'site restore': (farm) => askSite(farm, 'site restore', { backup: '1' }),
  'site import': async ({ call }) =>
    (await call('site create', { body: { name: newName, platform: 'p2', import: true, backup: '1' } })).task,
  'backup test': async ({ call }) =>
    (await call('backup task', { params: { name: '1' }, body: { name: 'backup test' } })).task,
} as const satisfies Readonly<Record<string, Ask>>;
export type Verb = keyof typeof verbs;
export const allVerbs = Object.keys(verbs) as Verb[]; // its own keys

/** Every row that says what is where and whose, of what is not deleted and not failed; not how big it was when somebody looked. */
export async function rowsIn({ database }: HubWithWorker): Promise<string> {
  const live = sql`status not in ('deleted', 'failed')`;
  const tables = {
    ...{ server: live, service: live, platform: live, site: live, backup: live, alias: sql`true` },
    package_on_site: sql`site_id in (select id from site where ${live})`,
  };
  const lines: string[] = [];
  for (const [table, where] of Object.entries(tables)) {
    const { rows } = await sql<{ row: string }>`
      select (to_jsonb(one) - 'bytes')::text as row from ${sql.table(table)} one where ${where} order by 1`.execute(
      database.db,
    );
    lines.push(...rows.map(({ row }) => `${table}: ${row}`));
  }
  return lines.join('\n');
}

interface Expected {
  readonly code: ProblemCode;
  /** In message or hint. */
  readonly words: RegExp;
}

/** Asked for, it is refused: at once or by its check, before its first step. World and rows are as they were. */
export async function refused(farm: HubWithWorker, verb: Verb, { code, words }: Expected): Promise<void> {
  const [world, rows] = [farm.world.snapshot(), await rowsIn(farm)];
  const problem = await problemOf(farm, verb);
  assert.equal(problem.code, code, `${verb}: ${JSON.stringify(problem)}`);
  if (process.env['AEGIR_TEST_VERBOSE']) process.stdout.write(`# ${verb}: ${problem.message}. ${problem.hint}\n`);
  assert.ok(problem.hint, `${verb} says what to do: ${problem.message}`);
  assert.match(`${problem.message} ${problem.hint}`, words, verb);
  sameWorld(farm.world.snapshot(), world, `${verb}: ${code}`);
  await forgetNew(farm);
  sameWorld(await rowsIn(farm), rows, `${verb}: ${code}, rows`);
}

async function problemOf(farm: HubWithWorker, verb: Verb): Promise<Pick<Problem, 'code' | 'message' | 'hint'>> {
  try {
    const ended = await farm.waitFor(await verbs[verb](farm));
    assert.equal(ended.status, 'failed', `${verb}: ${JSON.stringify(ended.problem)}`);
    assert.deepEqual(startedIn(ended), [], `${verb} has begun`);
    return ended.problem as Pick<Problem, 'code' | 'message' | 'hint'>; // one that failed has it
  } catch (error) {
    assert.ok(error instanceof Problem, String(error));
    return error;
  }
}

const startedIn = ({ events }: TaskEnding): readonly string[] =>
  events.flatMap((event) => (event.type === 'step.started' ? [event.step] : []));

/** The row of a site that was to be made is there as 'failed', for who asks again; nothing of it is on the server. */
async function forgetNew(farm: HubWithWorker): Promise<void> {
  const { items } = await farm.call('site list', { query: { status: 'failed' } });
  for (const { name } of items) await farm.done(await askSite(farm, 'site delete', {}, name));
}

/** As somebody who works on that server by hand. */
export async function inMariadb({ world }: HubWithWorker, statement: string): Promise<void> {
  const hands = { name: 'master', log: { append: async () => {} }, claim: new AbortController().signal };
  const argv = ['mariadb', '--user=root'] as const;
  await new MemoryMachine(hands, world).run({
    argv,
    stdin: `${statement};\n`,
    timeoutMs: 1000,
    allow: [0],
    effect: 'changes',
  });
}

/** Once, as soon as a step of that name runs, and before it does anything more. */
export function inStep(farm: HubWithWorker, names: RegExp, act: () => void): () => boolean {
  let isOver = false;
  farm.before = async () => {
    if (isOver) return;
    for (const { id } of (await farm.call('task list', { query: { status: 'running' } })).items) {
      const { steps } = await farm.call('task get', { params: { task: id } });
      if (isOver || !steps.some(({ name, status }) => status === 'running' && names.test(name))) continue;
      isOver = true;
      act();
    }
  };
  return () => isOver;
}
