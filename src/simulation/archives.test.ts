import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { handsOf } from '../../tests/kit/machines.ts';
import { command, query } from '../machine/command.ts';
import { MemoryMachine } from '../machine/memory.ts';
import { tarMembers, tarText } from './tar-format.ts';
import { simulatedWorld } from './world.ts';

function place() {
  const world = simulatedWorld();
  const machine = new MemoryMachine(handsOf(new AbortController(), []), world);
  world.directory('/srv/site', { mode: '0755' });
  world.directory('/srv/to', { mode: '0755' });
  world.put('/srv/site/binary', '\0\x01ÿ\x7f\r\n💧\0', { mode: '0640' });
  world.put(`/srv/site/${'größe '.repeat(20)}`, 'long name');
  const pack = { ...command`tar -cf - .`, cwd: '/srv/site' };
  const unpack = { ...command`tar -xpf -`, cwd: '/srv/to' };
  return { world, machine, pack, unpack };
}

test('a tree of any bytes and names comes back out of a compressed archive in a file as it was', async () => {
  const { world, machine, pack, unpack } = place();
  const to = { path: '/srv/site.tar.zst', mode: '0600' } as const;
  await machine.pipe({ commands: [pack, command`zstd -1 --single-thread --quiet`], to });
  await machine.pipe({ from: to.path, commands: [command`zstd --decompress --stdout --quiet`, unpack] });
  for (const { path } of await machine.find('/srv/site', {})) {
    const copied = world.get(path.replace('/site/', '/to/'));
    assert.deepEqual({ ...copied, modifiedMs: 0, changedMs: 0 }, { ...world.get(path), modifiedMs: 0, changedMs: 0 });
  }
  assert.equal((await machine.find('/srv/to', {})).length, 2);
});

test('an archive of the simulated tar is one for the real tar, and the other way round', async () => {
  const { machine, pack } = place();
  const { stdout } = await machine.pipe({ commands: [pack] });
  const listed = execFileSync('tar', ['--list', '--quoting-style=literal'], {
    input: stdout,
    encoding: 'utf8',
    env: { LANG: 'C.UTF-8' },
  });
  assert.deepEqual(listed.split('\n'), [...tarMembers(stdout).map(({ name }) => name), '']);
  const real = execFileSync(
    'tar',
    ['--create', '--format=pax', '--owner=aegir:999', '--directory', import.meta.dirname, 'tar.ts'],
    { encoding: 'utf8' },
  );
  const [member] = tarMembers(real);
  assert.deepEqual([member?.name, member?.owner, member?.text.startsWith('import')], ['tar.ts', 'aegir', true]);
  assert.deepEqual(tarMembers(tarText([member!])), [member]);
});

test('what was cut off or is no archive is refused, wherever it was cut', async () => {
  const { machine, pack, unpack } = place();
  const { stdout } = await machine.pipe({ commands: [pack, command`zstd`] });
  for (const length of [0, 3, 20, stdout.length - 1])
    await assert.rejects(machine.run({ ...command`zstd -dc`, stdin: stdout.slice(0, length) }), /exited with 1/);
  const { stdout: archive } = await machine.pipe({ commands: [pack] });
  const content = archive.indexOf('\x01ÿ');
  await assert.rejects(machine.run({ ...unpack, stdin: archive.slice(0, content) }), /Unexpected EOF in archive/);
  await assert.rejects(machine.run({ ...unpack, stdin: 'x'.repeat(1024) }), /does not look like a tar archive/);
});

test('nothing that writes gets anything onto a full disk', async () => {
  const { world, machine, pack, unpack } = place();
  const { stdout } = await machine.pipe({ commands: [pack] });
  world.diskIsFull = true;
  const before = world.snapshot();
  for (const writing of [
    { ...unpack, stdin: stdout },
    { ...command`tar -cf /srv/x.tar .`, cwd: '/srv/site' },
    command`cp -a /srv/site /srv/copy`,
    command`cp /srv/site/binary /srv/to`,
    { ...command`tee /srv/x`, stdin: 'x' },
    { ...command`dd of=/srv/x`, stdin: 'x' },
    command`truncate -s 1 /srv/x`,
    command`mkdir /srv/x`,
  ])
    await assert.rejects(machine.run(writing), /No space left on device/, writing.argv.join(' '));
  const to = { path: '/srv/x', mode: '0600' } as const;
  await assert.rejects(machine.pipe({ commands: [pack], to }), { code: 'disk-full' });
  assert.equal(world.snapshot(), before);
  const { stdout: free } = await machine.run(query`df --block-size=1 --output=avail /srv`);
  assert.equal(free, 'Avail\n0\n');
});

test('df and du say what there is', async () => {
  const { world, machine } = place();
  world.freeBytes = 3 * 1024 ** 2;
  assert.match((await machine.run(query`df --block-size=1 --output=avail /srv`)).stdout, /\n3145728\n$/);
  assert.equal((await machine.run(query`df -Pm /srv`)).stdout.trim().split('\n').at(-1)?.split(/\s+/)[3], '3');
  assert.equal((await machine.run(query`du -sb /srv/site`)).stdout, '21\t/srv/site\n');
  await assert.rejects(machine.run(query`df /nothing`), /No such file/);
});

test('what is excluded is what the real tar excludes', async () => {
  const world = simulatedWorld();
  const machine = new MemoryMachine(handsOf(new AbortController(), []), world);
  for (const path of ['files/x/1', 'files/2', 'lib/x.php', 's.php', '.env', '.git/h', 'k'])
    world.put(`/srv/a/${path}`, path);
  const { stdout: archive } = await machine.pipe({ commands: [{ ...command`tar --create .`, cwd: '/srv/a' }] });
  for (const only of [[], ['--no-recursion']])
    for (const stops of [[], ['--no-wildcards-match-slash']])
      for (const pattern of ['./files', './*.php', './.[!/]*', './f?les/2']) {
        const options = ['--list', '--anchored', ...only, ...stops, `--exclude=${pattern}`];
        const real = execFileSync('tar', options, { input: archive, encoding: 'utf8' });
        const { stdout } = await machine.pipe({ commands: [{ ...command`tar ${options}`, stdin: archive }] });
        assert.equal(stdout, real, options.join(' '));
      }
});
