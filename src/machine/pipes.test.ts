import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { machines, modes, textOf } from '../../tests/kit/machines.ts';
import { Problem } from '../model/problem.ts';
import { Secret } from '../model/secret.ts';
import { command, query } from './command.ts';
import type { Machine } from './machine.ts';

// What pipes do alike on all machines. What only real programs can show is in pipes-of-programs.test.ts.

const blake2b = (text: string): string => createHash('blake2b512').update(text).digest('hex');
const upper = command`tr a-z A-Z`;
const cat = command`cat`;
const saying = (stdin: string | Secret) => ({ ...cat, stdin });

const paths = async (machine: Machine, directory: string): Promise<readonly string[]> =>
  (await machine.find(directory, {})).map(({ path }) => path.slice(directory.length + 1)).toSorted();

for (const [name, open] of Object.entries(machines)) {
  test(`${name}: each program of a pipe reads what the one before it wrote; text, number of bytes and hash come back`, async (t) => {
    const { machine, events } = await open(t);
    for (const text of [
      '',
      'no end',
      'größe ☃\n',
      '\n\n',
      'good bad:0:1\nbytes:1\n',
      'nul \0 in it',
      'x'.repeat(300_000),
    ]) {
      const stdout = text.replace(/[a-z]/g, (letter) => letter.toUpperCase());
      const piped = await machine.pipe({ commands: [saying(text), upper, cat] });
      assert.deepEqual(piped, { stdout, bytes: Buffer.byteLength(stdout), blake2b: blake2b(stdout) });
    }
    const alone = await machine.pipe({ commands: [saying('alone')] });
    assert.equal(alone.stdout, 'alone');
    assert.deepEqual(events.at(0), { type: 'command.started', server: 'web1', command: 'cat | tr a-z A-Z | cat' });
    assert.ok(events.some((event) => event.type === 'command.output' && event.text === 'NO END'));
    assert.doesNotMatch(textOf(events), /blake2b/);
  });

  test(`${name}: the programs of a pipe get exactly the arguments they were given`, async (t) => {
    const { machine } = await open(t);
    const odd = [
      "it's",
      '$(touch x)',
      'a\nb',
      'größe ☃',
      '-rf',
      '"q" `b` \\',
      ' two  spaces ',
      '*',
      '#!~{}',
      '',
      '\\n',
    ];
    for (const pipe of [
      [command`printf ${'%s\\0'} ${odd}`, cat] as const,
      [cat, command`printf ${'%s\\0'} ${odd}`] as const,
    ]) {
      const { stdout } = await machine.pipe({ commands: pipe });
      assert.deepEqual(stdout.split('\0').slice(0, -1), odd);
    }
  });

  test(`${name}: a pipe reads from a file and writes to one, with the mode asked for and whatever they are called`, async (t) => {
    const { machine, directory, events } = await open(t);
    for (const odd of ['plain', "it's", '$(touch x)', 'a\nb', '-rf', ' *']) {
      const [from, path] = [`${directory}/${odd}`, `${directory}/${odd}.upper`];
      await machine.write(from, `text of ${odd}`, modes.file);
      const text = `text of ${odd}`.toUpperCase();
      for (const mode of ['0640', '0600'] as const) {
        const piped = await machine.pipe({ from, commands: [cat, upper], to: { path, mode } });
        assert.deepEqual(piped, { stdout: '', bytes: Buffer.byteLength(text), blake2b: blake2b(text) });
        assert.equal(await machine.read(path), text);
        assert.equal((await machine.stat(path))?.mode, mode);
      }
    }
    assert.equal((await paths(machine, directory)).length, 12);
    const shown = `cat < ${directory}/plain | tr a-z A-Z > ${directory}/plain.upper`;
    assert.deepEqual(events[0], { type: 'command.started', server: 'web1', command: shown });
    assert.equal(textOf(events), '');
  });

  test(`${name}: whichever program of a pipe fails is named, and what was at its target stays`, async (t) => {
    const { machine, directory } = await open(t);
    await machine.write(`${directory}/old`, 'old', modes.file);
    const bad = [
      [query`false`, { message: /^false exited with 1 on web1/ }],
      [
        command`no-such-program`,
        { message: /^no-such-program exited with 127 on web1: .*not found/s, hint: 'Install no-such-program on web1.' },
      ],
    ] as const;
    for (const [command, said] of bad)
      for (const commands of [[command, cat, cat], [cat, command, cat], [cat, cat, command], [command]] as const)
        for (const file of ['old', 'new']) {
          const to = { path: `${directory}/${file}`, mode: '0640' } as const;
          await assert.rejects(machine.pipe({ commands, to }), { code: 'command-failed', ...said });
          await assert.rejects(machine.pipe({ commands, to: { ...to, append: true } }), said);
          await assert.rejects(machine.pipe({ commands }), said);
          assert.deepEqual(await paths(machine, directory), ['old']);
          assert.equal(await machine.read(`${directory}/old`), 'old');
        }
    const allowed = { ...query`false`, allow: [0, 1] };
    assert.equal((await machine.pipe({ commands: [allowed, cat] })).stdout, '');
  });

  test(`${name}: what is appended stands behind what was there, in a new file too`, async (t) => {
    const { machine, directory } = await open(t);
    const to = { path: `${directory}/file`, mode: '0640', append: true } as const;
    const first = await machine.pipe({ commands: [saying('first,')], to });
    const second = await machine.pipe({ commands: [saying('second,'), upper], to });
    assert.deepEqual([first.bytes, second.bytes, second.blake2b], [6, 7, blake2b('SECOND,')]);
    assert.equal(await machine.read(to.path), 'first,SECOND,');
    await assert.rejects(machine.pipe({ commands: [saying('third'), { ...cat, allow: [1] }], to }), /exited with 0/);
    assert.equal(await machine.read(to.path), 'first,SECOND,');
    const behindGap = { ...to, gapBytes: 3 };
    const third = await machine.pipe({ commands: [saying('third')], to: behindGap });
    assert.deepEqual([third.bytes, third.blake2b], [5, blake2b('third')]);
    await assert.rejects(machine.pipe({ commands: [query`false`], to: behindGap }), /exited with 1/);
    assert.equal(await machine.read(to.path), 'first,SECOND,\0\0\0third');
    await machine.writeAt(to.path, 13, '...');
    assert.equal(await machine.read(to.path), 'first,SECOND,...third');
  });

  test(`${name}: a file that cannot be read or written is said before anything is started`, async (t) => {
    const { machine, directory: d, link } = await open(t);
    await machine.makeDirectory(`${d}/directory`, modes.directory);
    await machine.write(`${d}/target`, 'old', modes.file);
    await link(`${d}/target`, `${d}/link`);
    const write = (path: string, append = false) =>
      machine.pipe({ commands: [cat], to: { path, mode: '0640', append } });
    await assert.rejects(machine.pipe({ from: `${d}/no`, commands: [cat] }), {
      code: 'command-failed',
      message: `cannot read ${d}/no on web1: No such file or directory`,
    });
    await assert.rejects(machine.pipe({ from: `${d}/directory`, commands: [cat] }), { message: /Is a directory/ });
    for (const append of [false, true]) {
      const message = `cannot write ${d}/no/file on web1: No such file or directory`;
      await assert.rejects(write(`${d}/no/file`, append), { code: 'command-failed', message });
      await assert.rejects(write(`${d}/directory`, append), { message: /Is a directory/ });
    }
    await assert.rejects(write(`${d}/link`, true), { message: /Too many levels of symbolic links/ });
    assert.equal(await machine.read(`${d}/target`), 'old');
    await write(`${d}/link`);
    assert.deepEqual([(await machine.stat(`${d}/link`))?.kind, await machine.read(`${d}/target`)], ['file', 'old']);
    const lost = { ...cat, cwd: `${d}/no` };
    const message = `cannot work in ${d}/no on web1: No such file or directory`;
    for (const commands of [[lost], [lost, cat], [cat, lost]] as const)
      await assert.rejects(machine.pipe({ commands }), { code: 'command-failed', message });
    await assert.rejects(machine.run(lost), { code: 'command-failed', message });
    await assert.rejects(machine.pipe({ from: 'relative', commands: [cat] }), TypeError);
    await assert.rejects(write('/work/../x'), TypeError);
  });

  test(`${name}: a secret goes through a pipe, and never into the log or a message`, async (t) => {
    const secret = new Secret('p"w\'d/1');
    const { machine, events } = await open(t, [secret]);
    const { stdout } = await machine.pipe({ commands: [saying(`is ${secret.reveal()}\n`), cat] });
    assert.ok(stdout.includes(secret.reveal()));
    assert.equal(textOf(events), 'is ••••\n');
    await machine.pipe({ commands: [saying(new Secret('only on stdin')), cat] });
    await machine.pipe({ commands: [saying('long'), { ...cat, quiet: true }] });
    await assert.rejects(machine.pipe({ commands: [cat, query`no-such-program ${secret.reveal()}`] }), (error) => {
      assert.ok(error instanceof Problem && !error.message.includes('p"w'));
      return true;
    });
    assert.doesNotMatch(JSON.stringify(events), /p"w|p\\"w|only on stdin|long/);
  });

  test(`${name}: bytes of a file are written over where they are, and only those that are there`, async (t) => {
    const { machine, directory: d, link } = await open(t);
    const path = `${d}/file`;
    await machine.write(path, 'ü: 0000 end', { mode: '0640', group: 'www-data' });
    await machine.writeAt(path, 4, '0012');
    assert.equal(await machine.read(path), 'ü: 0012 end');
    await machine.writeAt(path, 9, 'END');
    const { mode, group, sizeBytes } = (await machine.stat(path))!;
    assert.deepEqual([mode, group, sizeBytes], ['0640', 'www-data', 12]);
    await assert.rejects(machine.writeAt(path, 10, 'END'), {
      code: 'command-failed',
      message: `cannot write over ${path} on web1: It is not that long`,
    });
    await assert.rejects(machine.writeAt(path, 0, 'ö'), TypeError);
    await link(path, `${d}/link`);
    await machine.makeDirectory(`${d}/directory`, modes.directory);
    await assert.rejects(machine.writeAt(`${d}/no`, 0, 'x'), { message: /No such file or directory/ });
    await assert.rejects(machine.writeAt(`${d}/directory`, 0, 'x'), { message: /Is a directory/ });
    await assert.rejects(machine.writeAt(`${d}/link`, 0, 'x'), { message: /Too many levels of symbolic links/ });
    assert.equal(await machine.read(path), 'ü: 0012 END');
  });
}
