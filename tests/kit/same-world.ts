import assert from 'node:assert/strict';
import type { FarmParts } from './farm.ts';

/**
 * The world in text, for saying before and after; secrets are in it, as they are in the files. A backup says when it was made,
 * so that two are never alike: of one that is whole it counts that it is there.
 */
export const worldOf = ({ world }: FarmParts): string =>
  world
    .snapshot()
    .replace(
      /^((?:\/var\/aegir\/(?:backups|transfers)|\/srv\/kept)\/[^\s/]+\.(?:tar|json)(?:\.about)? file \S+ \S+ \S+) .*$/gm,
      '$1 a whole backup',
    );

/** Compares with a message that names the first line that differs, not the whole world. */
export function sameWorld(actual: string, wanted: string, when: string): void {
  if (actual === wanted) return;
  const [is, should] = [actual.split('\n'), wanted.split('\n')];
  const at = is.findIndex((line, index) => line !== should[index]);
  assert.fail(`${when}: the world is\n  ${is[at] ?? '(ends here)'}\nand should be\n  ${should[at] ?? '(ends here)'}`);
}
