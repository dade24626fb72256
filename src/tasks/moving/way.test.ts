import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startSftp } from '../../../tests/kit/sftp.ts';
import {
  changeOddly,
  demandHoles,
  demandOddly,
  fillOddly,
  type SiteDirectories,
  siteDirectories,
  writtenByWeb,
} from '../../../tests/kit/travelling-tree.ts';
import { LocalMachine } from '../../machine/local.ts';
import { HostKeys } from '../../model/host-keys.ts';
import { type Server, serverPaths } from '../../model/server.ts';
import type { Engine } from '../../services/engine.ts';
import type { Files } from '../../services/file/files.ts';
import { mount } from '../../services/file/mount.ts';
import type { Relay } from '../../services/file/relay.ts';
import { rsync } from '../../services/file/rsync.ts';
import { allEnded } from '../all-ended.ts';
import type { CommonFiles } from '../context.ts';
import { clearWays, wayOf } from './way.ts';

const names = ['web1', 'web2'] as const;
type Name = (typeof names)[number];

/** Two servers, which are this machine both. */
async function servers(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'aegir-way-'));
  await chmod(directory, 0o755);
  const mounted: string[] = [];
  t.after(() => {
    for (const at of mounted.toReversed()) execFileSync('umount', [at]);
    return rm(directory, { recursive: true, force: true });
  });
  const mountAt = (at: string, ...how: readonly string[]): void => {
    execFileSync('mount', [...how, at]);
    mounted.push(at);
  };
  const log = { append: async () => {} };
  const hostOf = (name: Name) => ({
    machine: new LocalMachine({ name, log, claim: new AbortController().signal }),
    paths: serverPaths(join(directory, name), name),
  });
  const hosts = { web1: hostOf('web1'), web2: hostOf('web2') };
  const open = (engine: Engine, options: object, at: Name, offeredBy?: Name): Files =>
    engine.open({ ...hosts[at], ...(offeredBy && { offeredBy }) }, options) as Files;
  return { directory, hosts, open, mountAt };
}
type Servers = Awaited<ReturnType<typeof servers>>;

const relayOf = ({ relay }: Files): Relay => relay ?? assert.fail('it carries no streams');
const common = (from: Files, to: Files): CommonFiles => ({
  ...{ server: 'web1', from: relayOf(from), to: relayOf(to) },
  demandRoom: (bytes) => from.demandRoom(bytes),
});

/** A file system of its own, that web2 sees at another path. */
async function share({ directory, open, mountAt }: Servers) {
  const [at, seen] = [join(directory, 'share'), join(directory, 'seen')];
  for (const path of [at, seen]) await mkdir(path);
  mountAt(at, '-t', 'tmpfs', '-o', 'size=256m,mode=0755', 'tmpfs');
  mountAt(seen, '--bind', at);
  const options = { directory: join(at, 'kept'), paths: { web2: join(seen, 'kept') } };
  await open(mount, options, 'web1').verify();
  const files = common(open(mount, options, 'web1'), open(mount, options, 'web2', 'web1'));
  return { files, at: options.directory, left: ['.aegir-share'] };
}

/** web2 has them, and web1 may log in there. */
const login = (engine: Engine) => async (made: Servers, t: TestContext) => {
  const { directory, open } = made;
  const { port, key, knownHosts } = await startSftp(t, directory);
  const options = {
    ...{ host: '127.0.0.1', port, user: 'root', directory: join(directory, 'far') },
    ...{ privateKey: await readFile(key, 'utf8') },
    hostKeys: [(await readFile(knownHosts, 'utf8')).trim().split(' ').slice(1).join(' ')],
  };
  await open(engine, options, 'web1').verify();
  const files = common(open(engine, options, 'web1', 'web2'), open(engine, options, 'web2'));
  return { files, at: options.directory, left: [] };
};

function contextOf({ hosts }: Servers, files: readonly CommonFiles[], isOne = false) {
  const notes: string[] = [];
  const of = (name: Name): Server => ({
    ...{ id: name, name, host: isOne ? 'localhost' : name, sshPort: 22, status: 'enabled', data: {} },
    hostKeys: new HostKeys([]),
  });
  const report = {
    note: async (text: string) => void notes.push(text),
    ...{ changed: async () => {}, keep: async () => {}, record: async () => {} },
  };
  const context = {
    ...{ server: of('web2'), machine: hosts.web2.machine, from: { server: of('web1'), machine: hosts.web1.machine } },
    ...{ common: files, report, seen: {}, linksFiles: false },
    dns: { owner: 'mark/7' },
  };
  return { context, notes };
}
type Context = ReturnType<typeof contextOf>['context'];

/** One pass, both halves at once, as a task does it. */
async function pass(context: Context, { from, to }: SiteDirectories): Promise<number> {
  const way = await wayOf(context);
  const [web, ours] = await allEnded([
    way.files('www-data', { from, to, only: writtenByWeb, except: [] }),
    way.files(null, { from, to, only: null, except: writtenByWeb }),
  ]);
  return web.files + ours.files;
}

const passingOf = async ({ directory }: Servers): Promise<readonly string[]> =>
  (await Promise.all(names.map((name) => readdir(join(directory, name, 'passing')).catch(() => [])))).flat();

const ways = {
  'within one machine': { told: /^null$/, open: async () => null, isOne: true },
  'through the worker': {
    told: /^files go from web1 to web2 through the worker: they have no share/,
    open: async () => null,
  },
  'by a share': { told: /^files go from web1 to web2 by a share that both have mounted: /, open: share },
  'by rsync': { told: /^files go from web1 to web2 directly, by ssh to root@127.0.0.1:/, open: login(rsync) },
} as const;

for (const [name, way] of Object.entries(ways))
  test(`${name} whatever a site has arrives as it left, then only what has changed; nothing is left on the way`, async (t) => {
    const [made, site] = [await servers(t), await siteDirectories(t)];
    const place = await way.open(made, t);
    const { context, notes } = contextOf(made, place ? [place.files] : [], 'isOne' in way);
    assert.match(String((await wayOf(context)).told), way.told);
    await fillOddly(site);
    assert.equal(await pass(context, site), 11);
    execFileSync('rm', [join(site.from, 'files/pipe')]);
    await site.same();
    await demandOddly(site);
    // A copy on one machine is made by PHP, which fills them.
    if (!('isOne' in way)) await demandHoles(site);
    // What was written in the second of a pass is sent again.
    while ((await pass(context, site)) > 0);
    await changeOddly(site);
    assert.equal(await pass(context, site), 4);
    await site.same();
    assert.deepEqual([notes, await passingOf(made)], [[], []]);
    if (place) assert.deepEqual(await readdir(place.at), place.left);
  });

test('a way that does not work is told, and the next one taken; what a lost worker has left on it goes', async (t) => {
  const [made, site] = [await servers(t), await siteDirectories(t)];
  const [shared, far] = [await share(made), await login(rsync)(made, t)];
  await fillOddly(site);
  const left = ['.aegir-moving-mark-7-4711', '.aegir-moving-mark-77-1'];
  for (const path of left) {
    await mkdir(join(shared.at, path));
    await writeFile(join(shared.at, path, 'stream'), 'half');
  }
  await wayOf(contextOf(made, [shared.files]).context);
  assert.deepEqual(await readdir(shared.at), [left[1], '.aegir-share'], 'only of this site');
  await mkdir(join(shared.at, left[0] ?? ''));
  await clearWays(contextOf(made, [shared.files]).context);
  assert.deepEqual(await readdir(shared.at), [left[1], '.aegir-share']);

  // Another file system is where the share was on web2.
  const seen = join(made.directory, 'seen');
  made.mountAt(seen, '-t', 'tmpfs', 'tmpfs');
  const { context, notes } = contextOf(made, [shared.files, far.files]);
  assert.match((await wayOf(context)).told ?? '', /directly, by ssh/);
  assert.match(notes.join('\n'), /^files cannot go by a share .*: the share is not mounted at .* on web2$/);
  await mkdir(join(seen, 'kept'));
  await writeFile(join(seen, 'kept/.aegir-share'), '');
  const other = contextOf(made, [shared.files]);
  assert.match((await wayOf(other.context)).told ?? '', /through the worker/);
  assert.match(other.notes.join('\n'), /has no bytes, and \d+ were written$/, 'another share');
  assert.equal(await pass(other.context, site), 11);

  const tooLarge = contextOf(made, [far.files]);
  const seenBytes = { ...tooLarge.context, seen: { bytes: 1e15 } };
  assert.match((await wayOf(seenBytes)).told ?? '', /through the worker/);
  assert.match(tooLarge.notes.join('\n'), /MB free, and \d+ MB are needed/);
});

test('what fails on its way leaves nothing there, and the site as it is', async (t) => {
  const [made, site] = [await servers(t), await siteDirectories(t)];
  const shared = await share(made);
  await fillOddly(site);
  const { context } = contextOf(made, [shared.files]);
  await wayOf(context);
  // Of a group that the one who unpacks is no member of.
  execFileSync('chown', ['www-data:games', join(site.from, 'files/one.txt')]);
  await assert.rejects(pass(context, site), { code: 'command-failed' });
  assert.deepEqual(await readdir(shared.at), shared.left);
  made.mountAt(join(made.directory, 'seen'), '-t', 'tmpfs', 'tmpfs');
  await assert.rejects(pass(context, site), { code: 'server-unreachable', message: /not mounted/ });
  assert.deepEqual(await readdir(shared.at), shared.left);
});
