import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { backupDelete } from '../src/tasks/backup-delete.ts';
import { backupExport } from '../src/tasks/backup-export.ts';
import { backupImport } from '../src/tasks/backup-import.ts';
import { backupTest } from '../src/tasks/backup-test.ts';
import { backupVerify } from '../src/tasks/backup-verify.ts';
import { siteDelete } from '../src/tasks/site-delete.ts';
import { siteImport } from '../src/tasks/site-import.ts';
import { siteRestore } from '../src/tasks/site-restore.ts';
import { asWeb, backedUp, done, eachOn, title, titleOf } from './kit/backed-up.ts';
import { backupName, cloneName } from './kit/truth.ts';

test('backups of a real site', async (t) =>
  eachOn(t, await backedUp(t), {
    async 'a real site is backed up and restored in place, with what it was changed to backed up first'(farm) {
      const { directory, backups, truth } = farm;
      assert.deepEqual(await readdir(backups), [`${backupName('1')}.tar`]);
      await title(farm, 'Changed');
      asWeb(`rm ${directory}/files/2026/one.png; printf new >${directory}/files/new.png`);
      await writeFile(join(directory, 'notes.txt'), 'changed');
      assert.equal(await titleOf(farm), 'Changed');
      await done(farm, backupVerify, '1');
      await done(farm, siteRestore, '7', { backup: '1' });
      assert.equal(await titleOf(farm), 'As it was');
      assert.equal(await readFile(join(directory, 'files/2026/one.png'), 'utf8'), 'picture');
      assert.equal(await readFile(join(directory, 'files/2026/link'), 'utf8'), 'picture');
      assert.equal(existsSync(join(directory, 'files/new.png')), false);
      assert.equal(await readFile(join(directory, 'notes.txt'), 'utf8'), 'of the operator');
      assert.equal(
        (await stat(join(directory, 'files/2026/one.png'))).uid,
        (await stat(join(directory, 'files/2026'))).uid,
      );
      // The state that was replaced is a backup of its own, and can be had again.
      assert.equal(truth.backups['2']?.status, 'enabled');
      // The site was closed by then, and had been asked before.
      assert.ok(truth.backups['2']?.manifest?.packages?.some(({ type }) => type === 'core'));
      assert.equal(truth.backups['2']?.manifest?.site.front?.title, 'Changed');
      await done(farm, siteRestore, '7', { backup: '2' });
      assert.equal(await titleOf(farm), 'Changed');
      assert.equal(await readFile(join(directory, 'files/new.png'), 'utf8'), 'new');
      assert.deepEqual(
        (await readdir(join(farm.data.platformRoot, 'sites'))).filter((name) => name.startsWith('.')),
        [],
      );
    },

    async 'a backup comes back after its site was deleted: under its name, and under another'(farm) {
      await done(farm, siteDelete, '7', { force: true });
      assert.equal(farm.truth.backups['2']?.reason, 'before delete');
      assert.equal((await farm.page('/')).status, 404);
      await done(farm, siteImport, '8', { backup: '2' });
      assert.equal(await titleOf(farm, cloneName), 'As it was');
      const copy = join(farm.data.platformRoot, 'sites', cloneName);
      assert.equal(await readFile(join(copy, 'files/2026/one.png'), 'utf8'), 'picture');
    },

    async 'a backup is tested: a site is made of it that nobody sees, and nothing stays'(farm) {
      const before = await farm.world();
      await done(farm, backupTest, '1');
      assert.equal(await farm.world(), before);
      const found = farm.truth.found.flatMap(({ backup }) => backup?.tested ?? []);
      assert.deepEqual(
        found.map(({ ok, why }) => ({ ok, why })),
        [{ ok: true, why: null }],
      );
    },

    async 'a backup is exported and imported, and is the same'(farm) {
      await done(farm, backupExport, '1');
      const transfers = join(farm.data.root, 'transfers');
      await rename(join(transfers, `${backupName('1')}.tar`), join(transfers, 'upload-x'));
      farm.truth.backups['2'] = { status: 'queued', reason: 'import', siteId: '7', upload: 'upload-x', manifest: null };
      await done(farm, backupImport, '2');
      assert.deepEqual(await readdir(transfers), []);
      await title(farm, 'Changed');
      await done(farm, siteRestore, '7', { backup: '2' });
      assert.equal(await titleOf(farm), 'As it was');
      await done(farm, backupDelete, '1');
      assert.equal(existsSync(join(farm.backups, `${backupName('1')}.tar`)), false);
    },
  }));
