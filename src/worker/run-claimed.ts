import type { HeldTask } from '../hub/held-task.ts';
import { silentMaxMs } from '../hub/lost-tasks.ts';
import type { ClaimedTask } from '../hub/queue.ts';
import type { Hands } from '../machine/hands.ts';
import type { Machine } from '../machine/machine.ts';
import type { TaskEvent } from '../model/event.ts';
import { Problem, problemJson } from '../model/problem.ts';
import type { Secret } from '../model/secret.ts';
import type { Server } from '../model/server.ts';
import type { Report } from '../tasks/context.ts';
import type { Ending } from '../tasks/ending.ts';
import type { Outcome } from '../tasks/outcome.ts';
import type { Noun, OpenTask } from '../tasks/task-type.ts';
import { loader } from './load.ts';
import type { Loading } from './load-rows.ts';
import { LogWriter } from './log-writer.ts';
import { patiently } from './patience.ts';
import { type Control, note, pretend, run } from './run.ts';
import type { TaskRunner } from './worker.ts';

/** Often enough that a silent worker is noticed within 15 s, see hub/lost-tasks.ts. */
const beatMs = 3000;

/** A task in the hands of this worker. */
interface Held {
  readonly worker: TaskRunner;
  readonly task: ClaimedTask;
  readonly hub: HeldTask;
  readonly noun: Noun;
  readonly claim: AbortController;
  readonly log: LogWriter;
  readonly control: Control;
  remainingMs(): number;
  /** Tries again while the database is away for a moment. */
  patient<T>(action: () => Promise<T>): Promise<T>;
}

/** What can be done to a task that runs here. */
export interface Running {
  /** Somebody asked for it. */
  cancel(): void;
  /** It is not ours any more: it stops where it is, and neither undoes nor writes anything. */
  giveUp(error: unknown): void;
}

/** From the claim to the end. Never rejects for what the task did; a lost claim just ends it. */
export async function runClaimed(worker: TaskRunner, task: ClaimedTask, running: Map<string, Running>): Promise<void> {
  const claim = new AbortController();
  const giveUp = (error: unknown): void => claim.abort(error);
  const switches = { cancelled: task.cancelRequested, undoing: false };
  running.set(task.taskId, {
    cancel() {
      switches.cancelled = true;
    },
    giveUp,
  });
  const deadline = performance.now() + task.timeoutMs - task.runningMs;
  const hub = worker.hold(task);
  const beating = beat(worker, hub, switches, claim);
  try {
    const patient = <T>(action: () => Promise<T>): Promise<T> => patiently(worker.clock, claim.signal, action);
    const past = await patient(() => hub.log());
    const remainingMs = (): number => (switches.undoing ? Number.POSITIVE_INFINITY : deadline - performance.now());
    const held: Held = {
      ...{ worker, task, hub, claim, remainingMs, patient },
      noun: task.subjectType as Noun, // written by addTask from a task type
      log: new LogWriter((first, events) => patient(() => hub.append(first, events)), past.at(-1)?.seq ?? 0, giveUp),
      control: {
        claim: claim.signal,
        stop: () => reasonToStop(task, switches.cancelled, remainingMs()),
        undoing() {
          switches.undoing = true;
        },
        away: { mostMs: worker.awayMaxMs, pause: (ms) => worker.clock.sleep(ms, claim.signal) },
      },
    };
    const { ending, outcome } = await openAndRun(
      held,
      past.map(({ data }) => data),
    );
    const seq = await held.log.drain();
    claim.signal.throwIfAborted(); // Not all of it could be written.
    await patient(() => hub.end(seq, ending, outcome));
  } catch (error) {
    // Lost is not our failure: the next worker has it, and finds in the log where to go on.
    process.stderr.write(`${worker.name}: task ${task.taskId} was lost: ${problemJson(error).message}\n`);
  } finally {
    running.delete(task.taskId);
    claim.abort();
    await beating;
  }
}

function reasonToStop(task: ClaimedTask, cancelled: boolean, remainingMs: number): Problem | undefined {
  if (cancelled) return new Problem('cancelled', 'somebody asked to cancel it');
  if (remainingMs > 0) return undefined;
  return new Problem('timeout', `it took longer than ${Math.round(task.timeoutMs / 1000)} s`, {
    hint: 'Look in its log what was slow, then retry it.',
  });
}

async function openAndRun(held: Held, past: readonly TaskEvent[]): Promise<{ ending: Ending; outcome: Outcome }> {
  const { task, claim, log, control } = held;
  let opened: OpenTask;
  try {
    opened = await held.patient(() => open(held));
  } catch (error) {
    claim.signal.throwIfAborted();
    await log.append({ type: 'task.started', worker: task.worker, attempt: task.attempt, steps: [] });
    // What an earlier attempt began can now be neither finished nor undone.
    const begun = past.some(({ type }) => type === 'step.started');
    const ending: Ending = { status: begun ? 'stuck' : 'failed', problem: problemJson(error) };
    return { ending, outcome: failedToOpen(held) };
  }
  const steps = opened.steps.map(({ name }) => name);
  note(log, { type: 'task.started', worker: task.worker, attempt: task.attempt, steps });
  if (task.dryRun) return { ending: await pretend(opened, log, control), outcome: {} };
  const ending = await run(opened, log, past, control);
  return { ending, outcome: ending.status === 'done' ? opened.done(ending.result) : opened.failed() };
}

/** What cannot be opened is not known to be as it should. */
function failedToOpen({ noun, task }: Held): Outcome {
  if (task.name === 'platform verify' || task.name === 'server verify') return { [noun]: { verified: false } };
  return {};
}

async function open(held: Held): Promise<OpenTask> {
  const { worker, task } = held;
  const type = worker.catalog.taskTypes.find(({ name }) => name === task.name);
  if (!type)
    throw new Problem('not-found', `there is no task type '${task.name}'`, {
      hint: 'It came from a plug-in that is not in aegir.config.ts any more.',
    });
  const load = loader({
    ...{ rows: held.hub.rows, catalog: worker.catalog, report: report(held), transfers: worker.transfers },
    openMachine: machinesOf(held),
    openAcme: worker.openAcme,
    scanHostKeys: (server) => worker.scanHostKeys(server, handsOn(held, server, [])),
  });
  return type.open(load, task.subjectId, task.args, worker.catalog.steps);
}

/**
 * One machine for each server, so that a dry run shows all contexts of a task the same world. What one of them knows
 * to be secret, none of them logs.
 */
function machinesOf(held: Held): Loading['openMachine'] {
  const { worker, task } = held;
  const machines = new Map<string, Machine>();
  const secrets: Secret[] = [];
  return (server, more) => {
    secrets.push(...more);
    const known = machines.get(server.id);
    if (known) return known;
    const hands = handsOn(held, server, secrets);
    const real = worker.openMachine(server, hands);
    const machine = task.dryRun ? worker.dryMachine(real, hands) : real;
    machines.set(server.id, machine);
    return machine;
  };
}

const handsOn = ({ log, claim, remainingMs }: Held, { name }: Server, secrets: readonly Secret[]): Hands => ({
  ...{ name, log, claim: claim.signal, secrets, remainingMs },
});

/** What steps can say. */
function report({ task, log, patient, hub }: Held): Report {
  return {
    isDryRun: task.dryRun,
    note: (text, level = 'info') => log.append({ type: 'note', level, text }),
    async changed(changes) {
      if (task.dryRun) return; // The machines have said already what they would do.
      await Promise.all(changes.map((what) => log.append({ type: 'changed', what })));
    },
    async keep(name, secret) {
      if (!task.dryRun) await patient(() => hub.keep(name, secret));
    },
    async record(found) {
      if (!task.dryRun) await patient(() => hub.record(found));
    },
  };
}

/** Says every few seconds that the task is still in hand, and hears whether it is to be cancelled. */
async function beat(
  { clock }: TaskRunner,
  hub: HeldTask,
  switches: { cancelled: boolean },
  claim: AbortController,
): Promise<void> {
  let heardAt = performance.now();
  while (!claim.signal.aborted) {
    // Aborting is how this sleep is ended, when the task has.
    await clock.sleep(beatMs, claim.signal).catch(() => undefined);
    if (claim.signal.aborted) return;
    try {
      const { cancelRequested } = await hub.beat();
      switches.cancelled ||= cancelRequested;
      heardAt = performance.now();
    } catch (error) {
      // A database that is away for a moment does not end the claim; being silent for too long does.
      const isLost = error instanceof Problem && error.code === 'lost';
      if (isLost || performance.now() - heardAt > silentMaxMs - beatMs) claim.abort(error);
    }
  }
}
