import { answerLook, type TakenLook, takeLook } from '../hub/look.ts';
import { Scrub } from '../machine/scrub.ts';
import type { Json } from '../model/json.ts';
import { Problem, type ProblemJson, problemJson } from '../model/problem.ts';
import type { Secret } from '../model/secret.ts';
import { lookTypes } from '../tasks/look-types.ts';
import { loadFor } from './take-turns.ts';
import type { Worker } from './worker.ts';

const atOnce = 4;
/** When a notification was lost, this finds what is asked. */
const pollMs = 1000;
/** Somebody waits. */
const longestMs = 10_000;

/** Reads on servers what somebody waits for, besides all tasks and also while there is too much to do, until told to stop. */
export async function answerLooks(worker: Worker, stop: AbortSignal): Promise<void> {
  const { hub, clock, name } = worker;
  const wakers = new Set<() => void>();
  const wake = (): void => {
    for (const one of wakers) one();
  };
  const unlisten = await hub.listen('look', wake, wake);
  const again = async (): Promise<void> => {
    while (!stop.aborted) {
      const woken = new AbortController();
      const waker = (): void => woken.abort();
      wakers.add(waker);
      const taken = await takeLook(hub.db).catch((error: unknown) => {
        process.stderr.write(`${name}: cannot ask what to look at: ${problemJson(error).message}\n`);
        return null;
      });
      if (taken) await answer(worker, taken);
      // Aborting is how this sleep is ended early.
      else await clock.sleep(pollMs, AbortSignal.any([woken.signal, stop])).catch(() => undefined);
      wakers.delete(waker);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, again));
  await unlisten();
}

/** Never rejects: whoever asked is told, or waits no longer. */
async function answer(worker: Worker, look: TakenLook): Promise<void> {
  const said = await found(worker, look);
  await answerLook(worker.hub.db, look.id, said).catch((error: unknown) => {
    process.stderr.write(`${worker.name}: ${look.name}: ${problemJson(error).message}\n`);
  });
}

type Found = Parameters<typeof answerLook>[2];

async function found(worker: Worker, { name, subject, args }: TakenLook): Promise<Found> {
  const secrets: Secret[] = [];
  const claim = AbortSignal.timeout(longestMs);
  const late = Promise.withResolvers<never>();
  claim.addEventListener('abort', () =>
    late.reject(
      new Problem('timeout', `the server has not answered within ${longestMs / 1000} s`, {
        hint: 'Look whether it can be reached: aegir server verify.',
      }),
    ),
  );
  const type = lookTypes.find((one) => one.name === name);
  try {
    if (!type) throw new Problem('bug', `there is no look '${name}'`);
    const read = await Promise.race([type.run(loadFor(worker, claim, secrets), subject, args), late.promise]);
    return { answer: scrubbed(read, secrets), problem: null };
  } catch (error) {
    return { answer: null, problem: scrubbed(problemJson(error) as never, secrets) as unknown as ProblemJson };
  }
}

/** What logs hold of the secrets of their site is not told. */
function scrubbed(value: Json, secrets: readonly Secret[]): Json {
  const scrub = new Scrub(secrets);
  const of = (one: Json): Json => {
    if (typeof one === 'string') return scrub.text(one);
    if (Array.isArray(one)) return one.map(of);
    if (one === null || typeof one !== 'object') return one;
    return Object.fromEntries(Object.entries(one).map(([key, part]) => [key, of(part)]));
  };
  return of(value);
}
