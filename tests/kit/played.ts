import assert from 'node:assert/strict';
import { platformVerify } from '../../src/tasks/platform-verify.ts';
import { serverVerify } from '../../src/tasks/server-verify.ts';
import { siteInstall } from '../../src/tasks/site-install.ts';
import type { TaskType } from '../../src/tasks/task-type.ts';
import { run } from '../../src/worker/run.ts';
import { type FarmParts, hand } from './farm.ts';
import type { Place } from './place.ts';
import { allocate, freshTruth, settle, type Truth } from './truth.ts';

/** What the world is like when a task is asked for. */
export interface Scene {
  readonly title: string;
  readonly type: TaskType;
  readonly subject: string;
  readonly args: unknown;
  /** What it has put right stays right when it fails: then asking again must lead to the goal. */
  readonly heals?: boolean;
  /** Farms that it is played on, where that is enough or it cannot happen on others; all unless it is said. */
  readonly only?: readonly string[];
  prepare(parts: FarmParts): Promise<Truth>;
}

/** Of a task on a real server: a backup's name tells the time, and no two worlds would be alike. */
export const withoutBackup = ({ name }: Pick<TaskType, 'name'>): object =>
  name === 'site delete' ? { backup: false } : {};

/** Runs these to their end, as the hub's worker would. */
export async function played(
  parts: Place,
  truth: Truth,
  types: readonly TaskType[],
  subject = '1',
  args: unknown = {},
): Promise<Truth> {
  for (const type of types) {
    allocate(truth, type, args);
    truth.subject = subject;
    const worker = hand(parts, truth);
    const task = await type.open(worker.load, subject, args);
    const control = { claim: worker.claim.signal, stop: () => undefined, undoing: () => {} };
    const ending = await run(task, worker.log, [], control);
    assert.equal(ending.status, 'done', `${type.name}: ${JSON.stringify(ending)}`);
    if (ending.status === 'done') settle(truth, task.done(ending.result), subject);
  }
  truth.found = [];
  truth.kept = [];
  return truth;
}

export const installed = [serverVerify, platformVerify, siteInstall];
export const after =
  (...types: readonly TaskType[]) =>
  (parts: FarmParts): Promise<Truth> =>
    played(parts, freshTruth(), types);
