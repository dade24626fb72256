import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  type BackupWorld,
  backupContract,
  exampleManifest,
  freshKey,
  partOf,
} from '../../../tests/kit/backup-contract.ts';
import { startS3 } from '../../../tests/kit/s3.ts';
import { startSftp } from '../../../tests/kit/sftp.ts';
import { watched } from '../../../tests/kit/watched.ts';
import { command, query } from '../../machine/command.ts';
import type { Hands } from '../../machine/hands.ts';
import { LocalMachine } from '../../machine/local.ts';
import type { Log, TaskEvent } from '../../model/event.ts';
import { serverPaths } from '../../model/server.ts';
import type { Engine } from '../engine.ts';
import { archive } from './archive.ts';
import type { Backups } from './backups.ts';
import { restic } from './restic.ts';

async function place(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'aegir-backups-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const events: TaskEvent[] = [];
  const log: Log = { append: async (event) => void events.push(event) };
  const hands: Hands = { name: 'web1', claim: new AbortController().signal, log };
  const machine = new LocalMachine(hands);
  return { directory, machine, paths: serverPaths(directory, 'web1'), shown: () => JSON.stringify(events) };
}

async function world(t: TestContext, engine: Engine, options: (directory: string) => object): Promise<BackupWorld> {
  const { directory, machine, paths } = await place(t);
  const backups = engine.open({ machine, paths }, options(directory)) as Backups;
  await backups.verify();
  return { machine, backups, directory, left: async () => null };
}

backupContract('archive', async (t) => {
  const opened = await world(t, archive, () => ({}));
  const at = join(opened.directory, 'backups');
  return {
    ...opened,
    left: () => readdir(at),
    async spoil(key) {
      const path = join(at, `${key}.tar`);
      const bytes = await readFile(path);
      bytes[4000] = (bytes[4000] ?? 0) ^ 1;
      await writeFile(path, bytes);
    },
  };
});

const password = 'correct horse battery staple';
const inDirectory = (directory: string) => ({ repository: `${directory}/repository`, password });

backupContract('restic', async (t) => {
  const opened = await world(t, restic, inDirectory);
  const at = join(opened.directory, 'repository');
  return {
    ...opened,
    left: async () => readdir(join(at, 'snapshots')),
    async spoil() {
      const [pack] = (await readdir(join(at, 'data'), { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((path) => ({ path, size: execFileSync('stat', ['-c', '%s', path], { encoding: 'utf8' }) }))
        .toSorted((one, other) => Number(other.size) - Number(one.size));
      assert.ok(pack);
      const bytes = await readFile(pack.path);
      bytes[1000] = (bytes[1000] ?? 0) ^ 1;
      execFileSync('chmod', ['u+w', pack.path]);
      await writeFile(pack.path, bytes);
    },
  };
});

test('archive: it is an ordinary tar that tar, zstd and a person can read, for nobody else to read', async (t) => {
  const { backups, directory } = await world(t, archive, () => ({}));
  const key = freshKey();
  await backups.put(key, [partOf('database', [{ ...query`cat`, stdin: 'select 1;\n' }])], (parts) =>
    exampleManifest(key, parts),
  );
  const path = backups.place(key);
  assert.equal(backups.file(key), path);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal((await stat(join(directory, 'backups'))).mode & 0o777, 0o700);
  const run = (...argv: string[]) => execFileSync(argv[0] ?? '', argv.slice(1), { cwd: directory, encoding: 'utf8' });
  assert.equal(run('tar', '--list', '--file', path), 'database.zst\nmanifest.json\n');
  run('tar', '--extract', '--file', path);
  assert.equal(run('zstd', '-d', '-c', 'database.zst'), 'select 1;\n');
  const { parts } = JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8'));
  assert.equal(run('b2sum', 'database.zst').slice(0, 128), parts[0].stored.blake2b);
});

test('archive: one that is cut off is not taken for whole', async (t) => {
  const { backups, directory } = await world(t, archive, () => ({}));
  const key = freshKey();
  await backups.put(key, [partOf('database', [{ ...query`cat`, stdin: 'x'.repeat(1000) }])], (parts) =>
    exampleManifest(key, parts),
  );
  const bytes = await readFile(backups.place(key));
  for (const length of [0, 100, 1600, bytes.length - 3000]) {
    await writeFile(backups.place(key), bytes.subarray(0, length));
    await assert.rejects(backups.check(key), `cut off at ${length}`);
  }
  assert.ok(directory);
});

test('archive: what a killed worker left is taken away by verify once it is old', async (t) => {
  const { backups, directory } = await world(t, archive, () => ({}));
  for (const [name, age] of [
    ['old', '3 days ago'],
    ['new', 'now'],
  ] as const) {
    const path = join(directory, 'backups', `${name}.tar.part`);
    await writeFile(path, 'half');
    execFileSync('touch', ['-d', age, path]);
  }
  assert.equal((await backups.verify()).length, 1);
  assert.deepEqual(await readdir(join(directory, 'backups')), ['new.tar.part']);
});

test('restic: what has not changed is not stored again', async (t) => {
  const { backups, directory, machine } = await world(t, restic, inDirectory);
  const tree = join(directory, 'files');
  execFileSync('sh', [
    '-c',
    `mkdir ${tree}; cd ${tree}; for i in $(seq 200); do head -c 250000 /dev/urandom >$i; done`,
  ]);
  const size = () =>
    Number(execFileSync('du', ['-sb', join(directory, 'repository')], { encoding: 'utf8' }).split('\t')[0]);
  const put = async (): Promise<number> => {
    const before = size();
    const key = freshKey();
    const source = command`tar --create --file=- --format=gnu --sort=name --directory=${directory} files`;
    await backups.put(key, [partOf('database', [{ ...query`cat`, stdin: 'x' }]), partOf('files', [source])], (parts) =>
      exampleManifest(key, parts),
    );
    return size() - before;
  };
  const first = await put();
  assert.ok(first > 50_000_000, String(first));
  const second = await put();
  t.diagnostic(`first ${first} bytes, second ${second} bytes: ${((100 * second) / first).toFixed(2)} %`);
  assert.ok(second < first * 0.05, `${second} of ${first}`);
  execFileSync('sh', ['-c', `head -c 250000 /dev/urandom >${tree}/100`]);
  const third = await put();
  t.diagnostic(`with one file of 200 changed: ${third} bytes`);
  // Where it cuts depends on the repository; a piece has 8 MiB at most, and what was changed lies in three at most.
  assert.ok(third < 3 * 8 * 1024 * 1024 + 100_000, `${third} of ${first}`);
  assert.ok(machine);
});

test('restic: a wrong password, a repository that is gone, and one that is no repository are told apart', async (t) => {
  const { paths, machine, directory } = await place(t);
  const open = (options: object) => restic.open({ machine, paths }, options) as Backups;
  const backups = open(inDirectory(directory));
  const key = freshKey();
  await assert.rejects(backups.manifest(key), { code: 'not-found', hint: /Verify the server/ });
  assert.match((await backups.verify()).join(), /made the repository/);
  assert.deepEqual(await open(inDirectory(directory)).verify(), []);
  await assert.rejects(open({ ...inDirectory(directory), password: 'another password' }).manifest(key), {
    code: 'forbidden',
    hint: /password/,
  });
});

test('restic: options that could be taken for something else are refused', () => {
  const good = { repository: '/srv/repository', password };
  const accepts = (more: object) => restic.options.safeParse({ ...good, ...more }).success;
  for (const repository of [
    '/srv/r',
    'sftp:me@backup.example.com:/srv/r',
    's3:https://s3.example.com/bucket/r',
    's3:http://127.0.0.1:9000/b',
  ])
    assert.ok(accepts({ repository }), repository);
  for (const repository of [
    '',
    'r',
    '--help',
    '/srv/../etc',
    'sftp:-oProxyCommand=x:/r',
    's3:https://u:p@host/b',
    'rest:http://x/',
    '/a b',
    '/a\nb',
  ])
    assert.ok(!accepts({ repository }), repository);
  assert.ok(!accepts({ password: 'short' }));
  assert.ok(!accepts({ password: 'twelve chars\nand a line' }));
  assert.ok(!accepts({ accessKeyId: 'AK' }));
  assert.ok(!accepts({ accessKeyId: 'A K', secretAccessKey: 'x' }));
  assert.ok(accepts({ accessKeyId: 'AK', secretAccessKey: 'x/+=' }));
});

test('restic: an S3 store is reached with its keys, which no argument and no environment shows', async (t) => {
  const { directory, paths, machine, shown } = await place(t);
  const [accessKeyId, secretAccessKey] = ['AKIDEXAMPLE', 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'];
  const store = await startS3(t, accessKeyId, secretAccessKey);
  const options = { repository: `s3:${store.url}/bucket/aegir`, password, accessKeyId, secretAccessKey };
  const backups = restic.open({ machine, paths }, options) as Backups;
  assert.match((await backups.verify()).join(), /made the repository/);
  const key = freshKey();
  const putting = backups.put(key, [partOf('database', [command`sh -c ${'sleep 2; echo content'}`])], (parts) =>
    exampleManifest(key, parts),
  );
  // While restic is at work, all that runs is looked at.
  const seen = await watched('restic', putting);
  assert.match(seen, /AWS_SHARED_CREDENTIALS_FILE=/);
  for (const secret of [accessKeyId, secretAccessKey, password]) assert.ok(!seen.includes(secret), secret);
  assert.equal((await machine.pipe({ commands: backups.read(key, 'database') })).stdout, 'content\n');
  await backups.check(key);
  await backups.remove(key);
  assert.deepEqual(store.refused, []);
  assert.ok(store.objects.size > 0);
  for (const secret of [accessKeyId, secretAccessKey, password]) assert.ok(!shown().includes(secret), secret);
  for (const name of ['restic-password', 'restic-s3'])
    assert.equal((await stat(join(directory, 'config/server_web1', name))).mode & 0o777, 0o600);
  const wrong = { ...options, secretAccessKey: 'another' };
  await assert.rejects(
    (restic.open({ machine, paths: serverPaths(`${directory}/other`, 'web1') }, wrong) as Backups).manifest(key),
  );
});

test('restic: a repository on another machine is reached by sftp, with a key and without asking', async (t) => {
  const { directory, paths, machine } = await place(t);
  const { port, key: sshKey, knownHosts } = await startSftp(t, directory);
  const repository = `sftp://root@127.0.0.1:${port}/${directory}/far`;
  const open = (more: object) => restic.open({ machine, paths }, { repository, password, sshKey, ...more }) as Backups;
  const backups = open({ sshKnownHosts: knownHosts });
  assert.match((await backups.verify()).join(), /made the repository/);
  const key = freshKey();
  await backups.put(key, [partOf('database', [{ ...query`cat`, stdin: 'far away' }])], (parts) =>
    exampleManifest(key, parts),
  );
  assert.equal((await machine.pipe({ commands: backups.read(key, 'database') })).stdout, 'far away');
  await backups.check(key);
  assert.ok((await readdir(join(directory, 'far'))).includes('config'));
  // A server that shows another key is not talked to.
  await writeFile(knownHosts, (await readFile(knownHosts, 'utf8')).replace(/AAAA.{20}/, 'AAAAC3NzaC1lZDI1NTE5AAA'));
  await assert.rejects(open({ sshKnownHosts: knownHosts }).manifest(key));
});
