import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { TaskEvent } from '../../src/model/event.ts';
import type { Ending } from '../../src/tasks/ending.ts';
import type { OpenTask } from '../../src/tasks/task-type.ts';
import { breakAt, breakUndos, failing, failingAtLast, twice } from './faults.ts';
import { killedAt } from './killed-worker.ts';
import { fresh, type Goal, listed, point, type RealScene, runOpen, sample, truthOf, wanted } from './real-proof.ts';

/** How many of each kind of fault are tried: all there are, or a sample that is always the same. */
export interface Most {
  /** Each fails before its work, and after it. */
  readonly steps: number;
  /** Of the forward way: the worker dies there. */
  readonly boundaries: number;
  readonly commands: number;
  /** To the machine. */
  readonly calls: number;
  /** Each fails before its work and after it, and the worker dies before it says that one begins or is over. */
  readonly undos: number;
}

export async function proven(t: TestContext, scene: RealScene, most: Most): Promise<Goal> {
  const goal = await wanted(scene);
  await listed(t, scene, 'fails before or after the work of any step', () => brokenSteps(scene, goal, most));
  await listed(t, scene, 'every step and every undo can be repeated', () => repeated(scene, goal));
  await listed(t, scene, 'a worker that dies is taken over', () => dying(scene, goal, most));
  await listed(t, scene, 'anything that is done on the server can fail once', () => failingOnce(scene, goal, most));
  if (most.undos > 0)
    await listed(t, scene, 'putting back can fail, and be taken over', () => undoing(scene, goal, most));
  return goal;
}

async function brokenSteps(scene: RealScene, goal: Goal, { steps }: Most): Promise<void> {
  const all = goal.task.steps.flatMap(({ name }, bad) =>
    (['before', 'after'] as const).map((how) => ({ how, name, bad })),
  );
  for (const at of sample(all.length, steps)) {
    const one = all[at];
    assert.ok(one);
    await point(scene, goal.world, `failed ${one.how} '${one.name}'`, async () => {
      const { worker, open } = fresh(scene);
      const task = await open();
      return runOpen(worker, { ...task, steps: breakAt(task.steps, one.bad, one.how) });
    });
  }
}

export async function repeated(scene: RealScene, goal: Goal): Promise<void> {
  for (const undone of [false, true])
    await point(scene, goal.world, undone ? 'each undo twice' : 'each step twice', async () => {
      const { worker, open } = fresh(scene);
      const opened = await open();
      const task = { ...opened, steps: opened.steps.map(twice) };
      return runOpen(worker, undone ? failingAtLast(task) : task);
    });
}

/** Boundaries of steps, and half-way through some of the commands. */
async function dying(scene: RealScene, goal: Goal, most: Most): Promise<void> {
  const boundaries = goal.events.filter(({ type }) => /^(check|step)\./.test(type));
  for (const at of sample(boundaries.length, most.boundaries)) await diesBefore(scene, goal, boundaries[at]);
  const commands = goal.events.flatMap((event) => (event.type === 'command.done' ? [event.ms] : []));
  for (const at of sample(commands.length, most.commands)) {
    let seen = 0;
    await takenOver(scene, goal, `died in the middle of command ${at + 1} of ${commands.length}`, (event, die) => {
      if (event.type === 'command.started' && seen++ === at) die((commands[at] ?? 0) / 2);
    });
  }
}

type Change = (task: OpenTask) => OpenTask;

async function diesBefore(
  scene: RealScene,
  goal: Goal,
  boundary: TaskEvent | undefined,
  change?: Change,
): Promise<void> {
  assert.ok(boundary);
  const plain = (event: TaskEvent): string => `${event.type} ${'step' in event ? event.step : ''}`;
  const of = 'step' in boundary ? ` of '${boundary.step}'` : '';
  const when = `died before it said ${boundary.type}${of}`;
  await takenOver(
    scene,
    goal,
    when,
    (event, die) => {
      if (plain(event) === plain(boundary)) die(0);
    },
    change,
  );
}

type Watch = (event: TaskEvent, die: (afterMs: number) => void) => void;

async function takenOver(
  scene: RealScene,
  goal: Goal,
  when: string,
  watch: Watch,
  change: Change = (task) => task,
): Promise<void> {
  await point(scene, goal.world, when, async () => {
    const first = fresh(scene, {
      before: (event, claim) =>
        watch(event, (ms) => {
          if (ms === 0) claim.abort(new Error('power cut'));
          else setTimeout(() => claim.abort(new Error('power cut')), ms);
        }),
    });
    const ended = await first
      .open()
      .then((task) => runOpen(first.worker, change(task)))
      .catch((error: unknown) => error);
    if (!(ended instanceof Error)) return ended as Ending; // It was quicker than its death.
    assert.match(String(ended), /power cut/);
    const second = fresh(scene, { events: first.worker.events }, first.truth);
    return runOpen(second.worker, change(await second.open()));
  });
}

async function failingOnce(scene: RealScene, goal: Goal, most: Most): Promise<void> {
  for (const failAt of sample(goal.calls, most.calls))
    await point(scene, goal.world, `call ${failAt + 1} of ${goal.calls} to the machine failed`, async () => {
      let calls = 0;
      const { worker, open } = fresh(scene, { wrap: (machine) => failing(machine, () => calls++ === failAt) });
      return runOpen(worker, await open());
    });
}

/** All was done, then it failed: now what puts it back fails once each, and the worker dies between two of them. */
async function undoing(scene: RealScene, goal: Goal, most: Most): Promise<void> {
  let boundaries: readonly TaskEvent[] = [];
  for (const how of ['before', 'after'] as const)
    await point(scene, goal.world, `each undo failed once ${how} its work`, async () => {
      const { worker, open } = fresh(scene);
      const task = await open();
      const ending = await runOpen(worker, failingAtLast({ ...task, steps: breakUndos(task.steps, how) }));
      boundaries = worker.events.filter(({ type }) => type === 'undo.started' || type === 'undo.done');
      return ending;
    });
  const one = [...new Map(boundaries.map((event) => [JSON.stringify(event), event])).values()];
  for (const at of sample(one.length, most.undos)) await diesBefore(scene, goal, one[at], failingAtLast);
}

/** Where a process is gone from one moment to the next: at a share of what a step takes. */
export interface Kill {
  readonly step: string;
  readonly share: number;
  /** Much sooner than the hub would say: what the dead worker has started is still at work beside the next one. */
  readonly atOnce?: true;
}

export async function killed(scene: RealScene, goal: Goal, kills: readonly Kill[]): Promise<void> {
  for (const { step, share, atOnce = false } of kills)
    await point(
      scene,
      goal.world,
      `SIGKILL at ${share * 100} % of '${step}'${atOnce ? ', taken over at once' : ''}`,
      async () => {
        const { farm, type, subject, args } = scene;
        const truth = truthOf(scene);
        const events = await killedAt(
          { data: farm.data, truth, task: type.name, subject, args },
          step,
          share,
          goal.events,
          atOnce ? 0 : 15_000,
        );
        const second = fresh(scene, { events }, truth);
        return runOpen(second.worker, await second.open());
      },
    );
}
