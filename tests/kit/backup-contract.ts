import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { command, query } from '../../src/machine/command.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { type Manifest, type ManifestPart, readManifest } from '../../src/model/backup.ts';
import type { BackupPart, Backups } from '../../src/services/backup/backups.ts';

/** A store for backups, real or in memory. */
export interface BackupWorld {
  readonly machine: Machine;
  readonly backups: Backups;
  /** A directory for what a test needs besides. */
  readonly directory: string;
  /** Everything that is in the store, by name; null where that says nothing. */
  left(): Promise<readonly string[] | null>;
  /** Spoils a byte of the part as it lies there; missing where this cannot be done. */
  spoil?(key: string): Promise<void>;
}

export const exampleManifest = (key: string, parts: readonly ManifestPart[]): Manifest => ({
  ...{ format: 1, key },
  site: {
    ...{
      name: 'example.com',
      aliases: [{ name: 'www.example.com', redirect: true }],
      title: 'Beispiel ü',
      profile: 'standard',
    },
    ...{ language: 'de', email: 'a@example.com', address: 'http://example.com:8080' },
    ...{ root: '/var/aegir/platforms/d10', directory: 'example.com' },
    front: { status: 200, title: 'Beispiel ü' },
  },
  application: { name: 'drupal', version: '10.1.2' },
  packages: [
    {
      ...{ type: 'module', name: 'views', version: '10.1.2', isOwn: false },
      ...{ enabled: true, isDefault: false, schemaVersion: 8100 },
    },
  ],
  engines: { http: 'nginx', db: 'mysql', dbVersion: '10.11.6', backup: 'archive' },
  made: {
    ...{ at: '2026-08-01T12:00:00.000Z', ms: 1200, server: 'master', by: 'ada', why: 'request' },
    note: 'before the relaunch',
  },
  parts: [...parts],
});

const text = (content: string): BackupPart['source'] => [{ ...query`cat`, stdin: content }];
export const partOf = (name: BackupPart['name'], source: BackupPart['source']): BackupPart => ({
  ...{ name, source, restoredBytes: 1000 },
});

let keys = 0;
export const freshKey = (): string => `example.com-20260801t120000z-${++keys}`;

/** What every engine for backups promises. */
export function backupContract(name: string, open: (t: import('node:test').TestContext) => Promise<BackupWorld>): void {
  const put = ({ backups }: BackupWorld, key: string, parts: readonly BackupPart[]) =>
    backups.put(key, parts, (facts) => exampleManifest(key, facts));
  const read = async ({ machine, backups }: BackupWorld, key: string, part: BackupPart['name']): Promise<string> =>
    (await machine.pipe({ commands: backups.read(key, part) })).stdout;

  test(`${name}: what was put is read as it was, whatever its length`, async (t) => {
    const world = await open(t);
    assert.deepEqual(await world.backups.verify(), [], 'verified once before');
    const key = freshKey();
    const contents = {
      database: 'insert into x values (1);\n',
      files: 'x',
      private: 'x'.repeat(512 * 20),
      settings: 'ü\n',
    };
    const parts = Object.entries(contents).map(([part, content]) => partOf(part as BackupPart['name'], text(content)));
    const stored = await put(world, key, parts);
    assert.deepEqual(
      stored.manifest.parts.map((part) => part.name),
      ['database', 'files', 'private', 'settings'],
    );
    assert.ok(stored.bytes > 0);
    for (const [part, content] of Object.entries(contents))
      assert.equal(await read(world, key, part as BackupPart['name']), content);
    const manifest = readManifest((await world.backups.manifest(key)) ?? '', key);
    assert.deepEqual(manifest, stored.manifest);
    await world.backups.check(key);
  });

  test(`${name}: a key that there is not has no manifest, can be removed, and is not whole`, async (t) => {
    const { backups } = await open(t);
    assert.equal(await backups.manifest('nothing'), null);
    await backups.remove('nothing');
    await assert.rejects(backups.check('nothing'), { code: 'not-found' });
  });

  test(`${name}: put again under the same key takes the place of the first`, async (t) => {
    const world = await open(t);
    const key = freshKey();
    await put(world, key, [partOf('database', text('old')), partOf('files', text('old files'))]);
    await put(world, key, [partOf('database', text('new'))]);
    assert.equal(await read(world, key, 'database'), 'new');
    await world.backups.check(key);
    await world.backups.remove(key);
    await world.backups.remove(key);
    assert.equal(await world.backups.manifest(key), null);
  });

  test(`${name}: a part whose program fails makes no backup, and what was begun is removed`, async (t) => {
    const world = await open(t);
    const before = await world.left();
    const key = freshKey();
    const failing = partOf('files', [command`sh -c ${'echo half; exit 3'}`]);
    await assert.rejects(put(world, key, [partOf('database', text('x')), failing]), { code: 'command-failed' });
    assert.equal(await world.backups.manifest(key), null);
    await world.backups.remove(key);
    assert.deepEqual(await world.left(), before);
    // As after a worker that was killed: the same is asked for again.
    await put(world, key, [partOf('database', text('x'))]);
    await world.backups.check(key);
  });

  test(`${name}: a large part passes through, and is the same byte for byte`, async (t) => {
    const world = await open(t);
    const key = freshKey();
    const path = `${world.directory}/large`;
    const bytes = randomBytes(3_000_000);
    await world.machine.write(path, bytes.toString('base64'), { mode: '0600' });
    const stored = await put(world, key, [partOf('database', text('x')), partOf('files', [query`cat ${path}`])]);
    assert.ok(stored.bytes > bytes.length * 0.9 && stored.bytes < bytes.length * 1.6, String(stored.bytes));
    assert.equal(sum(await read(world, key, 'files')), sum(bytes.toString('base64')));
  });

  test(`${name}: two at a time do not disturb each other`, async (t) => {
    const world = await open(t);
    const two = [freshKey(), freshKey()];
    await Promise.all(two.map((key) => put(world, key, [partOf('database', text(`of ${key}`))])));
    for (const key of two) {
      assert.equal(await read(world, key, 'database'), `of ${key}`);
      await world.backups.check(key);
    }
  });

  test(`${name}: one that is not as it was written is found out`, async (t) => {
    const world = await open(t);
    if (!world.spoil) return t.skip('nothing can be spoilt here');
    const key = freshKey();
    await put(world, key, [partOf('database', text(randomBytes(100_000).toString('base64')))]);
    await world.backups.check(key);
    await world.spoil(key);
    await assert.rejects(world.backups.check(key), (error: { code?: string }) =>
      ['conflict', 'command-failed'].includes(error.code ?? ''),
    );
  });

  test(`${name}: room is looked for before anything is written`, async (t) => {
    const { backups } = await open(t);
    await backups.demandRoom(1);
    await assert.rejects(backups.demandRoom(1e18), { code: 'disk-full', message: /are needed/ });
  });
}

const sum = (content: string): string => createHash('sha256').update(content).digest('hex');
