import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { doing, isAlive, until } from '../../tests/kit/machines.ts';
import { Problem } from '../model/problem.ts';
import { command, query } from './command.ts';

const cat = command`cat`;
/** Says its process id in a file, then does `then`. */
const known = (directory: string, name: string, then: string) =>
  command`sh -c ${`echo $$ > "$1"; ${then}`} sh ${directory}/${name}.pid`;
const pidsOf = (directory: string, names: readonly string[]) =>
  Promise.all(names.map(async (name) => (await readFile(`${directory}/${name}.pid`, 'utf8').catch(() => '')).trim()));

for (const [name, open] of Object.entries(doing)) {
  test(`${name}: one that is killed because its reader has ended is not to blame; its reader is, if it failed`, async (t) => {
    const { machine } = await open(t);
    const { stdout } = await machine.pipe({ commands: [query`yes`, query`head -n 2`, cat] });
    assert.equal(stdout, 'y\ny\n');
    await assert.rejects(
      machine.pipe({ commands: [query`yes`, cat, query`sh -c ${'read x; echo sorry >&2; exit 3'}`] }),
      {
        message: /^sh -c .* exited with 3 on web1: sorry/,
      },
    );
    await assert.rejects(machine.pipe({ commands: [query`yes`, query`sh -c ${'read x; kill -KILL $$'}`, cat] }), {
      message: /^sh -c .* exited with 137 on web1/,
    });
  });

  test(`${name}: the one that failed first is to blame, though its neighbours complain too`, async (t) => {
    const { machine } = await open(t);
    const stubborn = query`sh -c ${'trap "" PIPE; while echo y; do :; done; exit 5'}`;
    const picky = query`sh -c ${'n=$(wc -c); [ "$n" -gt 1000000 ] || exit 6'}`;
    for (let round = 0; round < 10; round++) {
      await assert.rejects(
        machine.pipe({ commands: [stubborn, query`sh -c ${'read x; exit 3'}`, picky] }),
        /exited with 3/,
      );
      await assert.rejects(machine.pipe({ commands: [query`sh -c ${'echo x; exit 4'}`, picky, cat] }), /exited with 4/);
    }
  });

  test(`${name}: bytes arrive as they are, through a compressor and from one directory to another`, async (t) => {
    const { machine, directory: d } = await open(t);
    const bytes = randomBytes(5_000_000);
    await writeFile(`${d}/from`, bytes);
    const commands = [command`zstd -q`, command`zstd -dq`] as const;
    const piped = await machine.pipe({ from: `${d}/from`, commands, to: { path: `${d}/to`, mode: '0600' } });
    assert.deepEqual(piped, {
      bytes: bytes.length,
      blake2b: createHash('blake2b512').update(bytes).digest('hex'),
      stdout: '',
    });
    assert.ok(bytes.equals(await readFile(`${d}/to`)));
    await machine.makeDirectory(`${d}/a`, { mode: '0755' });
    await machine.makeDirectory(`${d}/b`, { mode: '0755' });
    await writeFile(`${d}/a/file`, bytes);
    const [pack, unpack] = [command`tar -cf - file`, command`tar -xf -`];
    await machine.pipe({
      commands: [
        { ...pack, cwd: `${d}/a` },
        { ...unpack, cwd: `${d}/b` },
      ],
    });
    assert.ok(bytes.equals(await readFile(`${d}/b/file`)));
    await assert.rejects(
      machine.pipe({
        commands: [
          { ...pack, cwd: `${d}/a` },
          { ...unpack, cwd: `${d}/no` },
        ],
      }),
      {
        code: 'command-failed',
        message: `cannot work in ${d}/no on web1: No such file or directory`,
      },
    );
  });

  test(`${name}: what the programs of a pipe make has the modes that it has without a pipe`, async (t) => {
    const { machine, directory: d } = await open(t);
    const touch = (file: string) => command`touch ${d}/${file}`;
    await machine.run(touch('alone'));
    await machine.pipe({ commands: [touch('one'), touch('two')], to: { path: `${d}/to`, mode: '0600' } });
    const modes = new Set((await machine.find(d, { names: ['alone', 'one', 'two'] })).map(({ mode }) => mode));
    assert.deepEqual(modes, new Set(['0644']));
  });

  test(`${name}: what is longer than the memory we may use streams through`, async (t) => {
    const { machine, directory } = await open(t);
    const to = { path: `${directory}/file`, mode: '0600' } as const;
    const before = process.memoryUsage.rss();
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss() - before);
    }, 20);
    const { bytes } = await machine.pipe({ commands: [command`head -c 300000000 /dev/zero`, cat], to });
    clearInterval(watch);
    assert.equal(bytes, 300_000_000);
    assert.equal((await machine.stat(to.path))?.sizeBytes, 300_000_000);
    assert.ok(peak < 30_000_000, `${peak} bytes more`);
  });

  test(`${name}: whose time is over first ends all of them, and what they had written is gone`, async (t) => {
    const { machine, directory: d } = await open(t);
    const names = ['one', 'two', 'three'];
    for (const late of [0, 1, 2]) {
      const [one, two, three] = names.map((who, at) => ({
        ...known(d, who, 'echo x; exec sleep 1000'),
        timeoutMs: at === late ? 500 : 60_000,
      }));
      const to = { path: `${d}/file`, mode: '0600' } as const;
      await assert.rejects(machine.pipe({ commands: [one!, two!, three!], to: { ...to, append: late === 1 } }), {
        code: 'timeout',
        message: 'sh | sh | sh took longer than 500 ms on web1',
      });
      for (const pid of await pidsOf(d, names)) await until(() => !isAlive(pid));
      await until(async () => (await machine.find(d, {})).every(({ path }) => path.endsWith('.pid')));
    }
  });

  test(`${name}: a full disk is a problem of its own and leaves what was there`, async (t) => {
    const { machine, directory: d } = await open(t);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', d], { stdio: 'pipe' });
    } catch (error) {
      return t.skip(`a small file system cannot be mounted here: ${String(error)}`);
    }
    try {
      await machine.write(`${d}/file`, 'old', { mode: '0600' });
      for (const append of [false, true])
        await assert.rejects(
          machine.pipe({ commands: [query`yes`, cat], to: { path: `${d}/file`, mode: '0600', append } }),
          { code: 'disk-full', message: `cannot write ${d}/file on web1: No space left on device` },
        );
      assert.equal(await machine.read(`${d}/file`), 'old');
      assert.equal((await machine.find(d, {})).length, 1);
    } finally {
      execFileSync('umount', [d]);
    }
  });

  test(`${name}: text without end is refused`, async (t) => {
    const { machine } = await open(t);
    await assert.rejects(machine.pipe({ commands: [{ ...query`yes`, quiet: true }, cat] }), {
      message: 'yes | cat said more than 64 MiB on web1',
    });
  });

  test(`${name}: something that a program leaves in the background is not waited for`, async (t) => {
    const { machine, directory } = await open(t);
    const leaving = known(directory, 'left', 'sleep 1000 >/dev/null & echo $! > "$1"; echo done');
    const { stdout } = await machine.pipe({ commands: [leaving, cat] });
    const [pid] = await pidsOf(directory, ['left']);
    process.kill(Number(pid), 'SIGKILL');
    assert.equal(stdout, 'done\n');
  });

  test(`${name}: a pipe is ended with all of it when the claim is lost`, async (t) => {
    const { machine, directory: d, claim } = await open(t);
    const names = ['one', 'two'];
    const [one, two] = names.map((who) => known(d, who, 'echo x; exec sleep 1000'));
    const ended = assert.rejects(machine.pipe({ commands: [one!, two!], to: { path: `${d}/file`, mode: '0600' } }), {
      code: 'lost',
    });
    await until(async () => (await pidsOf(d, names)).every((pid) => pid !== ''));
    claim.abort(new Problem('lost', 'somebody else has it'));
    await ended;
    for (const pid of await pidsOf(d, names)) await until(() => !isAlive(pid));
  });
}
