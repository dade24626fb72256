import { sql } from 'kysely';
import { heldTask } from '../hub/held-task.ts';
import { requeueLost } from '../hub/lost-tasks.ts';
import { type ClaimedTask, claimTask } from '../hub/queue.ts';
import type { Clock } from '../model/clock.ts';
import { answerLooks } from './answer-looks.ts';
import { type Running, runClaimed } from './run-claimed.ts';
import { takeRuns } from './take-turns.ts';
import type { Worker } from './worker.ts';

/** When a notification was lost, this finds the task that is due; and tasks that become due by time. */
const pollMs = 1000;
const beatMs = 3000;
const lostEveryMs = 2000;

/** Takes tasks, as many at once as it has slots, until told to stop; then finishes those in hand. */
export async function work(worker: Worker, stop: AbortSignal): Promise<void> {
  const wakes = new Set<() => void>();
  const wakeAll = (): void => {
    for (const wake of wakes) wake();
  };
  const running = new Map<string, Running>();
  const unlisten = await Promise.all([
    worker.hub.listen('task', wakeAll, wakeAll),
    worker.hub.listen('cancel', (id) => running.get(id)?.cancel()),
  ]);
  stop.addEventListener('abort', wakeAll, { once: true });
  const watching = watch(worker, stop);
  const slots = Array.from({ length: worker.slots }, () => takeTasks(worker, stop, wakes, running));
  await Promise.all([...slots, takeRuns(worker, stop), answerLooks(worker, stop)]);
  await watching;
  for (const end of unlisten) await end();
  await sql`delete from worker where name = ${worker.name}`.execute(worker.hub.db).catch(() => undefined);
}

async function takeTasks(
  worker: Worker,
  stop: AbortSignal,
  wakes: Set<() => void>,
  running: Map<string, Running>,
): Promise<void> {
  const { hub, key } = worker;
  const runner = { ...worker, hold: (task: ClaimedTask) => heldTask({ db: hub.db, key }, task) };
  while (!stop.aborted) {
    // Armed before looking: a task that is added between the look and the wait ends the wait.
    const woken = wait(wakes, worker.clock, stop);
    const task = worker.busy() === null ? await claim(worker) : undefined;
    if (!task) {
      await woken.promise;
      continue;
    }
    woken.forget();
    await runClaimed(runner, task, running);
  }
}

/** A database that is away for a moment is not the end of a worker: it looks again. */
async function claim(worker: Worker): Promise<ClaimedTask | undefined> {
  try {
    return await claimTask(worker.hub.db, worker.name);
  } catch (error) {
    say(worker, 'cannot ask for a task', error);
    return undefined;
  }
}

function wait(wakes: Set<() => void>, clock: Clock, stop: AbortSignal): { promise: Promise<void>; forget(): void } {
  const over = new AbortController();
  const forget = (): void => {
    wakes.delete(forget);
    over.abort();
  };
  wakes.add(forget);
  // Aborting is how this sleep is ended early, so its rejection is no failure.
  const promise = clock.sleep(pollMs, AbortSignal.any([over.signal, stop])).catch(() => undefined);
  return { promise: promise.then(forget), forget };
}

/** Says that this worker lives, and puts back the tasks of those that do not. */
async function watch(worker: Worker, stop: AbortSignal): Promise<void> {
  let beatAt = 0;
  while (!stop.aborted) {
    try {
      if (worker.clock.now().getTime() - beatAt >= beatMs) {
        await sayAlive(worker);
        beatAt = worker.clock.now().getTime();
      }
      await requeueLost(worker.hub.db);
    } catch (error) {
      say(worker, 'cannot reach the database', error);
    }
    await worker.clock.sleep(lostEveryMs, stop).catch(() => undefined); // ended early by `stop`
  }
}

async function sayAlive({ name, hub: { db }, busy }: Worker): Promise<void> {
  await sql`
    insert into worker (name, waiting) values (${name}, ${busy()})
    on conflict (name) do update set heartbeat_at = now(), waiting = excluded.waiting`.execute(db);
  await sql`delete from worker where heartbeat_at < now() - interval '1 day'`.execute(db);
}

const say = ({ name }: Worker, what: string, error: unknown): void =>
  void process.stderr.write(`${name}: ${what}: ${error instanceof Error ? error.message : String(error)}\n`);
