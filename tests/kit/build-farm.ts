import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { TaskEvent } from '../../src/model/event.ts';
import { buildUser, type PlatformSource } from '../../src/model/platform-source.ts';
import type { Ending } from '../../src/tasks/ending.ts';
import { platformVerify } from '../../src/tasks/platform-verify.ts';
import { run } from '../../src/worker/run.ts';
import { type HandMore, hand } from './farm.ts';
import { type PlaceData, placeOf } from './real-farm.ts';
import { freshTruth, settle, type Truth } from './truth.ts';
import { openDirectory } from './web.ts';

export const exec = promisify(execFile);

/** A server on this computer that builds platforms for real and serves none. */
export interface BuildFarm {
  /** Open to all, for what is to be built from. */
  readonly directory: string;
  /** Aegir's own. */
  readonly root: string;
  /** Where the platform is to be. */
  readonly tree: string;
  readonly data: PlaceData;
  truth(source: PlatformSource): Truth;
  /** Verifies it: fetches, checks, builds, moves. */
  build(source: PlatformSource, more?: HandMore): Promise<Built>;
}

export interface Built {
  readonly ending: Ending;
  readonly events: readonly TaskEvent[];
  readonly truth: Truth;
}

/** Neither ./test nor a person may have it on this machine, and nothing is as safe as the user it is made for. */
async function makeBuildUser(): Promise<void> {
  if (await exec('getent', ['passwd', buildUser]).catch(() => null)) return;
  const words = ['--system', '--user-group', '--home-dir', '/nonexistent', '--no-create-home'];
  await exec('useradd', [...words, '--shell', '/usr/sbin/nologin', buildUser]);
}

export async function buildFarm(t: TestContext): Promise<BuildFarm> {
  await makeBuildUser();
  const place = await openDirectory('aegir-build');
  t.after(() => place.remove());
  const root = join(place.path, 'aegir');
  const tree = join(root, 'platforms/p1');
  for (const path of ['platforms', 'builds', 'config/server_master'])
    await mkdir(join(root, path), { recursive: true });
  await exec('chown', [buildUser, join(root, 'builds')]);
  await chmod(join(root, 'builds'), 0o750);
  const data: PlaceData = {
    ...{ application: 'drupal', profile: '', db: 'mysql', root, platformRoot: tree, httpOptions: {}, dbOptions: {} },
    ...{
      otherRoot: join(root, 'platforms/p2'),
      fpmSocket: '/run/none.sock',
      program: { test: ['true'], reload: ['true'], version: ['true'], logs: '/nonexistent', pidPath: '/run/none.pid' },
    },
  };
  const truth = (source: PlatformSource): Truth => ({ ...freshTruth(), siteIsThere: false, source });
  return {
    ...{ directory: place.path, root, tree, data, truth },
    async build(source, more = {}) {
      const at = truth(source);
      const worker = hand(placeOf(data), at, more);
      const task = await platformVerify.open(worker.load, '1', {});
      const control = { claim: worker.claim.signal, stop: () => undefined, undoing: () => undefined };
      const ending = await run(task, worker.log, [...worker.events], control);
      if (ending.status === 'done') settle(at, task.done(ending.result), '1');
      return { ending, events: worker.events, truth: at };
    },
  };
}

export async function built(farm: BuildFarm, source: PlatformSource): Promise<Built> {
  const done = await farm.build(source);
  assert.equal(done.ending.status, 'done', JSON.stringify(done.ending));
  assert.equal(done.truth.isBuilt, true);
  onlyTree(farm);
  return done;
}

/** It fails, with this code and message, and nothing is left. */
export async function refused(farm: BuildFarm, source: PlatformSource, code: string, message: RegExp): Promise<void> {
  const { ending } = await farm.build(source);
  assert.equal(ending.status, 'failed', JSON.stringify(ending));
  assert.equal(ending.status === 'failed' && ending.problem.code, code, JSON.stringify(ending));
  assert.match(ending.status === 'failed' ? ending.problem.message : '', message);
  assert.ok(!existsSync(farm.tree), 'something is where the platform was to be');
  assert.deepEqual(readdirSync(join(farm.root, 'platforms')), []);
  nothingWorks(farm);
}

export function onlyTree(farm: BuildFarm): void {
  assert.deepEqual(readdirSync(join(farm.root, 'platforms')), ['p1']);
  nothingWorks(farm);
  const own = lstatSync(farm.root).uid;
  for (const { path, stat } of below(farm.tree)) {
    const mode = Number(stat.mode) & 0o7777;
    assert.equal(stat.uid, own, path);
    if (stat.isDirectory()) assert.equal(mode, 0o755, path);
    else if (stat.isFile()) assert.ok([0o644, 0o755, 0o640].includes(mode), `${path} ${mode.toString(8)}`);
    else assert.ok(stat.isSymbolicLink(), path);
  }
}

function nothingWorks(farm: BuildFarm): void {
  assert.deepEqual(readdirSync(join(farm.root, 'builds')), []);
}

export const below = (path: string): { path: string; stat: ReturnType<typeof lstatSync> & object }[] => {
  const stat = lstatSync(path);
  const inside = stat.isDirectory() ? readdirSync(path) : [];
  return [{ path, stat }, ...inside.flatMap((name) => below(join(path, name)))];
};

/** As little as is taken for Drupal 10.1.2, with its vendor directory beside the document root. */
export async function putDrupal(project: string, docroot = 'web'): Promise<void> {
  const root = join(project, docroot);
  const files: Readonly<Record<string, string>> = {
    [`${root}/core/lib/Drupal.php`]: "<?php\nclass Drupal {\n  const VERSION = '10.1.2';\n}\n",
    [`${root}/autoload.php`]: '<?php\n',
    [`${root}/index.php`]: '<?php\n',
    [`${root}/core/modules/system/system.info.yml`]: 'name: System\ntype: module\nversion: VERSION\n',
    [`${project}/vendor/autoload.php`]: '<?php\n',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

/** An entry of a tar file, as no tar program would write it. */
export interface TarEntry {
  readonly name: string;
  /** As in the format: '0' a file, '1' a hard link, '2' a link, '3' and '4' devices, '5' a directory, '6' a pipe. */
  readonly type?: string;
  readonly mode?: number;
  readonly target?: string;
  readonly text?: string;
  /** What its header claims. */
  readonly size?: number;
}

export function tarFile(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(entryOf), Buffer.alloc(1024)]);
}

function entryOf({ name, type = '0', mode = 0o644, target = '', text = '', size = text.length }: TarEntry): Buffer[] {
  const header = Buffer.alloc(512);
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;
  header.write(name, 0);
  header.write(octal(mode, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(size, 12), 124);
  header.write(octal(0, 12), 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(target, 157);
  header.write('ustar\x0000', 257);
  header.write(
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      7,
    ),
    148,
  );
  const data = Buffer.alloc(Math.ceil(text.length / 512) * 512);
  data.write(text);
  return [header, data];
}
