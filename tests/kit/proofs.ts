import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Machine } from '../../src/machine/machine.ts';
import { inTheMiddle } from '../../src/simulation/php.ts';
import type { Ending } from '../../src/tasks/ending.ts';
import type { OpenStep, OpenTask } from '../../src/tasks/task-type.ts';
import { type Control, run } from '../../src/worker/run.ts';
import { type FarmParts, type Hand, type HandMore, hand } from './farm.ts';
import { breakAt, failing, failingAtLast, twice } from './faults.ts';
import type { Scene } from './played.ts';
import { sameWorld, worldOf } from './same-world.ts';
import { farms, scenes } from './scenes.ts';
import { allocate, settle, type Truth } from './truth.ts';
import { twoServerFarms } from './two-servers.ts';

let faultPoints = 0;

/**
 * Proofs over every task type there is, on this kind of farm: whatever fails and whenever, the world is as wanted or as
 * before. A new task type needs a scene (what the world is like when it is asked for) and gets the rest for nothing.
 * Of the points in time one in `every` is tried, and all with AEGIR_TEST_ALL_FAULTS=1. Where each task type is proven on another
 * farm already, fewer are enough: engines differ, tasks do not.
 */
export function prove(kind: string, every = 1): void {
  const farm = farms[kind] ?? twoServerFarms[kind];
  assert.ok(farm, `there is no farm ${kind}`);
  const step = process.env['AEGIR_TEST_ALL_FAULTS'] === '1' ? 1 : every;
  after(() => {
    const which = step === 1 ? '' : `, of the points in time one in ${step}`;
    process.stdout.write(
      `# ${kind}: ${faultPoints} fault points tried${which}, each left the world as wanted or as before\n`,
    );
  });
  for (const scene of scenes) {
    if (!(scene.only ?? Object.keys(farms)).includes(kind)) continue;
    const what = `${scene.title}, on ${kind}`;
    test(`${what}: fails before or after the work of any step`, () => brokenSteps(farm, scene));
    test(`${what}: every step and every undo can be repeated`, () => repeated(farm, scene));
    test(`${what}: a worker that dies at any event is taken over`, async () => {
      for (const fails of [false, true]) await dying(farm, scene, fails, step);
    });
    test(`${what}: a script that goes on when its worker has died is not met by the next one`, async () => {
      for (const fails of [false, true]) await orphaned(farm, scene, fails);
    });
    test(`${what}: anything that is done on the server can fail once`, () => failingOnce(farm, scene, step));
  }
}

const controlOf = ({ claim }: Hand): Control => ({ claim: claim.signal, stop: () => undefined, undoing: () => {} });

type Farm = () => FarmParts;

interface Prepared {
  readonly parts: FarmParts;
  readonly truth: Truth;
  comeBack(): void;
}
const prepared = new Map<unknown, Map<Scene, Prepared>>();

/** Lets a farm come to where the scene begins; from then on it only comes back to that. */
async function prepare(farm: Farm, scene: Scene): Promise<Prepared> {
  const known = prepared.get(farm)?.get(scene);
  if (known) return known;
  const parts = farm();
  const truth = await scene.prepare(parts);
  allocate(truth, scene.type, scene.args);
  const made = { parts, truth, comeBack: parts.world.moment() };
  // One at a time is kept: the four tests of a scene follow each other.
  prepared.set(farm, new Map([[scene, made]]));
  return made;
}

async function begin(farm: Farm, scene: Scene, more: HandMore = {}) {
  const { parts, truth: first, comeBack } = await prepare(farm, scene);
  comeBack();
  const truth = {
    ...{ ...first, found: [...first.found], kept: [...first.kept], backups: { ...first.backups } },
    ...{ records: { ...first.records }, subject: scene.subject },
  };
  const before = worldOf(parts);
  return { parts, truth, before, ...(await take(parts, truth, scene, more)) };
}

async function take(parts: FarmParts, truth: Truth, scene: Scene, more: HandMore = {}) {
  const worker = hand(parts, truth, more);
  return { worker, open: () => scene.type.open(worker.load, scene.subject, scene.args) };
}

const runOpen = async (worker: Hand, task: OpenTask): Promise<Ending> =>
  run(task, worker.log, [...worker.events], controlOf(worker));

/** The world as it is when nothing fails. */
async function wanted(
  farm: Farm,
  scene: Scene,
): Promise<{ world: string; events: number; steps: readonly OpenStep[] }> {
  const { parts, truth, worker, open } = await begin(farm, scene);
  const task = await open();
  const ending = await runOpen(worker, task);
  assert.deepEqual(ending.status === 'done' ? undefined : ending, undefined, `${scene.type.name} should work`);
  settle(truth, task.done(ending.status === 'done' ? ending.result : {}), scene.subject);
  return { world: worldOf(parts), events: worker.events.length, steps: task.steps };
}

/** A healer that failed half way may leave what it has healed; asked again, it ends where it should. */
async function endsWell(
  scene: Scene,
  ending: Ending,
  parts: FarmParts,
  truth: Truth,
  before: string,
  goal: string,
  when: string,
): Promise<void> {
  faultPoints++;
  if (ending.status === 'done') return sameWorld(worldOf(parts), goal, when);
  assert.equal(ending.status, 'failed', `${when}: ${JSON.stringify(ending)}`);
  if (!scene.heals) return sameWorld(worldOf(parts), before, when);
  const again = await take(parts, truth, scene);
  assert.equal((await runOpen(again.worker, await again.open())).status, 'done', `${when}, asked again`);
  sameWorld(worldOf(parts), goal, `${when}, asked again`);
}

/** The script with this number that changes anything stands still in its middle. */
function heldScript({ world, otherWorld = world }: FarmParts, at: number, held: () => void) {
  const reached = Promise.withResolvers<'reached'>();
  const free = Promise.withResolvers<void>();
  let seen = 0;
  const both = new Set([world, otherWorld]);
  for (const one of both)
    inTheMiddle(one, async () => {
      if (seen++ !== at) return;
      held();
      reached.resolve('reached');
      await free.promise;
    });
  const forget = (): void => {
    for (const one of both) inTheMiddle(one, async () => undefined);
  };
  return { reached: reached.promise, goOn: free.resolve, forget };
}

/** In memory nothing takes time: who has not ended after some turns waits for somebody. */
async function endedOrWaiting(ending: Promise<Ending>): Promise<void> {
  let hasEnded = false;
  const end = (): void => {
    hasEnded = true;
  };
  ending.then(end, end);
  for (let turns = 0; turns < 100 && !hasEnded; turns++) await turn();
}

async function brokenSteps(farm: Farm, scene: Scene): Promise<void> {
  const goal = await wanted(farm, scene);
  for (const how of ['before', 'after'] as const)
    for (let bad = 0; bad < goal.steps.length; bad++) {
      const { parts, truth, before, worker, open } = await begin(farm, scene);
      const task = await open();
      const ending = await runOpen(worker, { ...task, steps: breakAt(task.steps, bad, how) });
      await endsWell(scene, ending, parts, truth, before, goal.world, `failed ${how} '${goal.steps[bad]?.name}'`);
    }
}

async function repeated(farm: Farm, scene: Scene): Promise<void> {
  const goal = await wanted(farm, scene);
  const { parts, worker, open } = await begin(farm, scene);
  const task = await open();
  assert.equal((await runOpen(worker, { ...task, steps: task.steps.map(twice) })).status, 'done');
  sameWorld(worldOf(parts), goal.world, 'each step twice');
  faultPoints++;

  const broken = await begin(farm, scene);
  const opened = await broken.open();
  const failingTwice = failingAtLast({ ...opened, steps: opened.steps.map(twice) });
  const ending = await runOpen(broken.worker, failingTwice);
  await endsWell(scene, ending, broken.parts, broken.truth, broken.before, goal.world, 'each undo twice');
}

async function dying(farm: Farm, scene: Scene, fails: boolean, step: number): Promise<void> {
  const goal = await wanted(farm, scene);
  const withBoom = (task: OpenTask): OpenTask => (fails ? failingAtLast(task) : task);
  for (let diesAt = 0; ; diesAt += step) {
    const first = await begin(farm, scene, { diesAt });
    const ended = await first
      .open()
      .then((task) => runOpen(first.worker, withBoom(task)))
      .catch(String);
    if (typeof ended !== 'string') break; // It lived to its end: there are no more events.
    assert.match(ended, /power cut/);
    const second = await take(first.parts, first.truth, scene, { events: first.worker.events });
    const ending = await runOpen(second.worker, withBoom(await second.open()));
    assert.equal(ending.status, fails ? 'failed' : 'done', `died at event ${diesAt}: ${JSON.stringify(ending)}`);
    await endsWell(scene, ending, first.parts, first.truth, first.before, goal.world, `died at event ${diesAt}`);
  }
}

async function orphaned(farm: Farm, scene: Scene, fails: boolean): Promise<void> {
  const goal = await wanted(farm, scene);
  const withBoom = (task: OpenTask): OpenTask => (fails ? failingAtLast(task) : task);
  for (let at = 0; ; at++) {
    const first = await begin(farm, scene);
    const orphan = heldScript(first.parts, at, () => first.worker.claim.abort(new Error('power cut')));
    const lost = first
      .open()
      .then((task) => runOpen(first.worker, withBoom(task)))
      .catch(String);
    // Without one it has no more scripts that change anything.
    if ((await Promise.race([lost, orphan.reached])) !== 'reached') return orphan.forget();
    const second = await take(first.parts, first.truth, scene, { events: first.worker.events });
    const ending = second.open().then((task) => runOpen(second.worker, withBoom(task)));
    await endedOrWaiting(ending);
    orphan.goOn();
    assert.match(String(await lost), /power cut/);
    const when = `script ${at} went on`;
    assert.equal((await ending).status, fails ? 'failed' : 'done', `${when}: ${JSON.stringify(await ending)}`);
    await endsWell(scene, await ending, first.parts, first.truth, first.before, goal.world, when);
  }
}

async function failingOnce(farm: Farm, scene: Scene, step: number): Promise<void> {
  const goal = await wanted(farm, scene);
  for (let failAt = 0; ; failAt += step) {
    let calls = 0;
    let failed = false;
    const wrap = (machine: Machine): Machine =>
      failing(machine, () => {
        if (calls++ !== failAt) return false;
        failed = true;
        return true;
      });
    const { parts, truth, before, worker, open } = await begin(farm, scene, { wrap });
    const ending = await open()
      .then((task) => runOpen(worker, task))
      .catch((problem): Ending => ({ status: 'failed', problem }));
    if (!failed) return assert.ok(failAt > 0 || goal.steps.length === 0);
    // An undo that fails itself is for a person to look at; here only one thing fails, so that is never so.
    await endsWell(scene, ending, parts, truth, before, goal.world, `call ${failAt} of the machine failed`);
  }
}
