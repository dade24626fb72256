import { setTimeout } from 'node:timers/promises';
import type { Call } from './call.ts';

const firstLookMs = 2000;
const lookEveryMs = 3000;

/**
 * Tells why a task is not being done, and again when that changes, until `signal` is aborted. Nothing is told of a task
 * that is begun within two seconds, or that goes on.
 */
export async function tellWhyItWaits(
  call: Call,
  task: string,
  tell: (why: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let told: string | null = null;
  try {
    for (let pauseMs = firstLookMs; ; pauseMs = lookEveryMs) {
      await setTimeout(pauseMs, undefined, { signal, ref: false });
      // A hub that is away for a moment is told of by who follows the task.
      const why = await whyItWaits(call, task).catch(() => null);
      if (signal.aborted) return;
      const kind = why?.replace(/\d+(?:\.\d+)?/g, '') ?? null; // A load that moves a little is no news.
      if (why !== null && kind !== told) tell(why);
      told = kind;
    }
  } catch (error) {
    if (!signal.aborted) throw error; // The only way out: what the wait throws when it is ended early.
  }
}

/** Null when it does not wait. */
async function whyItWaits(call: Call, id: string): Promise<string | null> {
  const { waits } = await call('task get', { params: { task: id } });
  if (waits === null) return null;
  const words: { readonly [Why in typeof waits.why]: string } = {
    later: `it is to start at ${new Date(waits.until ?? '').toLocaleString('sv')}`,
    paused: 'all tasks wait until somebody runs: aegir queue resume task',
    'no worker': 'no worker runs; ./up on the machine of the hub starts one',
    tasks: `task ${waits.tasks.map((task) => task.id).join(', ')} must end first`,
    'server limit': `as many tasks as may be are at work on the server ${waits.about}`,
    load: waits.about ?? '',
    busy: 'the workers are busy with others',
  };
  return words[waits.why];
}
