import { setTimeout } from 'node:timers/promises';
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
      await setTimeout(pauseMs, undefined, signal ? { signal } : {});
    }
  }
}

async function* eventsOf(response: Response): AsyncGenerator<Logged> {
  if (!response.body) return;
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = block
        .split('\n')
        .filter((row) => row.startsWith('data: '))
        .map((row) => row.slice('data: '.length))
        .join('\n');
      // The hub writes each as a LoggedEvent; a line without data keeps the connection alive.
      if (data !== '') yield JSON.parse(data) as Logged;
      if (block.startsWith('event: end')) return;
    }
  }
  throw new Problem('server-unreachable', 'the hub closed the log before the task had ended');
}
