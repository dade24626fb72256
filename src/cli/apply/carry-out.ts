import { type Call, request, type Send } from '../../api/call.ts';
import { followTask } from '../../api/follow.ts';
import { Problem, problemFrom } from '../../model/problem.ts';
import { atMost } from './at-most.ts';
import type { Change, Plan, Step } from './change.ts';
import { order } from './plan.ts';

/** What became of one change. `task` is the last that it had. */
export interface Outcome {
  readonly change: Change;
  readonly status: 'done' | 'failed' | 'skipped';
  readonly task?: string | undefined;
  readonly problem?: unknown;
}

export interface Connection {
  readonly call: Call;
  readonly send: Send;
  /** Aborted by Ctrl-C: nothing more is begun, and what runs on the hub goes on. */
  readonly interrupted: AbortSignal;
}

/** So many things at once; on its servers the hub begins no more than they bear. */
const atOnceMax = 8;

/**
 * Makes and changes noun by noun, then deletes the other way round. When something fails, the rest of the same noun is still
 * done, and what comes after it is skipped.
 */
export async function carryOut(
  connection: Connection,
  { changes }: Plan,
  tell: (outcome: Outcome) => void,
): Promise<readonly Outcome[]> {
  const stages = [
    ...order.map((noun) => changes.filter((change) => change.noun === noun && change.how !== 'delete')),
    ...order.toReversed().map((noun) => changes.filter((change) => change.noun === noun && change.how === 'delete')),
  ];
  const outcomes: Outcome[] = [];
  for (const stage of stages) {
    const isHeld = connection.interrupted.aborted || outcomes.some(({ status }) => status === 'failed');
    await atMost(atOnceMax, stage, async (change) => {
      const outcome: Outcome = isHeld ? { change, status: 'skipped' } : await doOne(connection, change);
      outcomes.push(outcome);
      tell(outcome);
    });
  }
  return outcomes;
}

async function doOne(connection: Connection, change: Change): Promise<Outcome> {
  let task: string | undefined;
  try {
    for (const step of change.steps)
      for (const one of await begin(connection, change, step)) {
        task = one;
        await ended(connection, task);
      }
    return { change, status: 'done', task };
  } catch (problem) {
    return { change, status: 'failed', task, problem };
  }
}

/** Asks for it. Answers the ids of the tasks that it has begun. */
async function begin({ call, send }: Connection, { noun, name }: Change, step: Step): Promise<readonly string[]> {
  if ('waitFor' in step) return outstanding(call, noun, name, step.waitFor);
  const { ask, input, ifMatch } = step;
  const response = await request(send, ask, input as never, ifMatch === undefined ? {} : { ifMatch }); // The plan made it for this endpoint.
  const { task, tasks } = (await response.json()) as { task?: { id: string } | null; tasks?: { id: string }[] };
  return [...(task ? [task] : []), ...(tasks ?? [])].map(({ id }) => id);
}

/** What is being made by somebody else, or failed and waits for a person. Throws Problem where there is nothing to wait for. */
async function outstanding(call: Call, noun: Change['noun'], name: string, id: string): Promise<readonly string[]> {
  if (noun === 'client') return [];
  const ids: string[] = [];
  for (const status of ['queued', 'running'] as const) {
    const { items } = await call('task list', { query: { noun, subject: id, status } });
    ids.push(...items.map((task) => task.id));
  }
  if (ids.length > 0) return ids.toSorted((one, other) => Number(one) - Number(other));
  throw new Problem('wrong-status', `${noun} ${name} is not made yet, and no task is making it`, {
    hint: `See what became of it: aegir task list --subject ${name}.`,
  });
}

/** Waits for it. Throws the problem that it ended with. */
async function ended({ call, send, interrupted }: Connection, task: string): Promise<void> {
  try {
    for await (const _ of followTask(send, task, 0, interrupted));
  } catch (error) {
    if (!interrupted.aborted) throw error;
    throw goesOn(task, error);
  }
  const { status, problem } = await call('task get', { params: { task } });
  if (status === 'done') return;
  const known = problem as Parameters<typeof problemFrom>[0] | null; // The hub keeps what problemJson() made.
  throw known
    ? problemFrom(known)
    : new Problem('cancelled', `task ${task} is ${status}`, { hint: `See: aegir task log ${task}` });
}

const goesOn = (task: string, cause: unknown): Problem =>
  new Problem('cancelled', `not waited for: task ${task} goes on`, {
    hint: `See: aegir task log ${task} --follow`,
    cause,
  });
