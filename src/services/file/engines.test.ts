import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type FileWorld, fileContract } from '../../../tests/kit/file-contract.ts';
import { startS3rver } from '../../../tests/kit/s3rver.ts';
import { startSftp } from '../../../tests/kit/sftp.ts';
import { LocalMachine } from '../../machine/local.ts';
import type { TaskEvent } from '../../model/event.ts';
import { serverPaths } from '../../model/server.ts';
import type { Engine } from '../engine.ts';
import type { Files } from './files.ts';
import { git } from './git.ts';
import { local } from './local.ts';
import { mount } from './mount.ts';
import { rsync } from './rsync.ts';
import { s3 } from './s3.ts';
import { scp } from './scp.ts';
import { sftp } from './sftp.ts';
import { svn } from './svn.ts';

interface Place {
  readonly directory: string;
  readonly machine: LocalMachine;
  open(engine: Engine, options: object): Files;
  shown(): string;
}

async function place(t: TestContext): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'aegir-files-'));
  t.after(() => {
    // Of the mount engine.
    if (existsSync(join(directory, 'share'))) execFileSync('umount', [join(directory, 'share')]);
    return rm(directory, { recursive: true, force: true });
  });
  const events: TaskEvent[] = [];
  const log = { append: async (event: TaskEvent) => void events.push(event) };
  const machine = new LocalMachine({ name: 'web1', claim: new AbortController().signal, log });
  const host = { machine, paths: serverPaths(directory, 'web1') };
  return {
    ...{ directory, machine },
    open: (engine, options) => engine.open(host, options) as Files,
    shown: () => JSON.stringify(events),
  };
}

type World = Omit<FileWorld, keyof Place | 'files'>;

/** What is stored is a file of the directory `at`. */
const inDirectory = (at: string) => ({
  async half(name: string, bytes: Buffer) {
    await writeFile(join(at, `${name}.4711.part`), bytes);
    await writeFile(join(at, name), bytes);
  },
  spoil: (name: string, bytes: Buffer) => writeFile(join(at, name), bytes),
});

const world = (engine: Engine, made: (t: TestContext, place: Place) => Promise<World & { readonly options: object }>) =>
  fileContract(engine.name, async (t) => {
    const at = await place(t);
    const { options, ...more } = await made(t, at);
    return { ...at, ...more, files: at.open(engine, options) };
  });

/** How this machine logs in to itself, at a private sshd. */
async function login(t: TestContext, directory: string) {
  const { port, key, knownHosts } = await startSftp(t, directory);
  const privateKey = await readFile(key, 'utf8');
  const hostKeys = [(await readFile(knownHosts, 'utf8')).trim().split(' ').slice(1).join(' ')];
  return { options: { host: '127.0.0.1', port, user: 'root', privateKey, hostKeys }, secrets: [secretOf(privateKey)] };
}

/** A line of a private key which no other has. */
const secretOf = (privateKey: string): string => privateKey.split('\n').at(-3) ?? assert.fail('no key');

world(local, async (_, { directory }) => ({
  ...{ options: { directory: join(directory, 'kept') }, secrets: [], program: null },
  ...inDirectory(join(directory, 'kept')),
}));

world(mount, async (_, { directory }) => ({
  ...{ options: { directory: join(await share(directory), 'kept') }, secrets: [], program: null },
  ...inDirectory(join(directory, 'share/kept')),
}));

/** As an NFS share is: another file system. */
async function share(directory: string): Promise<string> {
  const at = join(directory, 'share');
  await mkdir(at);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256m,mode=0755', 'tmpfs', at]);
  return at;
}

for (const engine of [rsync, scp, sftp])
  world(engine, async (t, { directory }) => {
    const { options, secrets } = await login(t, directory);
    const at = join(directory, 'far/kept');
    return { options: { ...options, directory: at }, secrets, program: engine.name, ...inDirectory(at) };
  });

for (const engine of [git, svn]) {
  world(engine, async (_, { directory }) => ({
    ...{ options: { directory: join(directory, 'repository') }, secrets: [], program: null },
  }));
  fileContract(
    `${engine.name} over ssh`,
    async (t) => {
      const at = await place(t);
      const { options, secrets } = await login(t, at.directory);
      const files = at.open(engine, { ...options, directory: join(at.directory, 'repository') });
      return { ...at, files, secrets, program: engine.name === 'svn' ? 'svnmucc' : 'git' };
    },
    'brief',
  );
}

world(s3, async (t, { directory }) => {
  const { endpoint, accessKeyId, secretAccessKey } = await startS3rver(t, directory);
  const options = { endpoint, bucket: 'aegir', prefix: 'kept/', accessKeyId, secretAccessKey };
  return { options, secrets: [secretAccessKey], program: 'rclone' };
});
