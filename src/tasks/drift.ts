import { counted } from '../model/counted.ts';
import type { Difference } from '../model/drift.ts';
import { namesShown } from '../model/names-shown.ts';
import type { LookType } from './look-type.ts';
import type { RunType } from './run-type.ts';

const nouns = ['site', 'platform'] as const;

/** What differs from what the hub wrote. It only looks: to put it right is to verify, which somebody has to ask for. */
export const driftRuns: readonly RunType[] = nouns.map((noun) => ({
  name: `${noun} drift`,
  async run(load, id) {
    const drift = await load.drift(noun, id);
    return { lines: inWords(drift), drift };
  },
}));

/** The same while somebody waits for it. */
export const driftLooks: readonly LookType[] = nouns.map((noun) => ({
  name: `${noun} drift`,
  run: async (load, id) => [...(await load.drift(noun, id))],
}));

const inWords = (drift: readonly Difference[]): string =>
  drift.length === 0 ? '' : `${counted(drift.length, 'thing')} differ: ${namesShown(drift.map(({ what }) => what))}`;
