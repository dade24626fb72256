import { readRows } from '../hub/task-rows/task-rows.ts';
import type { Hands } from '../machine/hands.ts';
import type { Pretending } from '../machine/machine.ts';
import { Scrub } from '../machine/scrub.ts';
import { type Difference, differenceOf, kept, saysState } from '../model/drift.ts';
import { Problem } from '../model/problem.ts';
import type { Secret } from '../model/secret.ts';
import { loader } from './load.ts';
import type { Worker } from './worker.ts';

/**
 * How a site or platform differs from what the hub wrote: what the steps of its own verify would change, as they say it
 * themselves on machines that only pretend. Nothing is written anywhere. What a step says of the state that it found (a
 * directory is gone, others have made records) is a difference too; any other Problem is thrown, as then nobody knows.
 */
export async function findDrift(
  worker: Worker,
  claim: AbortSignal,
  secrets: Secret[],
  { noun, id }: { readonly noun: 'site' | 'platform'; readonly id: string },
): Promise<readonly Difference[]> {
  const { catalog, hub, key, transfers } = worker;
  const machines = new Map<string, Pretending>();
  const said: string[] = [];
  const load = loader({
    rows: readRows({ db: hub.db, key, task: '0' }),
    ...{ catalog, transfers, openAcme: worker.openAcme },
    report: {
      ...{ isDryRun: true, note: async () => undefined, keep: async () => undefined, record: async () => undefined },
      changed: async (changes) => void said.push(...changes),
    },
    async scanHostKeys({ name }) {
      throw new Problem('bug', `who looks for drift pins no host keys of ${name}`);
    },
    openMachine(server, more) {
      secrets.push(...more);
      const hands: Hands = { name: server.name, log: { append: async () => undefined }, claim, secrets };
      const machine = machines.get(server.id) ?? worker.dryMachine(worker.openMachine(server, hands), hands);
      machines.set(server.id, machine);
      return machine;
    },
  });
  const type = catalog.taskTypes.find(({ name }) => name === `${noun} verify`);
  if (!type) throw new Problem('bug', `there is no task type '${noun} verify'`);
  const task = await type.open(load, id, {}, catalog.steps);
  const isThere = await state(said, () => task.check());
  if (isThere) for (const step of task.steps) if (!step.looks) await state(said, async () => void (await step.run()));
  const scrub = new Scrub(secrets);
  const compared = (await Promise.all([...machines.values()].map((machine) => machine.differences()))).flat();
  const differences = compared.map((one) => differenceOf(one, (text) => scrub.text(text)));
  const isTold = (sentence: string): boolean =>
    compared.some(({ what }) => sentence.includes(what.split(' of ')[0] ?? what));
  const others = said.filter((sentence) => !isTold(sentence)).map((sentence) => scrub.text(sentence));
  return kept([
    ...differences.toSorted((one, other) => (one.what < other.what ? -1 : 1)),
    ...[...new Set(others)].map((what): Difference => ({ what, kind: 'other', diff: null })),
  ]);
}

/** False: what it says is among what was said. */
async function state(said: string[], action: () => Promise<void>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    if (!saysState(error)) throw error;
    said.push(error.message);
    return false;
  }
}
