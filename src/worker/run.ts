import type { Log, TaskEvent } from '../model/event.ts';
import type { Json } from '../model/json.ts';
import { type Problem, type ProblemJson, problemJson } from '../model/problem.ts';
import type { OpenStep, OpenTask } from '../tasks/task-type.ts';

export type Ending =
  | { status: 'done'; result: Json }
  | { status: 'failed'; problem: ProblemJson } // Everything was put back.
  | { status: 'cancelled'; problem: ProblemJson } // Everything was put back, because somebody asked for it.
  | { status: 'stuck'; problem: ProblemJson }; // Neither forward nor back: a person has to look.

/** What the worker knows about a running task and its steps do not. */
export interface Control {
  /** Aborted when the claim is lost. */
  readonly claim: AbortSignal;
  /** Asked between steps: why the task should not go on (cancelled, out of time), or undefined. */
  stop(): Problem | undefined;
  /** Told when undoing begins: from here on there is no time limit and no cancel. */
  undoing(): void;
}

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
  const undoProblem = await unwind(task.steps, progress, log, claim);
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
    } else await runStep(step, progress, log, control.claim);
  }
}

const ended = (problem: ProblemJson): Ending => ({
  status: problem.code === 'cancelled' ? 'cancelled' : 'failed',
  problem,
});

async function runStep(step: OpenStep, progress: Progress, log: Log, claim: AbortSignal): Promise<void> {
  const forward = step.undo === 'forward';
  if (forward) progress.pastReturn = true;
  for (let tries = 1; ; tries++) {
    await tryStep(step, progress, log, claim);
    if (!progress.problem || !forward || tries === forwardTriesMax) return;
    await log.append({ type: 'note', level: 'warning', text: `'${step.name}' cannot be undone, so it is tried again` });
    progress.problem = undefined;
  }
}

async function tryStep({ name, run }: OpenStep, progress: Progress, log: Log, claim: AbortSignal): Promise<void> {
  progress.begun.add(name);
  await log.append({ type: 'step.started', step: name });
  let result: Json = {};
  progress.problem = await attempt(async () => {
    result = await run();
  }, claim);
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
  claim: AbortSignal,
): Promise<ProblemJson | undefined> {
  for (const { name, undo } of steps.toReversed()) {
    if (typeof undo !== 'function' || !begun.has(name) || undone.has(name)) continue;
    let problem: ProblemJson | undefined;
    for (let tries = 1; tries <= undoTriesMax; tries++) {
      await log.append({ type: 'undo.started', step: name });
      problem = await attempt(undo, claim);
      if (!problem) break;
      await log.append({ type: 'undo.failed', step: name, problem });
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
