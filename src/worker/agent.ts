import type { ClaimedTask } from '../hub/queue.ts';
import { Problem, problemJson } from '../model/problem.ts';
import type { HubOfAgents } from './over-https.ts';
import { type Running, runClaimed } from './run-claimed.ts';
import type { TaskRunner } from './worker.ts';

export interface Agent extends Omit<TaskRunner, 'hold'> {
  readonly hub: HubOfAgents;
  /** See `editionOf` in hub/agent/claim.ts. */
  readonly edition: string;
  /** How many tasks at once. */
  readonly slots: number;
  /** When it is to stop, tasks in hand have so long to end; then it gives them back. */
  readonly graceMs: number;
  /** Why it should take no task just now, or null. */
  busy(): string | null;
}

/** How long a hub keeps it waiting for a task, at most. */
const waitMs = 20_000;
/** Between two tries to reach a hub. */
const againMs = 500;
/** Where the load is too high it is looked at again after this. */
const busyMs = 2000;

/** Takes tasks of its server from a hub, until told to stop; then finishes those in hand, or gives them back. */
export async function workAsAgent(agent: Agent, stop: AbortSignal): Promise<void> {
  const running = new Map<string, Running>();
  const inHand = new Map<string, Promise<void>>();
  const runner: TaskRunner = { ...agent, hold: (task) => agent.hub.hold(task) };
  let freed = Promise.withResolvers<void>();
  stop.addEventListener('abort', () => freed.resolve(), { once: true });
  while (!stop.aborted) {
    if (inHand.size >= agent.slots) {
      freed = Promise.withResolvers();
      if (!stop.aborted) await freed.promise;
      continue;
    }
    // One request at a time, so that it is known which tasks the hub has answered.
    const task = await claim(agent, [...inHand.keys()], stop);
    if (!task) continue;
    const run = runClaimed(runner, task, running).finally(() => {
      inHand.delete(task.taskId);
      freed.resolve();
    });
    inHand.set(task.taskId, run);
  }
  const over = new AbortController();
  const all = Promise.all(inHand.values()).finally(() => over.abort());
  // Ended early when there is nothing to wait for.
  await agent.clock.sleep(agent.graceMs, over.signal).catch(() => undefined);
  for (const { giveUp } of running.values()) giveUp(new Problem('lost', 'its agent stops'));
  await all;
  await agent.hub.leave().catch((error: unknown) => say(agent, 'cannot tell the hub that it stops', error));
}

async function claim(agent: Agent, holds: readonly string[], stop: AbortSignal): Promise<ClaimedTask | null> {
  const waiting = agent.busy();
  try {
    const asks = { edition: agent.edition, holds, waiting, waitMs: waiting === null ? waitMs : 0 };
    const task = await agent.hub.claim(asks, stop);
    if (waiting !== null) await agent.clock.sleep(busyMs, stop);
    return task;
  } catch (error) {
    if (stop.aborted) return null;
    say(agent, 'cannot ask for a task', error);
    // A hub that says no says so until somebody has done something.
    const isNo = error instanceof Problem;
    await agent.clock.sleep(isNo ? againMs * 20 : againMs, stop).catch(() => undefined); // ended early by `stop`
    return null;
  }
}

const say = ({ name }: Agent, what: string, error: unknown): void => {
  const { message, causes, hint = '' } = problemJson(error);
  process.stderr.write(`${[`${name}: ${what}: ${message}`, ...causes].join(': ')} ${hint}\n`);
};
