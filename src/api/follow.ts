import { Problem } from '../model/problem.ts';
import { request, type Send } from './call.ts';
import type { Answer } from './endpoints.ts';

export type Logged = Answer<'task stream'>;

const attemptsMax = 20;
const pauseMs = 500;

/**
 * The log of a task, from behind `after` until its last event. A connection that breaks is made anew and resumes where
 * it was, up to 20 times in a row; then Problem 'server-unreachable'.
 */
export async function* followTask(send: Send, task: string, after = 0, signal?: AbortSignal): AsyncGenerator<Logged> {
  let seq = after;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const more = { lastEventId: seq, ...(signal && { signal }) };
      const response = await request(send, 'task stream', { params: { task } }, more);
      for await (const logged of eventsOf(response)) {
        seq = logged.seq;
        attempt = 0;
        yield logged;
      }
      return;
    } catch (error) {
      signal?.throwIfAborted();
      if ((error instanceof Problem && error.code !== 'server-unreachable') || attempt >= attemptsMax) throw error;
      await pause(signal);
    }
  }
}

/** Also in a browser, which has no timers that promise. */
function pause(signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, pauseMs);
  const stop = (): void => {
    clearTimeout(timer);
    reject(signal?.reason);
  };
  signal?.addEventListener('abort', stop, { once: true });
  return promise.finally(() => signal?.removeEventListener('abort', stop));
}

async function* eventsOf(response: Response): AsyncGenerator<Logged> {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const logged = loggedIn(block);
        if (logged) yield logged;
        if (block.startsWith('event: end')) return;
      }
    }
  } finally {
    // Who has read enough does not want the rest; of a connection that broke there is none.
    await reader.cancel().catch(() => undefined);
  }
  throw new Problem('server-unreachable', 'the hub closed the log before the task had ended');
}

/** A block without data keeps the connection alive. */
function loggedIn(block: string): Logged | null {
  const data = block
    .split('\n')
    .filter((row) => row.startsWith('data: '))
    .map((row) => row.slice('data: '.length))
    .join('\n');
  return data === '' ? null : (JSON.parse(data) as Logged); // The hub writes each as a LoggedEvent.
}
