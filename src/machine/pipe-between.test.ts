import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { doing, handsOf, isAlive, machines, modes, type Open, ssh, until } from '../../tests/kit/machines.ts';
import { Problem } from '../model/problem.ts';
import { command } from './command.ts';
import { passFile, pipeBetween } from './pipe-between.ts';
import { SshMachine } from './ssh.ts';
import { SshConnection } from './ssh-connection.ts';

const cat = command`cat`;

for (const [fromName, openFrom] of Object.entries(machines))
  for (const [toName, openTo] of Object.entries(machines)) {
    const what = `from ${fromName} to ${toName}`;

    test(`${what}: what goes in on one machine comes out on the other, and is counted`, async (t) => {
      const [one, other] = [await openFrom(t), await openTo(t)];
      for (const text of ['', 'no end', '\n', '\n\n', 'größe ☃\n', 'bytes:1\n', '0\n', 'x'.repeat(1_200_000)]) {
        const path = `${one.directory}/text`;
        await one.machine.write(path, text, modes.file);
        // Neither machine writes files of the other: what comes out is said by who took it.
        const takes = command`tr a-z A-Z`;
        const sends = [{ ...cat, stdin: text }] as const;
        const numbers = await pipeBetween(
          { from: one.machine, sends },
          { to: other.machine, takes: [takes, { ...cat, quiet: true }] },
        );
        assert.equal(numbers.bytes, Buffer.byteLength(text));
      }
      assert.ok(other.events.some((event) => event.type === 'command.started' && /^tr a-z A-Z/.test(event.command)));
    });

    test(`${what}: a file comes over whole, in the place of what was there`, async (t) => {
      const [one, other] = [await openFrom(t), await openTo(t)];
      const [from, to] = [`${one.directory}/left`, `${other.directory}/arrived`];
      await other.machine.write(to, 'old', modes.file);
      await one.machine.write(from, 'x'.repeat(1_200_000), modes.file);
      const target = { machine: other.machine, path: to, mode: '0600' } as const;
      const { bytes } = await passFile({ machine: one.machine, path: from }, target, 10_000);
      assert.equal(bytes, 1_200_000);
      assert.equal(await other.machine.read(to), await one.machine.read(from));
      assert.equal((await other.machine.stat(to))?.mode, '0600');
    });

    test(`${what}: the one that fails is the Problem, on whichever side it is`, async (t) => {
      const [one, other] = [await openFrom(t), await openTo(t)];
      const sends = [{ ...cat, stdin: 'text' }] as const;
      const bad = [command`false`] as const;
      const said = (run: Promise<unknown>) =>
        assert.rejects(run, (error) => error instanceof Problem && /false exited with 1/.test(error.message));
      await said(pipeBetween({ from: one.machine, sends: bad }, { to: other.machine, takes: [cat] }));
      await said(pipeBetween({ from: one.machine, sends }, { to: other.machine, takes: bad }));
    });
  }

/** As `ssh` of the kit, but what it does is no longer in the hands of who ends it: it only sees its input end. */
const farAway: Open = async (t) => {
  const bench = await ssh(t);
  const program = `${bench.directory}/far`;
  const text = '#!/bin/sh\nfor line do case $line in -O | -N) exit 0 ;; esac; done\nexec setsid --wait sh -c "$line"\n';
  await writeFile(program, text, { mode: 0o755 });
  const connection = new SshConnection({ user: 'aegir', host: 'web1', port: 22, controlPath: '/run/x', program });
  return { ...bench, machine: new SshMachine(handsOf(bench.claim, bench.events), () => connection) };
};

for (const [name, open] of Object.entries({ ...doing, farAway })) {
  test(`${name}: bytes that are no text arrive as they are, and no more is on its way than the slower side takes`, async (t) => {
    const [one, other] = [await open(t), await open(t)];
    const bytes = Buffer.from(Array.from({ length: 4_000_000 }, (_, at) => (at * 7919) >> 3));
    await writeFile(`${one.directory}/odd`, bytes);
    const slow = command`sh -c ${'sleep 1; exec cat'}`;
    const sum = command`b2sum`;
    const sends = [command`cat ${`${one.directory}/odd`}`] as const;
    const numbers = await pipeBetween({ from: one.machine, sends }, { to: other.machine, takes: [slow, sum] });
    assert.equal(numbers.bytes, bytes.length);
    const said = other.events.find((event) => event.type === 'command.output' && event.text.includes(numbers.blake2b));
    assert.ok(said);
  });

  if (name === 'ssh') continue; // Its far side is ended with it, by chance the reader last.
  test(`${name}: a file that cannot be read leaves what is in its place on the other side as it is`, async (t) => {
    const [one, other] = [await open(t), await open(t)];
    const to = `${other.directory}/arrived`;
    await other.machine.write(to, 'old', modes.file);
    const source = { machine: one.machine, path: `${one.directory}/left` };
    const target = { machine: other.machine, path: to, mode: '0600' } as const;
    await assert.rejects(passFile(source, target, 10_000), { message: /left/ });
    assert.equal(await other.machine.read(to), 'old');
  });

  test(`${name}: a sender that is lost half-way takes the one who reads with it, before that can take it for the end`, async (t) => {
    const [one, other] = [await open(t), await open(t)];
    const directory = await mkdtemp(join(tmpdir(), 'aegir-between-'));
    t.after(() => rm(directory, { recursive: true, force: true }));
    const pidFile = `${directory}/pid`;
    const sends = [command`sh -c ${'head -c 3000000 /dev/zero; exec sleep 60'}`] as const;
    const takes = [command`sh -c ${'echo $$ >"$1"; cat >"$1.got"; echo whole >"$1.whole"'} sh ${pidFile}`] as const;
    const going = pipeBetween({ from: one.machine, sends }, { to: other.machine, takes });
    await until(async () => ((await other.machine.read(`${pidFile}.got`)) ?? '') !== '');
    one.claim.abort(new Error('power cut'));
    await assert.rejects(going, /power cut/);
    const pid = ((await other.machine.read(pidFile)) ?? '').trim();
    await until(() => !isAlive(pid));
    assert.equal(await other.machine.read(`${pidFile}.whole`), null);
  });
}
