import { after } from 'node:test';
import type { HubWithWorker } from './hub-with-worker.ts';

let strikes = 0;

/** Says in the end at how many points something was struck. */
export const countStrikes = (what: string): void =>
  after(() => process.stdout.write(`# ${what} killed or made to fail at ${strikes} points\n`));

/** Lets one act on the server fail instead: the `at`th since now. Answers whether it came to that. */
export const failsAt = (farm: HubWithWorker, at: number): (() => boolean) =>
  struck(farm, at, async () => {
    throw new Error('a fault');
  });

/** The same with a power cut: nothing of that attempt acts any more, and its worker is lost. */
export const diesAt = (farm: HubWithWorker, at: number): (() => boolean) =>
  struck(farm, at, async (claim) => void farm.dead.set(claim, farm.loseWorkers()));

function struck(farm: HubWithWorker, at: number, strike: (claim: AbortSignal) => Promise<void>): () => boolean {
  let acts = 0;
  let happened = false;
  farm.before = async ({ claim }) => {
    if (acts++ !== at) return;
    happened = true;
    strikes += 1;
    await strike(claim);
  };
  return () => happened;
}
