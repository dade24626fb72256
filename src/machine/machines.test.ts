import assert from 'node:assert/strict';
import { test } from 'node:test';
import { machines, modes, textOf } from '../../tests/kit/machines.ts';
import { Problem } from '../model/problem.ts';
import { Secret } from '../model/secret.ts';
import { command, query } from './command.ts';
import type { Machine } from './machine.ts';

// What all machines must do alike. What only real programs can show is in programs.test.ts.

const oddNames = ["it's", '$(touch x)', 'a\nb', 'größe ☃', '-rf', '"q" `b` \\', ' two  spaces ', '*', '#!~{}'];

for (const [name, open] of Object.entries(machines)) {
  test(`${name}: a program gets exactly the arguments it was given`, async (t) => {
    const { machine } = await open(t);
    const { stdout } = await machine.run(command`printf ${'%s\\0'} ${oddNames} ${''}`);
    assert.deepEqual(stdout.split('\0').slice(0, -1), [...oddNames, '']);
  });

  test(`${name}: odd file names are written, read, found, moved and removed`, async (t) => {
    const { machine, directory } = await open(t);
    for (const odd of oddNames) await machine.write(`${directory}/${odd}`, `text of ${odd}\n`, modes.file);
    const paths = oddNames.map((odd) => `${directory}/${odd}`);
    const found = await machine.find(directory, {});
    assert.deepEqual(found.map(({ path }) => path).toSorted(), paths.toSorted());
    assert.deepEqual(
      [...(await machine.readMany(paths))].toSorted(),
      paths.map((path, index) => [path, `text of ${oddNames[index]}\n`]).toSorted(),
    );
    for (const path of paths) {
      assert.equal(await machine.read(path), `text of ${path.slice(directory.length + 1)}\n`);
      await machine.move(path, `${path}.moved`);
      assert.equal(await machine.stat(path), null);
      await machine.remove(`${path}.moved`);
    }
    assert.deepEqual(await machine.find(directory, {}), []);
  });

  test(`${name}: what is absent is null, empty or fine, and not a failure`, async (t) => {
    const { machine, directory } = await open(t);
    await machine.write(`${directory}/file`, '', modes.file);
    for (const path of [`${directory}/no`, `${directory}/no/no`, `${directory}/file/no`]) {
      assert.equal(await machine.read(path), null);
      assert.equal(await machine.stat(path), null);
      assert.deepEqual(await machine.find(path, {}), []);
      await machine.remove(path);
    }
    const texts = await machine.readMany([`${directory}/no`, `${directory}/file`]);
    assert.deepEqual([...texts], [[`${directory}/file`, '']]);
    assert.equal((await machine.readMany([])).size, 0);
  });

  test(`${name}: a text arrives as it is, whatever is in it and however long it is`, async (t) => {
    const { machine, directory } = await open(t);
    for (const text of ['', '\n', 'no end', 'a\n\n', '$x `y` \\ "z" \'', 'größe ☃ 💧', 'x'.repeat(300_000)]) {
      await machine.write(`${directory}/file`, text, modes.file);
      assert.equal(await machine.read(`${directory}/file`), text);
      assert.equal((await machine.readMany([`${directory}/file`])).get(`${directory}/file`), text);
      assert.equal((await machine.stat(`${directory}/file`))?.sizeBytes, Buffer.byteLength(text));
    }
  });

  test(`${name}: files and directories get the mode and the group asked for, and their parents 0755`, async (t) => {
    const { machine, directory } = await open(t);
    const look = async (path: string) => {
      const stat = await machine.stat(`${directory}/${path}`);
      return stat && [stat.kind, stat.mode, stat.group];
    };
    await machine.write(`${directory}/file`, 'x', { mode: '0440', group: 'www-data' });
    assert.deepEqual(await look('file'), ['file', '0440', 'www-data']);
    await machine.makeDirectory(`${directory}/a/b/c`, { mode: '02770', group: 'www-data' });
    assert.deepEqual(await look('a/b/c'), ['directory', '02770', 'www-data']);
    assert.equal((await look('a/b'))?.[1], '0755');
    await machine.makeDirectory(`${directory}/a/b/c`, { mode: '0711' });
    assert.deepEqual(await look('a/b/c'), ['directory', '0711', 'www-data']);
    await assert.rejects(machine.write(`${directory}/file`, 'y', { mode: '0440', group: 'no-such-group' }), {
      code: 'command-failed',
      message: "there is no group 'no-such-group' on web1",
    });
    assert.equal(await machine.read(`${directory}/file`), 'x');
    assert.deepEqual((await machine.find(directory, { depthMax: 1 })).map(({ path }) => path).toSorted(), [
      `${directory}/a`,
      `${directory}/file`,
    ]);
  });

  test(`${name}: find looks for names, does not enter what is pruned, stops at its depth and follows no link`, async (t) => {
    const { machine, directory, link } = await open(t);
    for (const path of ['a/x.info', 'a/b/y.info', 'a/b/y.txt', 'skip/z.info', 'a/skip/z.info'])
      await machine
        .makeDirectory(`${directory}/${path.replace(/\/[^/]*$/, '')}`, modes.directory)
        .then(() => machine.write(`${directory}/${path}`, path, modes.file));
    await link(`${directory}/a`, `${directory}/link.info`);
    const found = async (find: object, root = directory) =>
      (await machine.find(root, find))
        .map(({ path, kind }) => `${path.slice(directory.length + 1)} ${kind}`)
        .toSorted();
    const info = ['a/b/y.info file', 'a/x.info file', 'link.info link'];
    assert.deepEqual(await found({ names: ['*.info'], prune: ['skip'] }), info);
    assert.deepEqual(await found({ names: ['*.txt', '[xz].inf?'] }), [
      'a/b/y.txt file',
      'a/skip/z.info file',
      'a/x.info file',
      'skip/z.info file',
    ]);
    assert.deepEqual(await found({ depthMax: 1 }), ['a directory', 'link.info link', 'skip directory']);
    assert.deepEqual(await found({ depthMax: 1, prune: ['skip', 'a'] }), [
      'a directory',
      'link.info link',
      'skip directory',
    ]);
    assert.deepEqual(await found({}, `${directory}/link.info`), []);
    assert.deepEqual(await found({}, `${directory}/a/x.info`), []);
  });

  test(`${name}: links are shown, removed and replaced, never followed`, async (t) => {
    const { machine, directory, link } = await open(t);
    await machine.makeDirectory(`${directory}/target`, modes.directory);
    await machine.write(`${directory}/target/file`, 'kept', modes.file);
    await link(`${directory}/target`, `${directory}/link`);
    assert.equal((await machine.stat(`${directory}/link`))?.kind, 'link');
    await assert.rejects(machine.makeDirectory(`${directory}/link`, { mode: '0700' }), { code: 'command-failed' });
    await machine.remove(`${directory}/link`);
    await link(`${directory}/target/file`, `${directory}/link`);
    assert.equal(await machine.read(`${directory}/link`), 'kept');
    await machine.write(`${directory}/link`, 'new', modes.file);
    assert.equal((await machine.stat(`${directory}/link`))?.kind, 'file');
    await link(`${directory}/target`, `${directory}/tree-link`);
    await machine.makeDirectory(`${directory}/tree`, modes.directory);
    await machine.move(`${directory}/tree-link`, `${directory}/tree/inside`);
    await machine.remove(`${directory}/tree`);
    assert.equal(await machine.read(`${directory}/target/file`), 'kept');
  });

  test(`${name}: move replaces a file and takes a directory with all that is in it`, async (t) => {
    const { machine, directory: d } = await open(t);
    await machine.write(`${d}/one`, '1', modes.file);
    await machine.write(`${d}/two`, '2', modes.file);
    await machine.move(`${d}/one`, `${d}/two`);
    assert.deepEqual([await machine.read(`${d}/one`), await machine.read(`${d}/two`)], [null, '1']);
    await machine.makeDirectory(`${d}/from/deep`, modes.directory);
    await machine.move(`${d}/two`, `${d}/from/deep/two`);
    await machine.move(`${d}/from`, `${d}/to`);
    assert.equal(await machine.read(`${d}/to/deep/two`), '1');
    await machine.write(`${d}/file`, 'x', modes.file);
    for (const [from, to] of [
      ['no', 'x'],
      ['file', 'no/x'],
      ['file', 'to'],
      ['to', 'file'],
    ])
      await assert.rejects(machine.move(`${d}/${from}`, `${d}/${to}`), { code: 'command-failed' }, `${from} to ${to}`);
    assert.equal(await machine.read(`${d}/file`), 'x');
  });

  test(`${name}: a file that cannot be written says which, where and what to do`, async (t) => {
    const { machine, directory } = await open(t);
    const path = `${directory}/missing/file`;
    await assert.rejects(machine.write(path, 'x', modes.file), {
      code: 'command-failed',
      message: `cannot write ${path} on web1: No such file or directory`,
      hint: `A directory above ${path} is missing: verify the server to make it.`,
    });
    await machine.makeDirectory(`${directory}/directory`, modes.directory);
    await assert.rejects(machine.write(`${directory}/directory`, 'x', modes.file), { code: 'command-failed' });
    await assert.rejects(machine.read(`${directory}/directory`), { code: 'command-failed' });
    assert.deepEqual(
      (await machine.find(directory, {})).map(({ path: found }) => found),
      [`${directory}/directory`],
    );
    await assert.rejects(machine.read('relative'), TypeError);
    await assert.rejects(machine.remove('/'), TypeError);
  });

  test(`${name}: an exit code is a failure unless it is allowed, and a program that is missing is one`, async (t) => {
    const { machine, events } = await open(t);
    assert.equal((await machine.run({ ...query`false`, allow: [0, 1] })).exitCode, 1);
    await assert.rejects(machine.run(query`false`), {
      code: 'command-failed',
      message: /^false exited with 1 on web1/,
    });
    await assert.rejects(machine.run(query`no-such-program`), {
      code: 'command-failed',
      message: /^no-such-program exited with 127 on web1/,
      hint: 'Install no-such-program on web1.',
    });
    const types = events.filter(({ type }) => type !== 'command.output').map(({ type }) => type);
    assert.deepEqual(types, Array(3).fill(['command.started', 'command.done']).flat());
    assert.deepEqual(events[0], { type: 'command.started', server: 'web1', command: 'false' });
  });

  test(`${name}: a secret reaches the program and its caller, and never the log or a message`, async (t) => {
    const secret = new Secret('p"w\'d/1');
    const { machine, events } = await open(t, [secret]);
    const { stdout } = await machine.run({
      ...command`cat`,
      stdin: `is ${secret.reveal()}, ${JSON.stringify(secret.reveal())}\n`,
    });
    assert.ok(stdout.includes(secret.reveal()));
    assert.equal(textOf(events), 'is ••••, "••••"\n');
    const other = new Secret('only on stdin');
    await machine.run({ ...command`cat`, stdin: other });
    await assert.rejects(machine.run(query`no-such-program ${secret.reveal()}`), (error: Problem) => {
      assert.ok(!error.message.includes('p"w'));
      return true;
    });
    assert.doesNotMatch(JSON.stringify(events), /p"w|p\\"w|only on stdin/);
  });

  test(`${name}: a quiet command leaves nothing of its output in the log`, async (t) => {
    const { machine, events } = await open(t);
    const { stdout } = await machine.run({ ...command`cat`, stdin: 'long', quiet: true });
    assert.deepEqual([stdout, textOf(events)], ['long', '']);
  });

  test(`${name}: with its claim lost, every method throws and nothing happens`, async (t) => {
    const { machine, directory, claim, other, events } = await open(t);
    await machine.write(`${directory}/file`, 'x', modes.file);
    const seen = events.length;
    claim.abort(new Problem('lost', 'somebody else has it'));
    const path = `${directory}/file`;
    const attempts = [
      machine.run(command`cat`),
      machine.pipe({ commands: [command`cat`], to: { path, mode: '0640' } }),
      machine.writeAt(path, 0, 'y'),
      machine.read(path),
      machine.readMany([path]),
      machine.readMany([]),
      machine.stat(path),
      machine.find(directory, {}),
      machine.write(path, 'y', modes.file),
      machine.makeDirectory(`${directory}/new`, modes.directory),
      machine.move(path, `${path}2`),
      machine.remove(path),
      machine.exclusively(`${directory}/lock`, async () => assert.fail('it acted')),
    ];
    const ends = await Promise.allSettled(attempts);
    assert.deepEqual(
      new Set(ends.map((end) => (end.status === 'rejected' ? end.reason.code : end))),
      new Set(['lost']),
    );
    const after = await other().find(directory, {});
    assert.deepEqual(
      after.map((stat) => stat.path),
      [path],
    );
    assert.equal(await other().read(path), 'x');
    assert.equal(events.length, seen);
  });

  test(`${name}: only one at a time is inside a lock, on a file or a directory, and it is freed when the one inside fails`, async (t) => {
    const { machine, directory, other } = await open(t);
    const lock = `${directory}/lock`;
    for (const path of [lock, directory]) {
      let inside = 0;
      const enter = async (who: Machine) =>
        who.exclusively(path, async () => {
          assert.equal(++inside, 1);
          await who.stat(path);
          inside--;
        });
      await Promise.all([machine, other(), machine, other()].map(enter));
    }
    await assert.rejects(
      machine.exclusively(lock, () => Promise.reject(new Error('inside'))),
      /inside/,
    );
    assert.equal(await other().exclusively(lock, async () => 'its answer'), 'its answer');
    await assert.rejects(
      machine.exclusively(`${directory}/no/lock`, async () => {}),
      { code: 'command-failed' },
    );
  });

  test(`${name}: who waits for a lock longer than the task may, is told`, async (t) => {
    const { machine, directory, other } = await open(t);
    const lock = `${directory}/lock`;
    await machine.exclusively(lock, async () => {
      await assert.rejects(
        other(300).exclusively(lock, async () => assert.fail('it acted')),
        { code: 'timeout' },
      );
    });
  });
}
