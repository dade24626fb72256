import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { doing, isAlive, local, modes, textOf, until } from '../../tests/kit/machines.ts';
import { Problem } from '../model/problem.ts';
import { Secret } from '../model/secret.ts';
import { command, query } from './command.ts';

for (const [name, open] of Object.entries(doing)) {
  test(`${name}: a program that takes too long is ended with all that it started`, async (t) => {
    const { machine, directory } = await open(t);
    const script = '(trap "" TERM; sleep 1000) & echo $! > "$1/pid"; sleep 1000';
    let pid = '';
    // Until it had time enough to start something.
    for (let timeoutMs = 500; pid === ''; timeoutMs *= 2) {
      const message = `sh took longer than ${timeoutMs} ms on web1`;
      const slow = { ...command`sh -c ${script} sh ${directory}`, timeoutMs };
      await assert.rejects(machine.run(slow), { code: 'timeout', message });
      pid = (await readFile(`${directory}/pid`, 'utf8').catch(() => '')).trim();
    }
    await until(() => !isAlive(pid));
  });

  test(`${name}: a reader sees the old text or the new, never half of one`, async (t) => {
    const { machine, directory } = await open(t);
    const path = `${directory}/file`;
    const texts = ['a', 'b'].map((letter) => letter.repeat(200_000));
    await machine.write(path, texts[0]!, modes.file);
    let writing = true;
    const writer = (async () => {
      for (let round = 0; round < 10; round++) await machine.write(path, texts[round % 2]!, modes.file);
      writing = false;
    })();
    while (writing) assert.ok(texts.includes(await readFile(path, 'utf8')));
    await writer;
    assert.deepEqual(
      (await machine.find(directory, {})).map((stat) => stat.path),
      [path],
    );
  });

  test(`${name}: a secret is scrubbed even if the program says it in two parts`, async (t) => {
    const secret = new Secret('abcdefghijkl');
    const { machine, events } = await open(t, [secret]);
    const script = 'printf "x abcdef"; sleep 0.5; printf "ghijkl y\\nnext"; sleep 0.5; printf " line\\n"';
    const { stdout } = await machine.run(
      command`sh -c ${script.replaceAll('abcdef', '$1').replaceAll('ghijkl', '$2')} sh abcdef ghijkl`,
    );
    assert.equal(stdout, 'x abcdefghijkl y\nnext line\n');
    assert.equal(textOf(events), 'x •••• y\nnext line\n');
  });

  test(`${name}: the log has the beginning of a long output in small pieces, and says how much is missing`, async (t) => {
    const { machine, events } = await open(t);
    const { stdout } = await machine.run(command`seq 1 100000`);
    const pieces = events.flatMap((event) => (event.type === 'command.output' ? [event.text] : []));
    assert.ok(pieces.every((piece) => piece.length <= 8_000));
    assert.ok(pieces.slice(0, -1).every((piece) => piece.endsWith('\n')));
    assert.ok(stdout.startsWith(pieces.join('')));
    const note = events.find((event) => event.type === 'note');
    const missing = stdout.length - pieces.join('').length;
    assert.equal(note?.text, `${missing.toLocaleString('en')} more characters of output were left out`);
  });

  test(`${name}: a program finds nothing of ours in its environment, and works where it was told to`, async (t) => {
    process.env['DATABASE_URL'] = 'postgres://secret';
    t.after(() => delete process.env['DATABASE_URL']);
    const { machine, directory } = await open(t);
    const { stdout } = await machine.run({ ...query`env`, cwd: directory });
    const names = stdout.split('\n').map((line) => line.split('=')[0]);
    assert.deepEqual(names.filter((word) => !['', 'PWD', 'OLDPWD', 'SHLVL', '_'].includes(word!)).toSorted(), [
      'HOME',
      'LANG',
      'PATH',
    ]);
    assert.match(stdout, /PATH=.*\/usr\/sbin/);
    assert.equal((await machine.run({ ...query`pwd`, cwd: directory })).stdout, `${directory}\n`);
    await assert.rejects(machine.run({ ...query`pwd`, cwd: `${directory}/no` }), {
      code: 'command-failed',
      message: /cannot work in/,
    });
  });

  test(`${name}: a full disk is a problem of its own and leaves the old file`, async (t) => {
    const { machine, directory } = await open(t);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory], { stdio: 'pipe' });
    } catch (error) {
      return t.skip(`a small file system cannot be mounted here: ${String(error)}`);
    }
    try {
      await machine.write(`${directory}/file`, 'old', modes.file);
      await assert.rejects(machine.write(`${directory}/file`, 'x'.repeat(200_000), modes.file), {
        code: 'disk-full',
        hint: 'Free some space on web1 (df -h and df -i show what is full), then run the task again.',
      });
      assert.equal(await machine.read(`${directory}/file`), 'old');
      assert.equal((await machine.find(directory, {})).length, 1);
    } finally {
      execFileSync('umount', [directory]);
    }
  });

  test(`${name}: a lock is held against other processes, too, and freed when its holder is killed`, async (t) => {
    const { machine, directory, other } = await open(t);
    const lock = `${directory}/lock`;
    const holder = spawn('flock', [lock, 'sh', '-c', 'echo held; exec sleep 1000'], { detached: true });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    await assert.rejects(
      other(300).exclusively(lock, async () => {}),
      { code: 'timeout' },
    );
    process.kill(-holder.pid!, 'SIGKILL');
    await machine.exclusively(lock, async () => {});
    assert.throws(() => execFileSync('flock', ['-n', '/dev/null/x', 'true'], { stdio: 'pipe' }));
    await machine.exclusively(lock, async () => {
      assert.throws(() => execFileSync('flock', ['-n', lock, 'true'], { stdio: 'pipe' }), { status: 1 });
    });
  });

  test(`${name}: a program is ended when the claim is lost meanwhile`, async (t) => {
    const { machine, directory, claim } = await open(t);
    const running = machine.run(command`sh -c ${'echo $$ > "$1/pid"; exec sleep 1000'} sh ${directory}`);
    const ended = assert.rejects(running, { code: 'lost' });
    const pid = async () => (await readFile(`${directory}/pid`, 'utf8').catch(() => '')).trim();
    await until(async () => (await pid()) !== '');
    claim.abort(new Problem('lost', 'somebody else has it'));
    await ended;
    await until(async () => !isAlive(await pid()));
  });

  test(`${name}: with the claim lost, all that a program started is ended, even what does not want to`, async (t) => {
    const { machine, directory, claim } = await open(t);
    const script = '(trap "" TERM; sleep 1000) & echo $! > "$1/pid"; cat; sleep 1000';
    const running = machine.run({ ...command`sh -c ${script} sh ${directory}`, stdin: 'x'.repeat(10_000) });
    const ended = assert.rejects(running, { code: 'lost' });
    const pid = async () => (await readFile(`${directory}/pid`, 'utf8').catch(() => '')).trim();
    await until(async () => (await pid()) !== '');
    claim.abort(new Problem('lost', 'somebody else has it'));
    await ended;
    await until(async () => !isAlive(await pid()));
  });

  test(`${name}: what may not be written is refused with a hint`, async (t) => {
    const { machine } = await open(t);
    await assert.rejects(
      machine.write('/proc/aegir', 'x', modes.file),
      (error: Problem) => error.code === 'command-failed',
    );
  });
}

test('local: a program that does not read what it is told still decides by its exit code', async (t) => {
  const { machine } = await local(t);
  await machine.run({ ...query`true`, stdin: 'x'.repeat(5_000_000) });
});

test('local: something left running in the background is not waited for', async (t) => {
  const { machine, directory } = await local(t);
  const { stdout } = await machine.run(command`sh -c ${'sleep 1000 & echo $!'} sh ${directory}`);
  process.kill(Number(stdout), 'SIGKILL');
});
