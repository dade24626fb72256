import { setTimeout as sleep } from 'node:timers/promises';
import { type Call, connect } from '../api/call.ts';
import { followTask } from '../api/follow.ts';
import { tellWhyItWaits } from '../api/waiting.ts';
import { overSocket } from '../cli/connection.ts';
import type { TaskEvent } from '../model/event.ts';
import { Problem, type ProblemJson, problemFrom } from '../model/problem.ts';
import { lastWordsOf, type OurProcess, pidsOf } from './our-process.ts';
import { hubSocket } from './places.ts';
import type { Say } from './screen.ts';

const send = overSocket(hubSocket);

/** As root, who needs no token on the hub's own machine. */
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
  const over = new AbortController();
  const telling = tellWhyItWaits(call, task.id, (why) => say(`${task.name} waits: ${why}`, 'aloud'), over.signal);
  try {
    await follow(task, say);
  } finally {
    over.abort();
    await telling;
  }
}

async function follow(task: { readonly id: string; readonly name: string }, say: Say): Promise<void> {
  for await (const logged of followTask(send, task.id)) {
    const event = logged.event as TaskEvent; // The hub stores nothing else.
    if (event.type === 'step.started') say(event.step);
    if (event.type === 'task.failed' || event.type === 'task.stuck' || event.type === 'task.cancelled')
      throw ended(task, event.problem);
  }
}

function ended(task: { readonly id: string; readonly name: string }, json: ProblemJson): Problem {
  const { code, message, hint = '', cause } = problemFrom(json);
  const whole = `${hint} Its whole log: aegir task log ${task.id}`.trim();
  return new Problem(code, `${task.name} failed: ${message}`, { hint: whole, cause });
}
