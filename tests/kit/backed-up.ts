import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { TaskEvent } from '../../src/model/event.ts';
import type { Ending } from '../../src/tasks/ending.ts';
import { siteBackup } from '../../src/tasks/site-backup.ts';
import { siteInstall } from '../../src/tasks/site-install.ts';
import type { TaskType } from '../../src/tasks/task-type.ts';
import { run } from '../../src/worker/run.ts';
import { hand } from './farm.ts';
import { type RealFarm, type RealFarmMore, realFarm } from './real-farm.ts';
import { allocate, settle, siteName } from './truth.ts';

interface Done {
  readonly ending: Ending;
  readonly events: readonly TaskEvent[];
}

/** As a worker would: the task on this subject, to its end. */
export async function ask(farm: RealFarm, type: TaskType, subject: string, args: object = {}): Promise<Done> {
  allocate(farm.truth, type, args);
  const worker = hand(farm.place, farm.truth);
  const task = await type.open(worker.load, subject, args);
  const control = { claim: worker.claim.signal, stop: () => undefined, undoing: () => {} };
  const ending = await run(task, worker.log, [], control);
  settle(farm.truth, ending.status === 'done' ? task.done(ending.result) : task.failed(), subject);
  return { ending, events: worker.events };
}

export async function done(farm: RealFarm, type: TaskType, subject: string, args: object = {}): Promise<Done> {
  const all = await ask(farm, type, subject, args);
  assert.equal(all.ending.status, 'done', `${type.name}: ${JSON.stringify(all.ending)}`);
  return all;
}

export interface BackedUp extends RealFarm {
  readonly directory: string;
  readonly backups: string;
}

/** WordPress with an upload, a file that is the operator's, and a backup of both: number 1. */
export async function backedUp(t: TestContext, more: RealFarmMore = {}): Promise<BackedUp> {
  const farm = await realFarm(t, more);
  await done(farm, siteInstall, '7');
  const directory = join(farm.data.platformRoot, 'sites', siteName);
  asWeb(`mkdir -p ${directory}/files/2026; cd ${directory}/files/2026; printf picture >one.png; ln -s one.png link`);
  await writeFile(join(directory, 'notes.txt'), 'of the operator');
  await title(farm, 'As it was');
  await done(farm, siteBackup, '7', { note: 'the first' });
  return { ...farm, directory, backups: join(farm.data.root, 'backups') };
}

export const asWeb = (script: string): void => void execFileSync('sudo', ['-n', '-u', 'www-data', 'sh', '-c', script]);

export async function title({ server, truth }: RealFarm, to: string): Promise<void> {
  await server.sql(
    `update \`${truth.at.database}\`.wp_options set option_value = '${to}' where option_name = 'blogname'`,
  );
}

export const titleOf = async (farm: RealFarm, name = siteName): Promise<string> =>
  /<title>([^<&]*)/.exec((await farm.page('/', name)).text)?.[1]?.trim() ?? '';

type Act = (farm: BackedUp) => Promise<void>;

/** One farm for all of them; each begins where the farm is after `backedUp`. */
export async function eachOn(t: TestContext, farm: BackedUp, acts: Readonly<Record<string, Act>>): Promise<void> {
  const saved = await farm.save(farm.truth);
  for (const [what, act] of Object.entries(acts)) {
    await t.test(what, () => act(farm));
    await farm.restore(saved);
    Object.assign(farm.truth, structuredClone(saved.truth), { found: [] });
  }
}
