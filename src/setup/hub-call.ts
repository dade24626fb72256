import { request as ask } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Call, connect, type Send } from '../api/call.ts';
import { followTask } from '../api/follow.ts';
import { Problem, type ProblemJson, problemFrom } from '../model/problem.ts';
import { lastWordsOf, type OurProcess, pidsOf } from './our-process.ts';
import { hubSocket } from './places.ts';
import type { Say } from './screen.ts';

/** Over the socket that only root and aegir can open; the hub asks for no token there. */
export const send: Send = (path, { method = 'GET', headers, body, signal }) =>
  new Promise((resolve, reject) => {
    const asked = ask({
      socketPath: hubSocket,
      path,
      method,
      headers: Object.fromEntries(new Headers(headers)),
      ...(signal && { signal }),
    });
    asked.once('response', (response) => {
      const answered = Object.entries(response.headers).map(
        ([name, value]) => [name, String(value)] as [string, string],
      );
      // Node's own stream and the web's are the same thing here; their types differ in details we do not use.
      const stream = Readable.toWeb(response) as unknown as ReadableStream;
      resolve(new Response(stream, { status: response.statusCode ?? 502, headers: answered }));
    });
    asked.once('error', (cause) => {
      reject(new Problem('server-unreachable', 'the hub does not answer', { hint: 'Start it with ./up', cause }));
    });
    asked.end(typeof body === 'string' ? body : undefined);
  });

export const call: Call = connect(send);

const patienceMs = 90_000;

/** Until it answers: its first start makes the database. Throws with its last words if it ends instead. */
export async function waitForHub(): Promise<void> {
  for (const until = Date.now() + patienceMs; ; await sleep(100)) {
    try {
      await call('status', {});
      return;
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'server-unreachable') throw error;
      if ((await pidsOf('hub')).length > 0 && Date.now() < until) continue;
      throw await doesNotStart('hub', error);
    }
  }
}

/** Until the hub has heard of one; the hub forgets those that are gone. */
export async function waitForWorker(): Promise<void> {
  for (const until = Date.now() + patienceMs; ; await sleep(100)) {
    const { workers } = await call('status', {});
    if (workers.length > 0) return;
    if ((await pidsOf('worker')).length === 0 || Date.now() > until) throw await doesNotStart('worker');
  }
}

const doesNotStart = async (name: OurProcess, cause?: unknown): Promise<Problem> =>
  new Problem('server-unreachable', `the ${name} does not start:\n    ${await lastWordsOf(name)}`, {
    hint: 'Correct what it names, then run ./up again.',
    cause,
  });

/** Follows a task to its end, telling each step. Throws the task's own Problem if it does not end well. */
export async function finish(task: { readonly id: string; readonly name: string }, say: Say): Promise<void> {
  for await (const { event } of followTask(send, task.id)) {
    if (event.type === 'step.started') say(String(event['step']));
    if (event.type === 'task.done') return;
    if (['task.failed', 'task.stuck', 'task.cancelled'].includes(event.type)) {
      const problem = problemFrom(event['problem'] as ProblemJson); // what these events carry, see model/event.ts
      throw new Problem(problem.code, `${task.name} failed: ${problem.message}`, {
        hint: `${problem.hint ?? ''} Its whole log: aegir task log ${task.id}`.trim(),
        cause: problem.cause,
      });
    }
  }
}
