import { setTimeout as sleep } from 'node:timers/promises';
import { isLastEvent } from '../model/event.ts';
import { Problem } from '../model/problem.ts';
import type { Hub } from './hub.ts';
import { followLog, type LoggedEvent } from './log.ts';
import { taskById } from './task.ts';
import { iso } from './time.ts';

/** A proxy ends a connection on which nothing comes for a minute. */
const aliveEveryMs = 15_000;

/**
 * The log as server-sent events, each with its number as id, so that a reader that comes back says where it was.
 * Ends behind the last event with one named `end`: a browser would come back for ever.
 */
export async function streamTask(
  hub: Hub,
  task: string,
  lastEventId: string | undefined,
  gone: AbortSignal,
): Promise<Response> {
  const after = lastEventId === undefined || lastEventId === '' ? 0 : Number(lastEventId);
  if (!Number.isInteger(after) || after < 0 || after > 2 ** 31 - 1)
    throw new Problem('invalid', 'Last-Event-ID must be the number of an event', { hint: 'Leave it out to begin.' });
  await taskById({ hub, tx: hub.database.db }, task);
  const ended = new AbortController();
  const signal = AbortSignal.any([gone, ended.signal]);
  const lines = withSignsOfLife(followLog(hub.database, task, after, signal), signal);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await lines.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      ended.abort();
      await lines.return(undefined);
    },
  });
  return new Response(body, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
  });
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
