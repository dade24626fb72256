import { setTimeout as sleep } from 'node:timers/promises';
import { isLastEvent } from '../model/event.ts';
import { Problem } from '../model/problem.ts';
import type { Caller } from './access.ts';
import type { Asked, Reader } from './hub.ts';
import { followLog, type LoggedEvent } from './log.ts';
import { seenTask } from './task.ts';
import { iso } from './time.ts';

/** A proxy ends a connection on which nothing comes for a minute. */
const aliveEveryMs = 15_000;
/** What expires tells nobody. */
const lookEveryMs = 15_000;

interface Where {
  readonly task: string;
  readonly lastEventId: string | undefined;
}

/**
 * The log as server-sent events, each with its number as id, so that a reader that comes back says where it was.
 * Ends behind the last event with one named `end`: a browser would come back for ever. Without that it ends when the
 * caller, who is asked for anew by `again`, may not see the task any more: a reader that comes back is told so.
 */
export async function streamTask(
  asked: Asked<Reader>,
  { task, lastEventId }: Where,
  again: () => Promise<Caller>,
): Promise<Response> {
  const { hub, gone } = asked;
  const after = lastEventId === undefined || lastEventId === '' ? 0 : Number(lastEventId);
  if (!Number.isInteger(after) || after < 0 || after > 2 ** 31 - 1)
    throw new Problem('invalid', 'Last-Event-ID must be the number of an event', { hint: 'Leave it out to begin.' });
  await seenTask(asked, task);
  const ended = new AbortController();
  const stop = (): void => ended.abort();
  const stopLooking = await whileAllowed(asked, task, again, stop);
  const signal = AbortSignal.any([gone, ended.signal]);
  const lines = withSignsOfLife(followLog(hub.database, task, after, signal), signal);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await lines.next();
      if (!done) return controller.enqueue(encoder.encode(value));
      controller.close();
      await stopLooking();
    },
    async cancel() {
      stop();
      await lines.return(undefined);
      await stopLooking();
    },
  });
  return new Response(body, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
  });
}

/** Calls `stop` as soon as the task is not there for the caller any more: rights are taken away, a token expires. */
async function whileAllowed(
  asked: Asked<Reader>,
  task: string,
  again: () => Promise<Caller>,
  stop: () => void,
): Promise<() => Promise<void>> {
  if (asked.caller.kind === 'local') return async () => {};
  // Whatever it is that it says no by (also that the database does not answer): who comes back is told.
  const look = (): void =>
    void again()
      .then((caller) => seenTask({ ...asked, caller }, task))
      .catch(stop);
  const timer = setInterval(look, lookEveryMs).unref();
  const unlisten = await asked.hub.database.listen('access', look, look);
  return async () => {
    clearInterval(timer);
    await unlisten();
  };
}

async function* withSignsOfLife(
  log: AsyncGenerator<LoggedEvent>,
  signal: AbortSignal,
): AsyncGenerator<string, undefined> {
  yield ': the log follows\n\n';
  try {
    let next = log.next();
    while (!signal.aborted) {
      const timer = new AbortController();
      const alive = sleep(aliveEveryMs, 'alive' as const, {
        signal: AbortSignal.any([timer.signal, signal]),
        ref: false,
      });
      const first = await Promise.race([next, alive.catch(() => 'alive' as const)]);
      timer.abort();
      if (first === 'alive') {
        yield ': still here\n\n';
        continue;
      }
      if (first.done) break;
      yield text(first.value);
      if (isLastEvent(first.value.data)) break;
      next = log.next();
    }
    if (!signal.aborted) yield 'event: end\ndata: \n\n';
  } finally {
    await log.return(undefined);
  }
  return undefined;
}

const text = ({ seq, at, data }: LoggedEvent): string =>
  `id: ${seq}\ndata: ${JSON.stringify({ seq, at: iso(at), event: data })}\n\n`;
