import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { TaskEvent } from '../../src/model/event.ts';
import type { Ending } from '../../src/tasks/ending.ts';
import type { OpenTask, TaskType } from '../../src/tasks/task-type.ts';
import { run } from '../../src/worker/run.ts';
import { type Hand, type HandMore, hand } from './farm.ts';
import { failing } from './faults.ts';
import type { RealFarm, Saved } from './real-farm.ts';
import { sameWorld } from './same-world.ts';
import { allocate, settle, type Truth } from './truth.ts';

/** A task as it is tried again and again on real servers, each time from the same beginning. */
export interface RealScene {
  readonly type: TaskType;
  /** Of several scenes of one type, which; the type's own name unless it is said. */
  readonly title?: string;
  readonly subject: string;
  readonly args: object;
  /** What it has put right stays right when it fails: then asking again must lead to the goal. */
  readonly heals: boolean;
  readonly farm: RealFarm;
  readonly before: Saved;
}

/** What happens when nothing fails. */
export interface Goal {
  readonly world: string;
  readonly events: readonly TaskEvent[];
  readonly calls: number;
  readonly task: OpenTask;
}

/** Of this process, which is that of one test file. */
const tried: string[] = [];
const left: string[] = [];
const startedAt = performance.now();

/** Begins where the scene does, with what the hub allocates for such a task. */
export function truthOf({ before, type, args }: RealScene): Truth {
  const truth = structuredClone(before.truth);
  allocate(truth, type, args);
  return truth;
}

/** A worker with the task; the next one of the same task gets the same truth. */
export function fresh(scene: RealScene, more: HandMore = {}, truth = truthOf(scene)) {
  const { farm, type, subject, args } = scene;
  const worker = hand(farm.place, truth, more);
  return { truth, worker, open: () => type.open(worker.load, subject, args) };
}

export const runOpen = (worker: Hand, task: OpenTask): Promise<Ending> =>
  run(task, worker.log, [...worker.events], { claim: worker.claim.signal, stop: () => undefined, undoing: () => {} });

/** One fault: begins where the scene does, and says how the world is afterwards. */
export async function point(scene: RealScene, goal: string, when: string, go: () => Promise<Ending>): Promise<void> {
  const { farm, before } = scene;
  const what = `${titleOf(scene)}: ${when}`;
  await farm.restore(before);
  const ending = await go();
  tried.push(what);
  try {
    await endsWell(scene, ending, goal, what);
  } catch (error) {
    left.push(`${what}: ${String(error)}`);
    process.stdout.write(`# ${left.at(-1)}\n`);
  }
}

async function endsWell(scene: RealScene, ending: Ending, goal: string, what: string): Promise<void> {
  const { farm, before, heals } = scene;
  if (ending.status === 'done') return comesTo(farm, goal, what);
  assert.equal(ending.status, 'failed', `${what}: ${JSON.stringify(ending)}`);
  if (!heals) return comesTo(farm, before.world, what);
  const again = fresh(scene);
  assert.equal((await runOpen(again.worker, await again.open())).status, 'done', `${what}, asked again`);
  return comesTo(farm, goal, `${what}, asked again`);
}

/** A worker that was killed may have loaded the web server anew just before: its processes of before answer for a moment more. */
async function comesTo(farm: RealFarm, goal: string, what: string): Promise<void> {
  let world = await farm.world();
  for (let looks = 0; world !== goal && looks < looksMax; looks++) {
    await wait(20);
    world = await farm.world();
  }
  sameWorld(world, goal, what);
}
const looksMax = 50;

export async function wanted(scene: RealScene): Promise<Goal> {
  await scene.farm.restore(scene.before);
  let calls = 0;
  const count = (): boolean => {
    calls++;
    return false;
  };
  const { worker, truth, open } = fresh(scene, { wrap: (machine) => failing(machine, count) });
  const task = await open();
  const ending = await runOpen(worker, task);
  assert.equal(ending.status, 'done', JSON.stringify(ending));
  settle(truth, task.done({}), scene.subject);
  return { world: await scene.farm.world(), events: worker.events, calls, task };
}

/** Says which points it tried, as some of them are samples. */
export const listed = (t: TestContext, scene: RealScene, what: string, go: () => Promise<void>): Promise<void> =>
  t.test(`${titleOf(scene)}: ${what}`, async (inner) => {
    const from = tried.length;
    await go();
    inner.diagnostic(
      `${tried.length - from} points: ${tried
        .slice(from)
        .map((one) => one.slice(titleOf(scene).length + 2))
        .join('; ')}`,
    );
  });

const titleOf = ({ title, type }: RealScene): string => title ?? type.name;

/** The last word of a test: how many there were, and that nothing stayed. */
export function nothingLeft(where: string): void {
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  process.stdout.write(
    `# ${where}: ${tried.length} fault points tried in ${seconds} s, ${left.length} left anything behind\n`,
  );
  assert.deepEqual(left, []);
}

/** So many of 0 to count-1, spread evenly, the last one with them. */
export const sample = (count: number, most: number): readonly number[] => [
  ...new Set(
    Array.from(
      { length: Math.min(most, count) },
      (_, at) => Math.floor(((at + 1) * count) / Math.min(most, count)) - 1,
    ),
  ),
];
