import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { backupContract, exampleManifest, freshKey, partOf } from '../../../tests/kit/backup-contract.ts';
import { query } from '../../machine/command.ts';
import { LocalMachine } from '../../machine/local.ts';
import { readManifest } from '../../model/backup.ts';
import { serverPaths } from '../../model/server.ts';
import type { Files } from '../file/files.ts';
import { local } from '../file/local.ts';
import { archive } from './archive.ts';
import type { Backups, SecondPlace, Stored } from './backups.ts';

interface TwoPlaces {
  readonly directory: string;
  readonly machine: LocalMachine;
  readonly backups: Backups;
  readonly second: SecondPlace;
  /** Names of files here, and over there. */
  here(): Promise<readonly string[]>;
  there(): Promise<readonly string[]>;
}

async function twoPlaces(t: TestContext, keepHere: boolean): Promise<TwoPlaces> {
  const directory = await mkdtemp(join(tmpdir(), 'aegir-places-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const log = { append: async () => undefined };
  const machine = new LocalMachine({ name: 'web1', claim: new AbortController().signal, log });
  const host = { machine, paths: serverPaths(directory, 'web1') };
  const files = local.open(host, { directory: join(directory, 'there') }) as Files;
  const backups = archive.open({ ...host, files }, { fileService: 'files1', keepHere }) as Backups;
  await backups.verify();
  const { second } = backups;
  assert.ok(second);
  const namesIn = async (at: string) => (await readdir(join(directory, at))).toSorted();
  return { directory, machine, backups, second, here: () => namesIn('backups'), there: () => namesIn('there') };
}

const put = ({ backups }: Pick<TwoPlaces, 'backups'>, key: string, content = 'select 1;\n'): Promise<Stored> =>
  backups.put(key, [partOf('database', [{ ...query`cat`, stdin: content }])], (parts) => exampleManifest(key, parts));

const read = async ({ machine, backups }: TwoPlaces, key: string): Promise<string> =>
  (await machine.pipe({ commands: backups.read(key, 'database') })).stdout;

backupContract('archive in two places', async (t) => {
  const { machine, backups, directory, here } = await twoPlaces(t, true);
  return {
    ...{ machine, backups, directory, left: here },
    async spoil(key) {
      const path = backups.place(key);
      const bytes = await readFile(path);
      bytes[4000] = (bytes[4000] ?? 0) ^ 1;
      await writeFile(path, bytes);
    },
  };
});

test('a backup in two places is read from the other when the copy here is gone, and goes from both', async (t) => {
  const places = await twoPlaces(t, true);
  const { backups, second } = places;
  const key = freshKey();
  const stored = await put(places, key);
  assert.deepEqual(stored.elsewhere, { server: 'files1', place: second.place(key), problem: null });
  assert.deepEqual(await places.here(), [`${key}.tar`]);
  assert.deepEqual(await places.there(), [`${key}.json`, `${key}.json.about`, `${key}.tar`, `${key}.tar.about`]);
  assert.deepEqual(await second.bring(key), [], 'it is here');
  await rm(backups.place(key));
  assert.deepEqual(readManifest((await backups.manifest(key)) ?? '', key), stored.manifest);
  assert.deepEqual(await places.here(), [], 'to look at its manifest it is not brought');
  assert.equal((await second.bring(key)).length, 1);
  assert.equal(await read(places, key), 'select 1;\n');
  assert.deepEqual(await second.letGo(key), [], 'the copy here stays');
  for (const _ of ['once', 'twice']) await backups.remove(key);
  assert.deepEqual([await places.here(), await places.there()], [[], []]);
  assert.equal(await backups.manifest(key), null);
  await assert.rejects(second.bring(key), { code: 'not-found' });
});

test('a backup that is kept elsewhere only leaves this server when the other copy is whole', async (t) => {
  const places = await twoPlaces(t, false);
  const { backups, second } = places;
  const key = freshKey();
  await put(places, key);
  assert.deepEqual(await places.here(), []);
  await backups.check(key);
  assert.deepEqual(await places.here(), [], 'nor does looking leave one');
  await second.bring(key);
  assert.equal(await read(places, key), 'select 1;\n');
  assert.equal((await second.letGo(key)).length, 1);
  assert.deepEqual(await places.here(), []);
});

test('a second copy that cannot be stored leaves the first, and says why', async (t) => {
  for (const keepHere of [true, false]) {
    const places = await twoPlaces(t, keepHere);
    const key = freshKey();
    // Where the directory should be there is a file.
    await rename(join(places.directory, 'there'), join(places.directory, 'moved'));
    await writeFile(join(places.directory, 'there'), '');
    const { elsewhere, bytes } = await put(places, key);
    assert.ok(elsewhere?.problem, 'it says so');
    assert.ok(bytes > 0);
    assert.deepEqual(await places.here(), [`${key}.tar`]);
    await places.backups.prove(key);
    assert.equal(await read(places, key), 'select 1;\n');
    assert.ok((await places.second.store(key)).problem, 'and says so again');
    await rm(join(places.directory, 'there'));
    await rename(join(places.directory, 'moved'), join(places.directory, 'there'));
    assert.equal(await places.second.has(key), false);
    assert.equal((await places.second.store(key)).problem, null);
    assert.equal(await places.second.has(key), true);
    assert.deepEqual(await places.here(), keepHere ? [`${key}.tar`] : []);
  }
});

test('a copy over there that was altered or cut off is found out', async (t) => {
  const places = await twoPlaces(t, true);
  const { backups, second } = places;
  const key = freshKey();
  await put(places, key, 'x'.repeat(10_000));
  await backups.check(key);
  const bytes = await readFile(second.place(key));
  bytes[600] = (bytes[600] ?? 0) ^ 1;
  await writeFile(second.place(key), bytes);
  await assert.rejects(backups.check(key), { code: 'conflict' });
  await rm(backups.place(key));
  await assert.rejects(second.bring(key), { code: 'conflict' });
  assert.deepEqual(await places.here(), [], 'nothing of it comes here');
  await writeFile(second.place(key), bytes.subarray(0, 2000));
  await assert.rejects(second.bring(key), { code: 'not-found' });
});
