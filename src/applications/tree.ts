import { z } from 'zod';
import type { Machine } from '../machine/machine.ts';
import { callTool } from './tool.ts';

/** What was copied, in this pass. */
export interface CopiedTree {
  readonly files: number;
  readonly bytes: number;
  /** Of what was in the copy and is not in the source any more. */
  readonly removed: number;
  /** Neither files nor directories nor links: names of sockets and pipes, which are not copied. */
  readonly skipped: readonly string[];
}

export interface CopyTree {
  /** Absolute; both are there. */
  readonly from: string;
  readonly to: string;
  /** Names of directories in it, which are on both sides; null: all that is in it. */
  readonly only: readonly string[] | null;
  /** Paths below it that are neither copied nor removed. */
  readonly except: readonly string[];
  /**
   * A copy is another name of the same file, where that is possible: quick, and needs no room. Only for a source that is removed
   * soon, and whose files nobody writes into until then.
   */
  readonly links?: boolean;
}

const count = z.number().int().min(0);
const copiedAnswer = z.object({ files: count, bytes: count, removed: count, skipped: z.array(z.string()).max(20) });
const measuredAnswer = z.object({ files: count, bytes: count, apart: z.array(count).max(100) });

/** As long as a very large site needs; a task has its own limit. */
const copyMs = 6 * 60 * 60_000;
const measureMs = 15 * 60_000;

/**
 * Makes what is below `to` like what is below `from`, with modes, groups and times: only what is not so yet is copied, what
 * went is removed. Done by this user, who then owns it; null: by ours.
 * Throws 'disk-full', or 'application-failed' for what this user may not read or write.
 */
export const copyTree = (machine: Machine, user: string | null, tree: CopyTree): Promise<CopiedTree> =>
  callTool(machine, user, 'copy tree', { links: false, ...tree }, copiedAnswer, {
    timeoutMs: copyMs,
    effect: 'changes',
    dryAnswer: { files: 0, bytes: 0, removed: 0, skipped: [] },
  });

export interface Measured {
  readonly files: number;
  readonly bytes: number;
  /** Bytes in each of the directories that were named, in their order. */
  readonly apart: readonly number[];
}

/** What a copy of it takes on a disk, as far as this user may look. */
export const measureTree = (
  machine: Machine,
  user: string | null,
  path: string,
  apart: readonly string[] = [],
): Promise<Measured> =>
  callTool(machine, user, 'measure tree', { path, apart }, measuredAnswer, { timeoutMs: measureMs, effect: 'reads' });
