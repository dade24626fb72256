import { sql } from 'kysely';
import { releaseAllocated } from '../hub/allocated.ts';
import { jsonb } from '../hub/database.ts';
import { appendEvents, readWholeLog } from '../hub/log.ts';
import { silentMaxMs } from '../hub/lost-tasks.ts';
import { recordFound, recordOutcome } from '../hub/outcome.ts';
import { type ClaimedTask, endTask, heartbeat, lost, mine } from '../hub/queue.ts';
import { seal } from '../hub/seal.ts';
import { taskSecret } from '../hub/site-secrets.ts';
import type { Hands } from '../machine/hands.ts';
import type { Machine } from '../machine/machine.ts';
import type { TaskEvent } from '../model/event.ts';
import { Problem, problemJson } from '../model/problem.ts';
import type { Secret } from '../model/secret.ts';
import type { Report } from '../tasks/context.ts';
import type { Outcome } from '../tasks/outcome.ts';
import type { Noun, OpenTask } from '../tasks/task-type.ts';
import { loader } from './load.ts';
import type { Loading } from './load-rows.ts';
import { LogWriter } from './log-writer.ts';
import { patiently } from './patience.ts';
import { type Control, type Ending, note, pretend, run } from './run.ts';
import type { Worker } from './worker.ts';

/** Often enough that a silent worker is noticed within 15 s, see hub/lost-tasks.ts. */
const beatMs = 3000;

/** A task in the hands of this worker. */
interface Held {
  readonly worker: Worker;
  readonly task: ClaimedTask;
  readonly noun: Noun;
  readonly claim: AbortController;
  readonly log: LogWriter;
  readonly control: Control;
  remainingMs(): number;
  /** Tries again while the database is away for a moment. */
  patient<T>(action: () => Promise<T>): Promise<T>;
}

/** From the claim to the end. Never rejects for what the task did; a lost claim just ends it. */
export async function runClaimed(
  worker: Worker,
  task: ClaimedTask,
  running: Map<string, { cancel(): void }>,
): Promise<void> {
  const claim = new AbortController();
  const giveUp = (error: unknown): void => claim.abort(error);
  const switches = { cancelled: task.cancelRequested, undoing: false };
  running.set(task.taskId, {
    cancel() {
      switches.cancelled = true;
    },
  });
  const deadline = performance.now() + task.timeoutMs - task.runningMs;
  const beating = beat(worker, task, switches, claim);
  try {
    const patient = <T>(action: () => Promise<T>): Promise<T> => patiently(worker.clock, claim.signal, action);
    const past = await patient(() => readWholeLog(worker.hub.db, task.taskId));
    const remainingMs = (): number => (switches.undoing ? Number.POSITIVE_INFINITY : deadline - performance.now());
    const held: Held = {
      ...{ worker, task, claim, remainingMs, patient },
      noun: task.subjectType as Noun, // written by addTask from a task type
      log: new LogWriter(
        (first, events) => patient(() => appendEvents(worker.hub.db, task, first, events)),
        past.at(-1)?.seq ?? 0,
        giveUp,
      ),
      control: {
        claim: claim.signal,
        stop: () => reasonToStop(task, switches.cancelled, remainingMs()),
        undoing() {
          switches.undoing = true;
        },
      },
    };
    const { ending, outcome } = await openAndRun(
      held,
      past.map(({ data }) => data),
    );
    const seq = await held.log.drain();
    claim.signal.throwIfAborted(); // Not all of it could be written.
    await patient(() => end(held, seq, ending, outcome));
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
  const { worker, task, claim, log, control } = held;
  let opened: OpenTask;
  try {
    opened = await held.patient(() => open(held));
  } catch (error) {
    claim.signal.throwIfAborted();
    await log.append({ type: 'task.started', worker: worker.name, attempt: task.attempt, steps: [] });
    // What an earlier attempt began can now be neither finished nor undone.
    const begun = past.some(({ type }) => type === 'step.started');
    const ending: Ending = { status: begun ? 'stuck' : 'failed', problem: problemJson(error) };
    return { ending, outcome: failedToOpen(held) };
  }
  const steps = opened.steps.map(({ name }) => name);
  note(log, { type: 'task.started', worker: worker.name, attempt: task.attempt, steps });
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
    ...{
      db: worker.hub.db,
      key: worker.key,
      catalog: worker.catalog,
      task: task.taskId,
      report: report(held),
      transfers: worker.transfers,
    },
    openMachine: machinesOf(held),
  });
  return type.open(load, task.subjectId, task.args, worker.catalog.steps);
}

/**
 * One machine for each server, so that a dry run shows all contexts of a task the same world. What one of them knows
 * to be secret, none of them logs.
 */
function machinesOf({ worker, task, log, claim, remainingMs }: Held): Loading['openMachine'] {
  const machines = new Map<string, Machine>();
  const secrets: Secret[] = [];
  return (server, more) => {
    secrets.push(...more);
    const known = machines.get(server.id);
    if (known) return known;
    const hands: Hands = { name: server.name, log, claim: claim.signal, secrets, remainingMs };
    const real = worker.openMachine(server, hands);
    const machine = task.dryRun ? worker.dryMachine(real, hands) : real;
    machines.set(server.id, machine);
    return machine;
  };
}

/** What steps can say. Writes to the hub hold the task's row for the moment, so a lost claim writes nothing. */
function report({ worker: { hub, key }, task, noun, log, patient }: Held): Report {
  const { db } = hub;
  const subject = { task: task.taskId, noun, id: task.subjectId };
  const fenced = (
    write: (tx: Parameters<Parameters<ReturnType<typeof db.transaction>['execute']>[0]>[0]) => Promise<unknown>,
  ) =>
    patient(() =>
      db.transaction().execute(async (tx) => {
        const { rows } = await sql`select from task where ${mine(task)} for share`.execute(tx);
        if (rows.length === 0) throw lost(task);
        await write(tx);
      }),
    );
  return {
    isDryRun: task.dryRun,
    note: (text, level = 'info') => log.append({ type: 'note', level, text }),
    async changed(changes) {
      if (task.dryRun) return; // The machines have said already what they would do.
      await Promise.all(changes.map((what) => log.append({ type: 'changed', what })));
    },
    async keep(name, secret) {
      if (task.dryRun) return;
      const sealed = seal(key, secret, taskSecret(task.taskId, name));
      await fenced((tx) =>
        sql`insert into task_secret (task_id, name, sealed) values (${task.taskId}, ${name}, ${sealed})
            on conflict (task_id, name) do update set sealed = excluded.sealed, created_at = now()`.execute(tx),
      );
    },
    async record(found) {
      if (!task.dryRun) await fenced((tx) => recordFound(tx, key, subject, found));
    },
  };
}

/** Whoever reads the last event finds the task ended and its outcome recorded: it is one transaction. */
async function end({ worker, task, noun }: Held, seq: number, ending: Ending, outcome: Outcome): Promise<void> {
  await worker.hub.db.transaction().execute(async (tx) => {
    const problem = ending.status === 'done' ? null : jsonProblem(ending);
    await endTask(tx, task, ending.status, { result: ending.status === 'done' ? ending.result : null, problem });
    await sql`
      insert into event (task_id, seq, data) values (${task.taskId}, ${seq}, ${jsonb(lastEvent(ending))}::jsonb)`.execute(
      tx,
    );
    await recordOutcome(tx, worker.key, { task: task.taskId, noun, id: task.subjectId }, outcome);
    if (ending.status !== 'stuck') await releaseAllocated(tx, task.taskId);
    await sql`select pg_notify('event', ${task.taskId})`.execute(tx);
  });
}

const jsonProblem = ({ problem }: Exclude<Ending, { status: 'done' }>) => JSON.parse(JSON.stringify(problem)); // plain JSON

const lastEvent = (ending: Ending): TaskEvent =>
  ending.status === 'done'
    ? { type: 'task.done', result: ending.result }
    : { type: `task.${ending.status}`, problem: ending.problem };

/** Says every few seconds that the task is still in hand, and hears whether it is to be cancelled. */
async function beat(
  { hub, clock }: Worker,
  task: ClaimedTask,
  switches: { cancelled: boolean },
  claim: AbortController,
): Promise<void> {
  let heardAt = performance.now();
  while (!claim.signal.aborted) {
    // Aborting is how this sleep is ended, when the task has.
    await clock.sleep(beatMs, claim.signal).catch(() => undefined);
    if (claim.signal.aborted) return;
    try {
      const { cancelRequested } = await heartbeat(hub.db, task);
      switches.cancelled ||= cancelRequested;
      heardAt = performance.now();
    } catch (error) {
      // A database that is away for a moment does not end the claim; being silent for too long does.
      const isLost = error instanceof Problem && error.code === 'lost';
      if (isLost || performance.now() - heardAt > silentMaxMs - beatMs) claim.abort(error);
    }
  }
}
