import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFile, mkdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { testMachine } from '../../tests/kit/applications.ts';
import { counting } from '../../tests/kit/counting-machine.ts';
import { withRun } from '../../tests/kit/faulty-machines.ts';
import { until } from '../../tests/kit/machines.ts';
import { temporaryDirectory } from '../../tests/kit/postgres.ts';
import type { FileStat, Machine } from '../machine/machine.ts';
import { MemoryMachine } from '../machine/memory.ts';
import { simulatedWorld } from '../simulation/world.ts';
import type { PackageScan } from './application.ts';
import { scanDrupal } from './drupal/packages.ts';
import { scanWordpress } from './wordpress/packages.ts';

/** As the hub keeps it. */
const kept = (scan: PackageScan): PackageScan => JSON.parse(JSON.stringify(scan)) as PackageScan; // what was written is what is read

test('of 5,000 files that have not changed none is read again; of one that has, only that', async () => {
  const root = '/srv/p';
  const world = simulatedWorld();
  const log = { append: async () => {} };
  const memory = new MemoryMachine({ name: 'm', claim: new AbortController().signal, log }, world);
  const { machine, reads } = counting(memory);
  world.put(`${root}/core/lib/Drupal.php`, "<?php const VERSION = '10.1.2';");
  for (let n = 0; n < 2_500; n++) {
    world.put(`${root}/modules/m${n}/m${n}.info.yml`, `name: M${n}\ntype: module\nversion: 1.${n}\n`);
    world.put(`${root}/modules/m${n}/m${n}.install`, `function m${n}_update_${8001 + n}() {}`);
  }
  const first = await scanDrupal(machine, root, null);
  assert.equal(first.packages.length, 2_501);
  assert.ok(reads.splice(0).length > 5_000);
  const known = kept(first);
  assert.equal(await scanDrupal(machine, root, known), known);
  assert.deepEqual(reads, []);
  world.put(`${root}/modules/m7/m7.info.yml`, 'name: M7\ntype: module\nversion: 2.0\n');
  world.remove(`${root}/modules/m8`);
  const second = await scanDrupal(machine, root, known);
  assert.deepEqual(reads, [`${root}/modules/m7/m7.info.yml`]);
  assert.equal(second.packages.length, 2_500);
  assert.equal(second.packages.find(({ name }) => name === 'm7')?.version, '2.0');
});

test('what another edition of the scanner kept is not gone on from', async () => {
  const world = simulatedWorld();
  const log = { append: async () => {} };
  const { machine, reads } = counting(
    new MemoryMachine({ name: 'm', claim: new AbortController().signal, log }, world),
  );
  world.put('/srv/p/core/lib/Drupal.php', "<?php const VERSION = '10.1.2';");
  const scan = await scanDrupal(machine, '/srv/p', null);
  reads.splice(0);
  const again = await scanDrupal(machine, '/srv/p', { ...scan, scanner: 'drupal 8, 1' });
  assert.deepEqual(again, scan);
  assert.ok(reads.length > 0);
});

interface Tree {
  readonly root: string;
  readonly info: string;
  scan(known: PackageScan | null): Promise<PackageScan>;
  /** Scans until all is old enough to be relied on. */
  settled(): Promise<PackageScan>;
}

async function tree(t: TestContext): Promise<Tree> {
  const root = join(await temporaryDirectory(t), 'p');
  for (const path of ['core/lib', 'modules/m', 'themes', 'elsewhere/linked'])
    await mkdir(join(root, path), { recursive: true });
  const info = join(root, 'modules/m/m.info.yml');
  await writeFile(join(root, 'core/lib/Drupal.php'), "<?php const VERSION = '10.1.2';");
  await writeFile(info, 'type: module\nversion: 1.0\n');
  await writeFile(join(root, 'elsewhere/linked/linked.info.yml'), 'type: module\nversion: 1.0\n');
  await symlink(join(root, 'elsewhere'), join(root, 'modules/elsewhere'));
  const { machine } = testMachine();
  const scan = (known: PackageScan | null): Promise<PackageScan> => scanDrupal(machine, root, known);
  return {
    ...{ root, info, scan },
    async settled() {
      let scanned = kept(await scan(null));
      await until(async () => {
        const again = await scan(scanned);
        if (again === scanned) return true;
        scanned = kept(again);
        return false;
      });
      return scanned;
    },
  };
}

const versions = ({ packages }: PackageScan): readonly string[] =>
  packages.flatMap(({ type, name, version }) => (type === 'core' ? [] : [`${name} ${version}`])).toSorted();

/** Each hides as well as it can; none may go unseen. */
const changes: Readonly<Record<string, { make(tree: Tree): Promise<unknown>; found: readonly string[] }>> = {
  'another text of the same length, with the time set back': {
    async make({ info }) {
      const { atime, mtime } = await stat(info);
      await writeFile(info, 'type: module\nversion: 1.9\n');
      await utimes(info, atime, mtime);
    },
    found: ['linked 1.0', 'm 1.9'],
  },
  'a file that is put in the place of another, with its size and time': {
    async make({ info, root }) {
      await writeFile(join(root, 'new'), 'type: module\nversion: 1.9\n');
      await promisify(execFile)('touch', ['-r', info, join(root, 'new')]);
      await rename(join(root, 'new'), info);
    },
    found: ['linked 1.0', 'm 1.9'],
  },
  'a directory that comes, deep below': {
    async make({ root }) {
      await mkdir(join(root, 'modules/m/modules/sub'), { recursive: true });
      await writeFile(join(root, 'modules/m/modules/sub/sub.info.yml'), 'type: module\nversion: 3.0\n');
    },
    found: ['linked 1.0', 'm 1.0', 'sub 3.0'],
  },
  'a place that was not there': {
    async make({ root }) {
      await mkdir(join(root, 'sites/all/modules/all'), { recursive: true });
      await writeFile(join(root, 'sites/all/modules/all/all.info.yml'), 'type: module\nversion: 3.0\n');
    },
    found: ['all 3.0', 'linked 1.0', 'm 1.0'],
  },
  'a file that goes': { make: ({ info }) => rm(info), found: ['linked 1.0'] },
  'a link that leads elsewhere': {
    async make({ root }) {
      await mkdir(join(root, 'other/another'), { recursive: true });
      await writeFile(join(root, 'other/another/another.info.yml'), 'type: module\nversion: 4.0\n');
      await rm(join(root, 'modules/elsewhere'));
      await symlink(join(root, 'other'), join(root, 'modules/elsewhere'));
    },
    found: ['another 4.0', 'm 1.0'],
  },
  'a text behind a link': {
    make: ({ root }) => writeFile(join(root, 'elsewhere/linked/linked.info.yml'), 'type: module\nversion: 1.9\n'),
    found: ['linked 1.9', 'm 1.0'],
  },
  'what Composer says': {
    async make({ root, info }) {
      await writeFile(info, 'type: module\n');
      await writeFile(join(root, 'composer.lock'), '{"packages":[{"name":"drupal/m","version":"5.0.0"}]}');
    },
    found: ['linked 1.0', 'm 5.0.0'],
  },
};

for (const [what, { make, found }] of Object.entries(changes))
  test(`a rescan finds ${what}`, async (t) => {
    const made = await tree(t);
    const known = await made.settled();
    assert.deepEqual(versions(known), ['linked 1.0', 'm 1.0']);
    await make(made);
    assert.deepEqual(versions(await made.scan(known)), found);
  });

test('what was changed a moment before the scan is read again by the next, as a change after it bears the same time', async () => {
  const world = simulatedWorld();
  const memory = new MemoryMachine(
    { name: 'm', claim: new AbortController().signal, log: { append: async () => {} } },
    world,
  );
  const young = (stat: FileStat): FileStat => ({ ...stat, sizeBytes: 30, modifiedMs: 7, changedMs: null });
  const machine: Machine = {
    ...withRun(memory, (command) => memory.run(command)),
    statMany: async (...asked) =>
      new Map([...(await memory.statMany(...asked))].map(([path, one]) => [path, young(one)])),
    find: async (...asked) => (await memory.find(...asked)).map(young),
  };
  world.put('/srv/p/core/lib/Drupal.php', "<?php const VERSION = '10.1.2';");
  world.put('/srv/p/modules/m/m.info.yml', 'type: module\nversion: 1.0\n');
  const known = kept(await scanDrupal(machine, '/srv/p', null));
  world.put('/srv/p/modules/m/m.info.yml', 'type: module\nversion: 1.9\n');
  assert.deepEqual(versions(await scanDrupal(machine, '/srv/p', known)), ['m 1.9']);
});

test('WordPress: a file that becomes a plug-in is found, and one that stops to be one is gone', async (t) => {
  const root = await temporaryDirectory(t);
  await mkdir(join(root, 'wp-content/plugins/one'), { recursive: true });
  const file = join(root, 'wp-content/plugins/one/part.php');
  await writeFile(file, '<?php\n');
  const { machine } = testMachine();
  const first = kept(await scanWordpress(machine, root, null));
  assert.deepEqual(first.packages, []);
  await appendFile(file, '/*\nPlugin Name: One\nVersion: 1.0\n*/\n');
  const second = kept(await scanWordpress(machine, root, first));
  assert.deepEqual(versions(second), ['one 1.0']);
  await writeFile(file, (await readFile(file, 'utf8')).replace('Plugin Name', 'Something else'));
  assert.deepEqual(versions(await scanWordpress(machine, root, second)), []);
});
