import assert from 'node:assert/strict';
import { test } from 'node:test';
import { local, machines, modes, until } from '../../tests/kit/machines.ts';
import type { FileStat, Machine } from './machine.ts';
import { settled } from './settled.ts';

// How all machines look at many files at once, follow links, and tell whether something was changed.

const put = async (machine: Machine, path: string, text = path): Promise<void> => {
  await machine.makeDirectory(path.replace(/\/[^/]*$/, ''), modes.directory);
  await machine.write(path, text, modes.file);
};

for (const [name, open] of Object.entries(machines)) {
  test(`${name}: many are looked at in one go, and what is absent is left out`, async (t) => {
    const { machine, directory: d, link } = await open(t);
    await put(machine, `${d}/a/file`, '12345');
    await link(`${d}/a/file`, `${d}/link`);
    const stats = await machine.statMany([`${d}/a`, `${d}/a/file`, `${d}/link`, `${d}/no`, `${d}/a/file/no`]);
    assert.deepEqual(
      [...stats].map(([path, { kind }]) => [path, kind]),
      [
        [`${d}/a`, 'directory'],
        [`${d}/a/file`, 'file'],
        [`${d}/link`, 'link'],
      ],
    );
    assert.deepEqual(unsettled(stats.get(`${d}/a/file`)), unsettled(await machine.stat(`${d}/a/file`)));
    assert.equal((await machine.statMany([])).size, 0);
    const followed = await machine.statMany([`${d}/link`], { follow: true });
    assert.deepEqual([followed.get(`${d}/link`)?.kind, followed.get(`${d}/link`)?.sizeBytes], ['file', 5]);
  });

  test(`${name}: links are followed where that is asked for, and circles end`, async (t) => {
    const { machine, directory: d, link } = await open(t);
    await put(machine, `${d}/elsewhere/deep/x.info`);
    await put(machine, `${d}/here/y.info`);
    await link(`${d}/elsewhere`, `${d}/here/linked`);
    await link(`${d}/here/y.info`, `${d}/here/z.info`);
    await link(`${d}/here`, `${d}/here/up`);
    await link(`${d}/here/self.info`, `${d}/here/self.info`);
    await link(`${d}/nowhere`, `${d}/here/broken.info`);
    const found = async (find: object) =>
      (await machine.find(`${d}/here`, { names: ['*.info'], ...find }))
        .map(({ path, kind }) => `${path.slice(d.length + 1)} ${kind}`)
        .toSorted();
    assert.deepEqual(await found({ follow: true }), [
      'here/broken.info link',
      'here/linked/deep/x.info file',
      'here/y.info file',
      'here/z.info file',
    ]);
    assert.deepEqual(await found({ follow: true, prune: ['deep'], directories: true }), [
      'here/broken.info link',
      'here/linked directory',
      'here/y.info file',
      'here/z.info file',
    ]);
    assert.deepEqual(await machine.statMany([`${d}/here/self.info`], { follow: true }), new Map());
    const broken = await machine.statMany([`${d}/here/broken.info`], { follow: true });
    assert.equal(broken.get(`${d}/here/broken.info`)?.kind, 'link');
  });

  test(`${name}: directories are listed with what is looked for, but for those that are pruned`, async (t) => {
    const { machine, directory: d } = await open(t);
    for (const path of ['a/b/x.info', 'a/b/x.txt', 'skip/c/x.info']) await put(machine, `${d}/${path}`);
    const found = await machine.find(d, { names: ['*.info'], prune: ['skip'], directories: true });
    assert.deepEqual(found.map(({ path }) => path.slice(d.length + 1)).toSorted(), ['a', 'a/b', 'a/b/x.info']);
  });
}

test('a change shows in the time of what was changed, and of the directory where something came or went', async (t) => {
  const { machine, directory: d } = await local(t);
  await put(machine, `${d}/a/file`);
  const paths = [`${d}/a`, `${d}/a/file`];
  const times = async () => [...(await machine.statMany(paths)).values()].map(({ changedMs }) => changedMs);
  assert.deepEqual(await times(), [null, null], 'a change right now could bear the same time');
  await until(async () => !(await times()).includes(null));
  const [directory, file] = await times();
  await machine.write(`${d}/a/other`, '', modes.file);
  await until(async () => !(await times()).includes(null));
  assert.notEqual((await times())[0], directory);
  assert.equal((await times())[1], file);
});

test('a time is settled when no other change can get the same one', () => {
  assert.equal(settled(10_000.7, 12_100), 10_000);
  assert.equal(settled(10_000, 11_999), null);
  assert.equal(settled(20_000, 10_000), null, 'a clock that was set back');
});

const unsettled = (stat: FileStat | null | undefined) => stat && { ...stat, changedMs: null };
