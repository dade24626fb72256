import { after } from 'node:test';
import type { HubWithWorker } from './hub-with-worker.ts';

let strikes = 0;

/** Says in the end at how many points something was struck. */
export const countStrikes = (what: string): void =>
  after(() => process.stdout.write(`# ${what} killed or made to fail at ${strikes} points\n`));

/** Lets `strike` happen instead of one act on the server: the `at`th since now. Answers whether it came to that. */
export function struck(farm: HubWithWorker, at: number, strike: () => Promise<void>): () => boolean {
  let acts = 0;
  let happened = false;
  farm.before = async () => {
    if (acts++ !== at) return;
    happened = true;
    strikes += 1;
    await strike();
    throw new Error('power cut');
  };
  return () => happened;
}
