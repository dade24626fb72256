import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { handsOf, modes, ssh } from '../../tests/kit/machines.ts';
import { query } from './command.ts';
import { SshMachine } from './ssh.ts';
import { SshConnection } from './ssh-connection.ts';

test('ssh: a server that cannot be reached is told apart from a program that fails', async (t) => {
  const { directory } = await ssh(t);
  const program = `${directory}/ssh`;
  await writeFile(program, '#!/bin/sh\necho "connect to host web1 port 22: Connection refused" >&2\nexit 255\n', {
    mode: 0o755,
  });
  const hands = handsOf(new AbortController(), []);
  const refused = new SshConnection({
    ...{ user: 'aegir', host: 'web1', port: 2222 },
    controlPath: `${directory}/x`,
    program,
  });
  const unreachable = new SshMachine(hands, () => refused);
  const attempts = [
    unreachable.run(query`true`),
    unreachable.read('/x'),
    unreachable.find('/x', {}),
    unreachable.readMany(['/x']),
    unreachable.exclusively('/x', async () => {}),
  ];
  for (const end of await Promise.allSettled(attempts)) {
    assert.ok(end.status === 'rejected');
    assert.equal(end.reason.code, 'server-unreachable');
    assert.match(end.reason.message, /no ssh server answers on web1 \(web1, port 2222\)/);
    assert.match(end.reason.hint, /systemctl start ssh/);
    assert.match(String(end.reason.cause), /Connection refused/);
  }
  const { machine } = await ssh(t);
  await assert.rejects(machine.run(query`sh -c ${'exit 255'}`), { code: 'command-failed', message: /exited with 255/ });
});

test('ssh: a text that was cut off on its way is not put in place', async (t) => {
  const { machine: whole, directory } = await ssh(t);
  const program = `${directory}/ssh`;
  await writeFile(
    program,
    '#!/bin/sh\nfor line do [ "$line" != -O ] || exit 0; done\n{ head -c 10; sleep 0.5; } | sh -c "$line"\n',
    {
      mode: 0o755,
    },
  );
  const connection = new SshConnection({
    ...{ user: 'aegir', host: 'web1', port: 22 },
    controlPath: `${directory}/x`,
    program,
  });
  const machine = new SshMachine(handsOf(new AbortController(), []), () => connection);
  const cut = machine.write(`${directory}/file`, 'x'.repeat(100), modes.file);
  // Whichever is seen first over there: that bytes are missing, or that nobody waits any more.
  await assert.rejects(cut, { code: 'command-failed', message: /did not arrive whole|Terminated|exit code 143/ });
  assert.deepEqual(
    (await whole.find(directory, {})).map(({ path }) => path),
    [program],
  );
});

test('ssh: its options share one connection, never ask, and pin key and host', async (t) => {
  const { directory } = await ssh(t);
  const program = `${directory}/ssh`;
  await writeFile(program, '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
  const options = {
    ...{ user: 'aegir', host: 'web1', port: 2222 },
    keyPath: '/k',
    knownHosts: { path: '/h', name: 'server-7' },
    controlPath: '/c/7',
    program,
  };
  const connection = new SshConnection(options);
  const { stdout } = await new SshMachine(handsOf(new AbortController(), []), () => connection).run(query`true`);
  for (const option of [
    'Port=2222',
    'BatchMode=yes',
    'ControlPath=/c/7',
    'IdentityFile=/k',
    'StrictHostKeyChecking=yes',
    'HostKeyAlias=server-7',
    'UserKnownHostsFile=/h',
  ])
    assert.ok(stdout.split('\n').includes(option), option);
});
