import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Ending } from '../src/tasks/ending.ts';
import { siteDelete } from '../src/tasks/site-delete.ts';
import { siteRestore } from '../src/tasks/site-restore.ts';
import type { TaskType } from '../src/tasks/task-type.ts';
import { run } from '../src/worker/run.ts';
import { ask, type BackedUp, backedUp, done, eachOn, title, titleOf } from './kit/backed-up.ts';
import { hand } from './kit/farm.ts';
import { goodOf } from './kit/hostile-archives.ts';
import { archiveOf } from './kit/made-archive.ts';
import { sameWorld } from './kit/same-world.ts';
import { smallDisk } from './kit/small-disk.ts';
import { allocate, backupName, settle } from './kit/truth.ts';

/**
 * How the old Aegir failed (shared/reference/aegir-baseline.md, section 5) when it brought back and deleted sites, on real
 * servers: each test is named after the old failure, and shows that it cannot happen. In memory: old-failures-moving.test.ts.
 */
test('old failures on real servers', { timeout: 10 * 60_000 }, async (t) => {
  const farm = await backedUp(t);
  const { world: before } = await farm.save(farm.truth);
  const asBefore = async (what: string): Promise<void> => {
    sameWorld(await farm.world(), before, what);
    assert.equal(farm.truth.site, 'enabled', what);
    assert.equal(await titleOf(farm), 'As it was', what);
  };

  await eachOn(t, farm, {
    async '5 restore: any error in a restore leaves the site disabled: here it is open, and what it was'() {
      await title(farm, 'As it was');
      for (const [what, words, broken] of [
        ['a dump that breaks off in a statement', /syntax|unexpected|ended/i, '\ninsert into wp_options values (1, \n'],
        ['a dump that leaves no site', /As it was|answers|wp_options|doesn.t exist/, '\ndrop table wp_options;\n'],
      ] as const) {
        restorable(farm, broken);
        const { ending } = await ask(farm, siteRestore, '7', { backup: '1' });
        assert.equal(ending.status, 'failed', `${what}: ${JSON.stringify(ending)}`);
        assert.match(JSON.stringify(ending), words, what);
        // What was there was backed up or not, as far as it came; but it is there.
        for (const name of readdirSync(farm.backups))
          if (name !== `${backupName('1')}.tar`) execFileSync('rm', [join(farm.backups, name)]);
        await asBefore(what);
      }
    },
  });

  const reason = smallDisk(farm.backups, 0).reason;
  await t.test(
    '5 disk full: a delete whose backup does not fit deletes the site without one: here the site stays',
    { skip: reason ?? false },
    async () => {
      const disk = smallDisk(farm.backups, 100);
      try {
        // There is room when it is asked, and none any more when the backup is written.
        const ending = await whenStep(farm, siteDelete, { force: true }, 'make backup', () => fill(farm.backups));
        assert.equal(ending.status, 'failed', JSON.stringify(ending));
        assert.match(JSON.stringify(ending), /disk-full.*Free some space/s);
      } finally {
        disk.remove();
      }
      await asBefore('a delete');
      await done(farm, siteDelete, '7', { force: true });
      assert.equal((await farm.page('/')).status, 404);
    },
  );
});

/** Backup 1 is one that is whole, was made by us, and cannot be brought back. */
function restorable(farm: BackedUp, broken: string): void {
  const { manifest, database } = goodOf(farm);
  const path = join(farm.backups, `${backupName('1')}.tar`);
  const known = farm.truth.backups['1'];
  assert.ok(known);
  writeFileSync(path, archiveOf(manifest, { database: Buffer.concat([database, Buffer.from(broken)]) }));
  farm.truth.backups['1'] = { ...known, manifest: goodOf(farm).manifest };
}

/** The task, and what happens as its step begins. */
async function whenStep(
  farm: BackedUp,
  type: TaskType,
  args: object,
  step: string,
  happens: () => void,
): Promise<Ending> {
  allocate(farm.truth, type, args);
  const worker = hand(farm.place, farm.truth, {
    before: (event) => {
      if (event.type === 'step.started' && event.step === step) happens();
    },
  });
  const task = await type.open(worker.load, '7', args);
  const control = { claim: worker.claim.signal, stop: () => undefined, undoing: () => {} };
  const ending = await run(task, worker.log, [], control);
  settle(farm.truth, ending.status === 'done' ? task.done(ending.result) : task.failed());
  return ending;
}

/** To the last byte. */
function fill(directory: string): void {
  try {
    writeFileSync(join(directory, '.filler'), Buffer.alloc(200 * 1024 * 1024));
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  }
}
