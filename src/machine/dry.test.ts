import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handsOf } from '../../tests/kit/machines.ts';
import type { TaskEvent } from '../model/event.ts';
import { Problem } from '../model/problem.ts';
import { Secret } from '../model/secret.ts';
import { command, query } from './command.ts';
import { DryMachine } from './dry.ts';
import { MemoryMachine } from './memory.ts';
import { MemoryWorld } from './memory-world.ts';
import { putDirectory, putFile } from './put.ts';

function bench() {
  const world = new MemoryWorld();
  world.put('/etc/a', 'old a');
  world.put('/etc/deep/b', 'old b');
  world.programs.set('cat', () => ({ stdout: 'really ran' }));
  const claim = new AbortController();
  const events: TaskEvent[] = [];
  const hands = handsOf(claim, events);
  const dry = new DryMachine(new MemoryMachine(hands, world), hands.log);
  const said = () => events.flatMap((event) => (event.type === 'changed' ? [event.what] : []));
  const paths = async (path: string) => (await dry.find(path, {})).map((stat) => stat.path).toSorted();
  return { world, dry, said, events, claim, paths, before: world.snapshot() };
}

test('dry: every change is told and none is made', async () => {
  const { world, dry, said, before } = bench();
  await dry.write('/etc/new', new Secret('hidden'), { mode: '0440' });
  await dry.write('/etc/a', 'new a', { mode: '0440', group: 'www-data' });
  await dry.makeDirectory('/srv/x/y', { mode: '0750' });
  await dry.makeDirectory('/etc/deep', { mode: '0750', group: 'www-data' });
  await dry.move('/etc/a', '/srv/x/y/a');
  await dry.remove('/etc/deep');
  await dry.remove('/etc/absent');
  await dry.run({ ...command`sudo nginx -s reload`, stdin: new Secret('hidden') });
  assert.equal(world.snapshot(), before);
  assert.deepEqual(world.ran, []);
  assert.deepEqual(said(), [
    'would write /etc/new',
    'would rewrite /etc/a',
    'would make /srv/x/y',
    'would set /etc/deep to 0750 www-data',
    'would move /etc/a to /srv/x/y/a',
    'would remove /etc/deep',
    'would run sudo nginx -s reload',
  ]);
});

test('dry: what is read afterwards is the world as it would be', async () => {
  const { dry, paths } = bench();
  await dry.write('/etc/new', new Secret('hidden'), { mode: '0440', group: 'www-data' });
  assert.equal(await dry.read('/etc/new'), 'hidden');
  const { kind, mode, group } = (await dry.stat('/etc/new'))!;
  assert.deepEqual([kind, mode, group], ['file', '0440', 'www-data']);
  await dry.makeDirectory('/srv/x', { mode: '0750' });
  assert.equal((await dry.stat('/srv'))?.kind, 'directory');
  await dry.move('/etc', '/srv/x/etc');
  assert.deepEqual(await paths('/srv'), [
    '/srv/x',
    '/srv/x/etc',
    '/srv/x/etc/a',
    '/srv/x/etc/deep',
    '/srv/x/etc/deep/b',
    '/srv/x/etc/new',
  ]);
  assert.deepEqual([await dry.stat('/etc'), await dry.read('/etc/a'), await paths('/etc')], [null, null, []]);
  assert.equal(await dry.read('/srv/x/etc/deep/b'), 'old b');
  await dry.remove('/srv/x/etc/deep');
  await dry.write('/srv/x/etc/a', 'newer', { mode: '0440' });
  assert.deepEqual(await paths('/srv/x/etc'), ['/srv/x/etc/a', '/srv/x/etc/new']);
  assert.deepEqual(await dry.find('/srv', { names: ['n*'], prune: ['etc'] }), []);
  assert.deepEqual(
    [...(await dry.readMany(['/srv/x/etc/a', '/srv/x/etc/new', '/etc/a']))],
    [
      ['/srv/x/etc/a', 'newer'],
      ['/srv/x/etc/new', 'hidden'],
    ],
  );
});

test('dry: what was removed can be made again, and starts empty', async () => {
  const { dry, paths } = bench();
  await dry.remove('/etc');
  await dry.makeDirectory('/etc/deep', { mode: '0755' });
  assert.deepEqual(await paths('/'), ['/etc', '/etc/deep']);
  assert.equal(await dry.read('/etc/deep/b'), null);
});

test('dry: putting what is there already says nothing, the second time as well', async () => {
  const { dry, said } = bench();
  for (let time = 0; time < 2; time++) {
    await putDirectory(dry, '/etc/x', { mode: '0750' });
    await putFile(dry, '/etc/x/f', 'text', { mode: '0640' });
  }
  assert.deepEqual(said(), ['would make /etc/x', 'would write /etc/x/f']);
});

test('dry: commands that look are run, others answer what their caller foresaw', async () => {
  const { dry, world } = bench();
  assert.equal((await dry.run(query`cat`)).stdout, 'really ran');
  assert.equal((await dry.run({ ...command`cat`, dryStdout: '{}' })).stdout, '{}');
  assert.deepEqual(world.ran, ['cat']);
});

test('dry: a pipe that changes something is told, and its file is there as it would be', async () => {
  const { dry, world, said, before } = bench();
  const dump = { ...command`dump`, dryStdout: 'of all' };
  const to = { path: '/etc/dump', mode: '0600' } as const;
  const { bytes, stdout } = await dry.pipe({ commands: [command`cat`, dump], from: '/etc/a', to });
  assert.deepEqual([bytes, stdout], [6, '']);
  await dry.pipe({ commands: [{ ...dump, dryStdout: ', of more' }], to: { ...to, append: true } });
  await dry.writeAt('/etc/dump', 3, 'ALL');
  assert.equal(await dry.read('/etc/dump'), 'of ALL, of more');
  assert.equal((await dry.stat('/etc/dump'))?.mode, '0600');
  assert.equal((await dry.pipe({ commands: [command`cat`, dump] })).stdout, 'of all');
  assert.equal(world.snapshot(), before);
  assert.equal((await dry.pipe({ commands: [query`cat`, query`cat`] })).stdout, 'really ran');
  await dry.writeAt('/etc/a', 0, 'NEW');
  assert.equal(await dry.read('/etc/a'), 'NEW a');
  assert.equal(world.snapshot(), before);
  assert.deepEqual(said(), [
    'would run cat < /etc/a | dump > /etc/dump',
    'would run dump >> /etc/dump',
    'would write over 3 bytes of /etc/dump',
    'would run cat | dump',
    'would write over 3 bytes of /etc/a',
  ]);
});

test('dry: what would fail for sure fails now', async () => {
  const { dry, said } = bench();
  for (const attempt of [
    () => dry.write('/no/file', 'x', { mode: '0640' }),
    () => dry.write('/etc/deep', 'x', { mode: '0640' }),
    () => dry.makeDirectory('/etc/a', { mode: '0640' }),
    () => dry.pipe({ commands: [command`cat`], to: { path: '/no/file', mode: '0640' } }),
    () => dry.pipe({ commands: [command`cat`], to: { path: '/etc/deep', mode: '0640' } }),
    () => dry.writeAt('/etc/no', 0, 'x'),
    () => dry.move('/etc/no', '/etc/b'),
    () => dry.move('/etc/a', '/no/b'),
    () => dry.move('/etc/a', '/etc/deep'),
  ])
    await assert.rejects(attempt, { code: 'command-failed' });
  assert.deepEqual(said(), []);
});

test('dry: with the claim lost nothing is said either', async () => {
  const { dry, claim, events } = bench();
  claim.abort(new Problem('lost', 'somebody else has it'));
  for (const attempt of [
    () => dry.run(command`cat`),
    () => dry.pipe({ commands: [command`cat`] }),
    () => dry.writeAt('/etc/a', 0, 'x'),
    () => dry.read('/etc/a'),
    () => dry.write('/etc/a', 'x', { mode: '0640' }),
    () => dry.makeDirectory('/etc/x', { mode: '0640' }),
    () => dry.move('/etc/a', '/etc/b'),
    () => dry.remove('/etc/a'),
    () => dry.exclusively('/etc/lock', async () => assert.fail('it acted')),
  ])
    await assert.rejects(attempt, { code: 'lost' });
  assert.deepEqual(events, []);
});
