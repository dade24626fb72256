import type { Log, TaskEvent } from '../model/event.ts';
import type { Json } from '../model/json.ts';
import { type Problem, type ProblemJson, problemJson } from '../model/problem.ts';
import type { Ending } from '../tasks/ending.ts';
import type { OpenStep, OpenTask } from '../tasks/task-type.ts';

/** What the worker knows about a running task and its steps do not. */
export interface Control {
  /** Aborted when the claim is lost. */
  readonly claim: AbortSignal;
  /** Asked between steps: why the task should not go on (cancelled, out of time), or undefined. */
  stop(): Problem | undefined;
  /** Told when undoing begins: from here on there is no time limit and no cancel. */
  undoing(): void;
  /** Waits for a server that is away, so long at most, where there is no way but to it; not given: it does not wait. */
  readonly away?: { readonly mostMs: number; pause(ms: number): Promise<void> };
}

/** Between two tries to reach a server that is away. */
const pauseMs = 5_000;

/** How often a step that cannot be undone is tried before a person has to look. */
const forwardTriesMax = 3;
/** How often an undo is tried: what failed once may have been a moment's trouble, and stuck tasks cost a person's time. */
const undoTriesMax = 3;

/**
 * Runs a task to its end. What an earlier, lost attempt did is read from its events and not done again.
 *
 * Only the task's own failures are caught. Once the claim is aborted another worker may be at it already,
 * and the one right thing to do is to stop: undo nothing, write nothing.
 */
export async function run(task: OpenTask, log: Log, past: readonly TaskEvent[], control: Control): Promise<Ending> {
  const progress = recall(past, task.steps);
  const { claim } = control;

  if (!progress.checked) {
    const problem = control.stop() ? problemJson(control.stop()) : await attempt(() => task.check(), claim);
    if (problem) return ended(problem);
    note(log, { type: 'check.done' });
  }

  await goOn(task.steps, progress, log, control);
  if (!progress.problem) return { status: 'done', result: Object.assign({}, ...progress.done.values()) };
  if (progress.pastReturn) return { status: 'stuck', problem: progress.problem };

  control.undoing();
  const undoProblem = await unwind(task.steps, progress, log, control);
  return undoProblem ? { status: 'stuck', problem: undoProblem } : ended(progress.problem);
}

/** Runs what is not done yet, until a step fails or somebody stops it. */
async function goOn(steps: readonly OpenStep[], progress: Progress, log: Log, control: Control): Promise<void> {
  for (const step of steps) {
    if (progress.problem) return;
    if (progress.done.has(step.name)) continue;
    const stop = progress.pastReturn ? undefined : control.stop();
    if (stop) {
      progress.problem = problemJson(stop);
      await log.append({ type: 'task.stopped', problem: progress.problem });
    } else await runStep(step, progress, log, control);
  }
}

const ended = (problem: ProblemJson): Ending => ({
  status: problem.code === 'cancelled' ? 'cancelled' : 'failed',
  problem,
});

async function runStep(step: OpenStep, progress: Progress, log: Log, control: Control): Promise<void> {
  const forward = step.undo === 'forward';
  if (forward) progress.pastReturn = true;
  for (let tries = 1; ; tries++) {
    await tryStep(step, progress, log, control, forward);
    if (!progress.problem || !forward || tries === forwardTriesMax) return;
    if (wasWaitedFor(progress.problem, control)) return;
    await log.append({ type: 'note', level: 'warning', text: `'${step.name}' cannot be undone, so it is tried again` });
    progress.problem = undefined;
  }
}

async function tryStep(
  { name, run }: OpenStep,
  progress: Progress,
  log: Log,
  control: Control,
  forward: boolean,
): Promise<void> {
  progress.begun.add(name);
  await log.append({ type: 'step.started', step: name });
  let result: Json = {};
  const action = async (): Promise<void> => {
    result = await run();
  };
  progress.problem = await (forward ? patiently(action, log, control) : attempt(action, control.claim));
  if (progress.problem) return log.append({ type: 'step.failed', step: name, problem: progress.problem });
  progress.done.set(name, result);
  note(log, { type: 'step.done', step: name, result });
}

/**
 * What is over need not be on disk before the next thing begins: that a step is about to begin must be, and events are
 * written in order, so this one is with it. Several then go in one write. Whoever takes over before that does a step again, as
 * it would if the worker had died a moment earlier.
 */
export function note(log: Log, event: TaskEvent): void {
  // A write that fails ends the claim, and with it everything that this worker could still do.
  log.append(event).catch(() => undefined);
}

/** Undoes every step that began, the last one first. The failed one too: it may have done half of its work. */
async function unwind(
  steps: readonly OpenStep[],
  { begun, undone }: Progress,
  log: Log,
  control: Control,
): Promise<ProblemJson | undefined> {
  for (const { name, undo } of steps.toReversed()) {
    if (typeof undo !== 'function' || !begun.has(name) || undone.has(name)) continue;
    let problem: ProblemJson | undefined;
    for (let tries = 1; tries <= undoTriesMax; tries++) {
      await log.append({ type: 'undo.started', step: name });
      problem = await patiently(undo, log, control);
      if (!problem) break;
      await log.append({ type: 'undo.failed', step: name, problem });
      if (wasWaitedFor(problem, control)) break;
    }
    if (problem) return problem;
    await log.append({ type: 'undo.done', step: name });
  }
  return undefined;
}

/** Runs check and steps on machines that only pretend. Nothing is undone, as nothing was done. */
export async function pretend(task: OpenTask, log: Log, control: Control): Promise<Ending> {
  const problem = await attempt(async () => {
    await task.check();
    await log.append({ type: 'check.done' });
    for (const { name, run } of task.steps) {
      const stop = control.stop();
      if (stop) throw stop;
      await log.append({ type: 'step.started', step: name });
      await run();
      await log.append({ type: 'step.done', step: name, result: {} });
    }
  }, control.claim);
  return problem ? ended(problem) : { status: 'done', result: {} };
}

const wasWaitedFor = ({ code }: ProblemJson, { away }: Control): boolean =>
  code === 'server-unreachable' && away !== undefined;

/** What must be done where it is begun: a network that is away comes back, and a server that starts anew is there in a minute. */
async function patiently(
  action: () => Promise<void>,
  log: Log,
  { claim, away }: Control,
): Promise<ProblemJson | undefined> {
  for (let awayMs = 0; ; awayMs += pauseMs) {
    const problem = await attempt(action, claim);
    if (problem?.code !== 'server-unreachable' || !away || awayMs >= away.mostMs) return problem;
    if (awayMs === 0)
      await log.append({
        ...{ type: 'note', level: 'warning' },
        text: `${problem.message}; it is tried again, for ${Math.round(away.mostMs / 1000)} s at most`,
      });
    await away.pause(pauseMs);
  }
}

async function attempt(action: () => Promise<void>, claim: AbortSignal): Promise<ProblemJson | undefined> {
  try {
    await action();
    return undefined;
  } catch (error) {
    claim.throwIfAborted();
    return problemJson(error);
  }
}

interface Progress {
  checked: boolean;
  problem: ProblemJson | undefined;
  /** A step that cannot be undone has begun: only forward from here. */
  pastReturn: boolean;
  readonly begun: Set<string>;
  readonly done: Map<string, Json>;
  readonly undone: Set<string>;
}

/** The state of a task from its events alone: this is what makes a lost one resumable. */
function recall(past: readonly TaskEvent[], steps: readonly OpenStep[]): Progress {
  const forward = new Set(steps.filter(({ undo }) => undo === 'forward').map(({ name }) => name));
  const progress: Progress = {
    checked: false,
    problem: undefined,
    pastReturn: false,
    begun: new Set(),
    done: new Map(),
    undone: new Set(),
  };
  for (const event of past) {
    if (event.type === 'check.done') progress.checked = true;
    if (event.type === 'step.started') progress.begun.add(event.step);
    if (event.type === 'step.done') progress.done.set(event.step, event.result);
    if (event.type === 'step.failed' && !forward.has(event.step)) progress.problem = event.problem;
    if (event.type === 'task.stopped') progress.problem = event.problem;
    if (event.type === 'undo.done') progress.undone.add(event.step);
  }
  progress.pastReturn = [...progress.begun].some((name) => forward.has(name));
  return progress;
}
