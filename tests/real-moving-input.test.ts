import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ProblemJson } from '../src/model/problem.ts';
import { backupTest } from '../src/tasks/backup-test.ts';
import { siteBackup } from '../src/tasks/site-backup.ts';
import { siteClone } from '../src/tasks/site-clone.ts';
import { siteDelete } from '../src/tasks/site-delete.ts';
import { siteImport } from '../src/tasks/site-import.ts';
import { siteMigrate } from '../src/tasks/site-migrate.ts';
import { siteRename } from '../src/tasks/site-rename.ts';
import { siteRestore } from '../src/tasks/site-restore.ts';
import type { TaskType } from '../src/tasks/task-type.ts';
import { codeBases } from './kit/applications.ts';
import { ask, type BackedUp, backedUp, done, eachOn, titleOf } from './kit/backed-up.ts';
import { goodOf } from './kit/hostile-archives.ts';
import { archiveOf } from './kit/made-archive.ts';
import { sameWorld } from './kit/same-world.ts';
import { smallDisk } from './kit/small-disk.ts';
import { backupName } from './kit/truth.ts';

/**
 * Bad input for what moves or brings back a site (issue 3, promise 6), on MariaDB, nginx and WordPress: a problem that says what
 * to do, and the site answers as before. All verbs and all kinds of it: moving-input.test.ts.
 */
interface Wrong {
  readonly code: ProblemJson['code'];
  /** In message, causes or hint. */
  readonly words: RegExp;
  /** 'check': before its first step. */
  readonly when: 'check' | 'at work';
}

type Asked = readonly [type: TaskType, subject: string, args?: object];
const restore: Asked = [siteRestore, '7', { backup: '1' }];

async function refused(farm: BackedUp, [type, subject, args]: Asked, wrong: Wrong) {
  const { ending, events } = await ask(farm, type, subject, args);
  const what = `${type.name}: ${JSON.stringify(ending)}`;
  assert.equal(ending.status, 'failed', what);
  const { problem } = ending as Extract<typeof ending, { problem: unknown }>; // one that failed has it
  if (process.env['AEGIR_TEST_VERBOSE']) process.stdout.write(`# ${type.name}: ${problem.message}. ${problem.hint}\n`);
  assert.equal(problem.code, wrong.code, what);
  assert.match([problem.message, ...problem.causes, problem.hint].join(' '), wrong.words, what);
  assert.ok(problem.hint, `it says what to do: ${what}`);
  if (wrong.when === 'check') assert.ok(!events.some((event) => event.type === 'step.started'), what);
}

const archiveIn = (farm: BackedUp): string => join(farm.backups, `${backupName('1')}.tar`);

/** What became of the file of backup 1, and what is said of it. */
const spoilt: Readonly<Record<string, readonly [spoil: (farm: BackedUp) => void, Wrong]>> = {
  'is gone': [
    (farm) => rmSync(archiveIn(farm)),
    { code: 'not-found', words: /\.tar is gone.*choose another/s, when: 'check' },
  ],
  'is empty': [
    (farm) => writeFileSync(archiveIn(farm), ''),
    { code: 'conflict', words: /cannot be read as a backup.*choose another/s, when: 'check' },
  ],
  'is cut off': [
    (farm) => writeFileSync(archiveIn(farm), goodOf(farm).bytes.subarray(0, -20_000)),
    { code: 'conflict', words: /cannot be read as a backup.*choose another/s, when: 'check' },
  ],
  'has a byte altered': [
    (farm) => {
      const { bytes } = goodOf(farm);
      bytes[6000] = (bytes[6000] ?? 0) ^ 1;
      writeFileSync(archiveIn(farm), bytes);
    },
    { code: 'conflict', words: /the part 'database' of .* is not what was written/, when: 'at work' },
  ],
  'was packed anew, with another database in it': [
    (farm) => {
      const { manifest, database } = goodOf(farm);
      const evil = Buffer.concat([database, Buffer.from("\nupdate wp_options set option_value = 'evil';\n")]);
      writeFileSync(
        archiveIn(farm),
        archiveOf(manifest, { database: evil }, () => manifest),
      );
    },
    { code: 'conflict', words: /the part 'database' of .* is not what was written/, when: 'at work' },
  ],
  'is another backup, which is whole': [
    (farm) => {
      const { manifest, database } = goodOf(farm);
      writeFileSync(archiveIn(farm), archiveOf(manifest, { database }));
    },
    { code: 'conflict', words: /is not the backup that was made.*choose another/s, when: 'check' },
  ],
  'is one of a newer Aegir': [
    (farm) => {
      const { manifest, database } = goodOf(farm);
      writeFileSync(
        archiveIn(farm),
        archiveOf(manifest, { database }, (same) => ({ ...same, format: 2 })),
      );
    },
    { code: 'invalid', words: /knows formats up to 1.*update this one first/s, when: 'check' },
  ],
};

const verbs: readonly Asked[] = [
  [siteMigrate, '7', { platform: 'p2' }],
  [siteClone, '8', { source: '7' }],
  [siteRename, '7', { name: 'new.example.org' }],
  [siteBackup, '7'],
  restore,
  [siteImport, '8', { backup: '1' }],
  [backupTest, '1'],
  [siteDelete, '7', { force: true }],
];

test('bad input for what moves a real site', { timeout: 10 * 60_000 }, async (t) => {
  const farm = await backedUp(t, { other: codeBases.wordpress });
  const { world: before } = await farm.save(farm.truth);
  const asBefore = async (what: string): Promise<void> => {
    sameWorld(await farm.world(), before, what);
    assert.equal(farm.truth.site, 'enabled', what);
  };

  await eachOn(t, farm, {
    async 'the database server is down: everything says so, and nothing has changed when it is back'() {
      const { socket } = farm.server;
      await rename(socket, `${socket}.away`);
      try {
        for (const asked of verbs)
          await refused(farm, asked, {
            code: 'server-unreachable',
            words: /does not answer.*Start it/s,
            when: 'check',
          });
      } finally {
        await rename(`${socket}.away`, socket);
      }
      await asBefore('the database server was down');
      assert.equal(await titleOf(farm), 'As it was');
    },

    ...Object.fromEntries(
      Object.entries(spoilt).map(([what, [spoil, wrong]]) => [
        `a backup whose file ${what} is not restored, and makes no site`,
        async () => {
          const kept = `${archiveIn(farm)}.kept`;
          execFileSync('cp', ['-a', archiveIn(farm), kept]);
          spoil(farm);
          for (const asked of [restore, [siteImport, '8', { backup: '1' }]] as const) await refused(farm, asked, wrong);
          renameSync(kept, archiveIn(farm));
          await asBefore(what);
          assert.equal(await titleOf(farm), 'As it was');
        },
      ]),
    ),
  });
  const skip = smallDisk(farm.backups, 0).reason ?? false;
  await t.test('there is no room where the copy goes: nothing is begun', { skip }, async () => {
    const { platformRoot, otherRoot } = farm.data;
    const [migrate, clone, rename_, backup, , import_, test_, delete_] = verbs;
    for (const [path, asked] of [
      [join(otherRoot, 'sites'), [migrate]],
      [join(platformRoot, 'sites'), [clone, rename_, restore, import_, test_]],
      [farm.backups, [backup, restore, delete_]],
    ] as const) {
      const disk = smallDisk(path, 20);
      const wrong = { code: 'disk-full', words: /\d MB.*(?:Make room|Free some space)/s, when: 'check' } as const;
      try {
        for (const one of asked) await refused(farm, one ?? assert.fail(), wrong);
      } finally {
        disk.remove();
      }
    }
    await asBefore('there was no room');
  });
  await done(farm, ...restore);
});
