import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Manifest } from '../src/model/backup.ts';
import { backupImport } from '../src/tasks/backup-import.ts';
import { siteBackup } from '../src/tasks/site-backup.ts';
import { siteImport } from '../src/tasks/site-import.ts';
import { siteRestore } from '../src/tasks/site-restore.ts';
import { ask, type BackedUp, backedUp, done, eachOn, titleOf } from './kit/backed-up.ts';
import { file, files, goodOf, hostileArchives, upload } from './kit/hostile-archives.ts';
import { archiveOf, tarOf, unpacked } from './kit/made-archive.ts';
import { backupName, cloneName, siteName } from './kit/truth.ts';

async function refuses(t: TestContext, farm: BackedUp): Promise<void> {
  const good = goodOf(farm);
  const before = await farm.world();
  for (const [what, make] of Object.entries(hostileArchives))
    await t.test(`an upload is refused, and leaves nothing: ${what}`, async () => {
      const [bytes, message] = make(good);
      upload(farm, bytes);
      const { ending } = await ask(farm, backupImport, '2', { unpackedMaxMb: 100 });
      assert.equal(ending.status, 'failed', JSON.stringify(ending));
      const { problem } = ending as Extract<typeof ending, { problem: unknown }>;
      assert.ok(['invalid', 'too-large'].includes(problem.code), JSON.stringify(problem));
      assert.match([problem.message, ...problem.causes].join(' '), message);
      assert.ok(problem.hint, 'it says what to do');
      assert.equal(farm.truth.backups['2']?.status, 'failed');
      assert.deepEqual(await readdir(farm.backups), [`${backupName('1')}.tar`]);
      assert.deepEqual(await readdir(join(farm.data.root, 'transfers')), ['upload-x']);
      assert.equal(existsSync('/tmp/aegir-evil'), false);
    });
  execFileSync('rm', ['-r', join(farm.data.root, 'transfers')]);
  delete farm.truth.backups['2'];
  assert.equal(await farm.world(), before);
}

test('uploads that are made to do harm', async (t) => {
  const farm = await backedUp(t);
  await refuses(t, farm);
  await eachOn(t, farm, {
    async 'no part of a backup holds a secret of the site or of its server'() {
      await writeFile(
        join(farm.directory, 'wp-config.php.before-import'),
        "<?php define('DB_PASSWORD', 'of-the-old-host');",
      );
      const secrets = ['s3cret-of-the-database', 's4lt-of-the-site', 'of-the-old-host'];
      const config = await readFile(join(farm.directory, 'wp-config.php'), 'utf8');
      for (const [, salt = ''] of config.matchAll(/define\('[A-Z_]+_(?:KEY|SALT)', '([^']+)'\)/g)) secrets.push(salt);
      assert.ok(secrets.length >= 10, String(secrets.length));
      await done(farm, siteBackup, '7');
      const parts = unpacked(join(farm.backups, `${backupName('2')}.tar`));
      assert.deepEqual([...parts.keys()].length, 6);
      for (const [name, bytes] of parts)
        for (const secret of secrets) assert.ok(!bytes.includes(secret), `${name} holds ${secret}`);
      assert.ok(parts.get('code.zst')?.includes('of the operator'));
    },

    async 'settings in an upload are not taken over, and programs among its files are kept but said'() {
      const { manifest, database } = goodOf(farm);
      const evil = "<?php file_put_contents('/tmp/aegir-evil', 'x'); die('evil');";
      const code = tarOf([
        { name: './', type: '5', mode: 0o755 },
        ...['wp-config.php', 'local.wp-config.php', 'settings.php', 'services.yml', '.user.ini'].map((name) =>
          file(`./${name}`, evil),
        ),
        file('./notes.txt', 'from elsewhere'),
      ]);
      upload(farm, archiveOf(manifest, { database, files: files(file('files/shell.php', evil)), code }));
      const { events } = await done(farm, backupImport, '2');
      assert.ok(events.some((event) => event.type === 'note' && /1 files in files\/ are programs/.test(event.text)));
      await done(farm, siteImport, '8', { backup: '2' });
      const directory = join(farm.data.platformRoot, 'sites', cloneName);
      assert.equal(await titleOf(farm, cloneName), 'As it was');
      assert.equal(await readFile(join(directory, 'notes.txt'), 'utf8'), 'from elsewhere');
      assert.equal(await readFile(join(directory, 'files/shell.php'), 'utf8'), evil);
      const found = execFileSync('grep', ['-rlF', 'aegir-evil', directory], { encoding: 'utf8' });
      assert.equal(found.trim(), join(directory, 'files/shell.php'));
      const page = await farm.page(`/sites/${cloneName}/files/shell.php`, cloneName);
      assert.notEqual(page.status, 200);
      assert.equal(existsSync('/tmp/aegir-evil'), false);
    },

    async 'a dump that reaches out of its database is stopped, and nothing is left of the site'() {
      const { manifest, database } = goodOf(farm);
      await farm.server.sql(
        'create database of_others; create table of_others.t (a int); insert into of_others.t values (1)',
      );
      const before = await farm.world();
      const attacks = [
        '\\! touch /tmp/aegir-evil\n',
        'drop database of_others;\n',
        'insert into of_others.t values (2);\n',
        "create user evil@localhost identified by 'x';\n",
        "select 'x' into outfile '/tmp/aegir-evil';\n",
        "load data local infile '/etc/passwd' into table wp_options;\n",
        'use of_others;\ncreate table evil (a int);\n',
      ];
      for (const attack of attacks) {
        upload(farm, archiveOf(manifest, { database: Buffer.concat([database, Buffer.from(`\n${attack}`)]) }));
        await done(farm, backupImport, '2');
        const { ending } = await ask(farm, siteImport, '8', { backup: '2' });
        assert.equal(ending.status, 'failed', `${attack}: ${JSON.stringify(ending)}`);
        execFileSync('rm', ['-rf', join(farm.data.root, 'transfers'), join(farm.backups, `${backupName('2')}.tar`)]);
        assert.equal(await farm.world(), before, attack);
        assert.equal(existsSync('/tmp/aegir-evil'), false, attack);
      }
      assert.deepEqual(await farm.server.sql('select * from of_others.t'), [['1']]);
      await farm.server.sql('drop database of_others');
    },

    async 'a manifest that lies about its application or its engine is not restored'() {
      const { manifest, database } = goodOf(farm);
      const lies: readonly (readonly [(same: Manifest) => object, RegExp])[] = [
        [(same) => ({ ...same, application: { name: 'drupal', version: '10.1.2' } }), /is of a site of drupal/],
        [(same) => ({ ...same, engines: { ...same.engines, db: 'postgresql' } }), /is one of postgresql/],
        [(same) => ({ ...same, application: { ...same.application, version: '99.1' } }), /99|older/],
      ];
      for (const [lie, message] of lies) {
        upload(farm, archiveOf(manifest, { database }, lie), '7');
        await done(farm, backupImport, '2');
        const before = await farm.world();
        const { ending } = await ask(farm, siteRestore, '7', { backup: '2' });
        assert.equal(ending.status, 'failed');
        assert.match(JSON.stringify(ending), message);
        assert.equal(await farm.world(), before);
      }
    },

    async 'an old Aegir’s backup becomes a site, without its credentials'() {
      const { database } = goodOf(farm);
      const old = gzipSync(
        tarOf([
          { name: './', type: '5', mode: 0o755 },
          { name: './database.sql', mode: 0o600, content: database },
          file('./drushrc.php', "<?php $options['db_passwd'] = 'old-password';"),
          file('./wp-config.php', "<?php define('DB_PASSWORD', 'old-password');"),
          { name: './wp-content/uploads/', type: '5', mode: 0o2770 },
          file('./wp-content/uploads/one.png', 'picture'),
        ]),
      );
      upload(farm, old);
      const refused = await ask(farm, backupImport, '2');
      assert.match(JSON.stringify(refused.ending), /does not say of which site/);
      await done(farm, backupImport, '2', { name: siteName });
      const parts = unpacked(join(farm.backups, `${backupName('2')}.tar`));
      for (const [name, bytes] of parts) assert.ok(!bytes.includes('old-password'), name);
      assert.deepEqual(await readdir(join(farm.data.root, 'transfers')), []);
      await done(farm, siteImport, '8', { backup: '2' });
      assert.equal(await titleOf(farm, cloneName), 'As it was');
      const picture = join(farm.data.platformRoot, 'sites', cloneName, 'files/one.png');
      assert.equal(await readFile(picture, 'utf8'), 'picture');
    },
  });
});
