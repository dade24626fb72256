import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { doing, handsOf } from '../../tests/kit/machines.ts';
import { asUser } from './as-user.ts';
import { command, query } from './command.ts';
import { MemoryMachine } from './memory.ts';

test('a command is run by sudo as another user and directly as ourselves, and who we are is asked once', async () => {
  const machine = new MemoryMachine(handsOf(new AbortController(), []));
  machine.world.programs.set('id', () => ({ stdout: 'aegir\n' }));
  const tar = { ...query`tar -cf - .`, cwd: '/srv' };
  assert.deepEqual(await asUser(machine, 'aegir', tar), tar);
  const argv = ['sudo', '-n', '-u', 'www-data', 'tar', '-cf', '-', '.'];
  assert.deepEqual(await asUser(machine, 'www-data', tar), { ...tar, argv });
  assert.deepEqual(machine.world.ran, ['id -un']);
});

for (const [name, open] of Object.entries(doing))
  test(`${name}: what only the site's user may read is packed and unpacked by it, byte for byte`, async (t) => {
    const { machine, directory: d } = await open(t);
    const bytes = randomBytes(1_000_000);
    for (const place of ['from', 'to']) {
      await mkdir(`${d}/${place}`);
      await writeFile(`${d}/${place}/file`, place === 'from' ? bytes : '');
      await chmod(`${d}/${place}/file`, 0o600);
      execFileSync('chown', ['-R', 'www-data:www-data', `${d}/${place}`]);
    }
    const as = (asked: ReturnType<typeof command>) => asUser(machine, 'www-data', asked);
    const pack = await as({ ...command`tar -cf - file`, cwd: `${d}/from` });
    const unpack = await as({ ...command`tar -xf -`, cwd: `${d}/to` });
    await machine.pipe({ commands: [pack, unpack] });
    assert.ok(bytes.equals(await readFile(`${d}/to/file`)));
    assert.equal((await stat(`${d}/to/file`)).uid, (await stat(`${d}/to`)).uid);
  });

test('that sudo refuses is said with what to do', async () => {
  const machine = new MemoryMachine(handsOf(new AbortController(), []));
  machine.world.programs.set('sudo', () => ({ exitCode: 1, stderr: 'sudo: a password is required\n' }));
  machine.world.programs.set('id', () => ({ stdout: 'aegir\n' }));
  const refused = { hint: /sudoers file on web1/ };
  const tar = await asUser(machine, 'www-data', command`tar -cf - .`);
  await assert.rejects(machine.run(tar), refused);
  await assert.rejects(machine.pipe({ commands: [tar, command`cat`] }), refused);
});
