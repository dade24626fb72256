import type { Kysely } from 'kysely';
import { releaseBackups } from './backup-rows.ts';
import { releaseCopies } from './copies.ts';
import type { Tables } from './tables.ts';

/** When a task has ended, whatever its end: what was allocated with it and has not come to anything is free again. */
export async function releaseAllocated(tx: Kysely<Tables>, task: string): Promise<void> {
  await releaseCopies(tx, task);
  await releaseBackups(tx, task);
}
