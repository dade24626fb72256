import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import type { TaskEvent } from '../../src/model/event.ts';
import { isAlive, until } from './machines.ts';
import type { PlaceData } from './real-farm.ts';
import type { Truth } from './truth.ts';

export interface TaskForWorker {
  readonly data: PlaceData;
  readonly truth: Truth;
  readonly task: string;
  readonly subject: string;
  readonly args?: object;
}

/**
 * Starts a worker in a process of its own and kills it (SIGKILL) in the middle of `step`; answers the events it wrote.
 * A task is lost to the hub 15 s after its worker is; what the worker has started may go on for that time, and here as
 * long as `lostAfterMs`.
 */
export async function killedAt(
  task: TaskForWorker,
  step: string,
  share: number,
  goal: readonly TaskEvent[],
  lostAfterMs = 15_000,
): Promise<readonly TaskEvent[]> {
  let started: readonly number[] = [];
  const commandsMs = durationOf(step, goal);
  const events = await killedOn(task, async (event, pid) => {
    if (event.type !== 'step.started' || event.step !== step) return false;
    await wait(commandsMs * share);
    started = startedBy(pid);
    return true;
  });
  const endMs = performance.now() + lostAfterMs;
  while (started.some((pid) => isAlive(String(pid))) && performance.now() < endMs) await wait(20);
  return events;
}

/** Kills the worker as soon as `reached` is true; what it has started goes on. Answers the events that it wrote. */
export const killedWhen = (task: TaskForWorker, step: string, reached: () => boolean): Promise<readonly TaskEvent[]> =>
  killedOn(task, async (event, pid) => {
    if (event.type !== 'step.started' || event.step !== step) return false;
    await until(() => reached() || !isAlive(String(pid)));
    return true;
  });

async function killedOn(
  task: TaskForWorker,
  isTime: (event: TaskEvent, pid: number) => Promise<boolean>,
): Promise<readonly TaskEvent[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'real-worker.ts'), JSON.stringify(task)], {
    // Its standard output is ours alone: for the test runner's child it would end with results of tests.
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  const events: TaskEvent[] = [];
  for await (const line of createInterface(child.stdout)) {
    // A worker that came to its end before it was killed: node:test, which it loads, has the last word.
    if (!line.startsWith('{')) continue;
    const event = JSON.parse(line) as TaskEvent; // real-worker.ts wrote it
    events.push(event);
    // Beside the reading: it may have come to its end by then.
    void isTime(event, child.pid ?? 0).then((time) => time && child.kill('SIGKILL'));
  }
  await gone;
  return events;
}

/** How long the commands of the step took when nothing failed. */
function durationOf(step: string, goal: readonly TaskEvent[]): number {
  const from = goal.findIndex((event) => event.type === 'step.started' && event.step === step);
  const to = goal.findIndex((event) => event.type === 'step.done' && event.step === step);
  return goal.slice(from, to).reduce((sum, event) => sum + (event.type === 'command.done' ? event.ms : 0), 0);
}

/** All that was started, at any remove: sudo starts PHP. */
function startedBy(pid: number): readonly number[] {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap(startedBy)];
}

function childrenOf(pid: number): readonly number[] {
  try {
    const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return list.split(' ').flatMap((text) => (text === '' ? [] : [Number(text)]));
  } catch {
    return []; // It has ended while we looked.
  }
}
