import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { TestContext } from 'node:test';

const tool = resolve(import.meta.dirname, '../../tools/fresh-machine');
const unavailable = 75;
const tookTooLong = 124;
const minute = 60_000;

interface Said {
  readonly code: number;
  /** Standard output and error as they came. */
  readonly text: string;
}

/** A Debian 12 of its own with nothing on it but this repository in /root/aegir, until the test ends. */
export interface FreshMachine {
  run(...argv: readonly string[]): Promise<Said>;
  /** What it said; the test fails unless it succeeds. */
  must(...argv: readonly string[]): Promise<string>;
}

/**
 * Null after t.skip() where a machine cannot be made at all: no namespaces, or packages are out of reach. `shows` are
 * paths of this machine to be seen in it (read-only), as FROM=TO. It ends with the test, also when that is killed.
 */
export async function freshMachine(t: TestContext, shows: readonly string[] = []): Promise<FreshMachine | null> {
  const why = await whyNot();
  if (why !== null) {
    t.skip(`no fresh machine can be made here: ${why}`);
    return null;
  }
  number += 1;
  const name = `up-${process.pid}-${number}`;
  t.after(() => tried('stop', name));
  const started = await tried('start', name, ...shows);
  assert.equal(started.code, 0, started.text);
  const machine = new Fresh(name);
  const apt = await machine.run('apt-get', '-o', 'APT::Update::Error-Mode=any', 'update');
  if (apt.code === 0) return machine;
  t.skip(`Debian's packages are out of reach: ${lastLine(apt.text)}`);
  return null;
}

let number = 0;

class Fresh implements FreshMachine {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  async run(...argv: readonly string[]): Promise<Said> {
    const said = await tried('exec', this.#name, ...argv);
    if (said.code !== tookTooLong) return said;
    const { text } = await ended('ps', processes);
    return {
      ...said,
      text: `${said.text}\nit was given up after ${patienceMs / minute} min, while there was:\n${text}`,
    };
  }

  async must(...argv: readonly string[]): Promise<string> {
    const { code, text } = await this.run(...argv);
    assert.equal(code, 0, `${argv.join(' ')} ended with ${code}:\n${text}`);
    return text;
  }
}

/** Asked once for each file of tests: it makes the Debian root, which takes a minute where none is kept. */
let asked: Promise<string | null> | undefined;
function whyNot(): Promise<string | null> {
  asked ??= (async () => {
    const possible = await tried('possible');
    if (possible.code === unavailable) return lastLine(possible.text);
    assert.equal(possible.code, 0, possible.text);
    return registryIsOut();
  })();
  return asked;
}

/** What ./up will ask npm for, asked for on this machine. */
async function registryIsOut(): Promise<string | null> {
  const manifest = await readFile(resolve(import.meta.dirname, '../../package.json'), 'utf8');
  // Our own file.
  const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> };
  const wanted = `commander@${dependencies['commander']}`;
  const answer = await ended('npm', ['view', wanted, 'version', '--fetch-retries=1', '--prefer-online']);
  return answer.code === 0 ? null : `no npm registry answers: ${lastLine(answer.text)}`;
}

const tried = (...words: readonly string[]): Promise<Said> => ended(tool, words);

/** Long, because the machine may be slow; a fault ends by itself much sooner. */
const patienceMs = 15 * minute;
/** Of those that stand still: what they do and what they wait for. */
const processes = ['-eo', 'pid,ppid,stat,wchan:24,etime,args', '--cols', '160', '--forest'];

function ended(program: string, words: readonly string[]): Promise<Said> {
  return new Promise((done, reject) => {
    // It is stopped when this process ends, however that happens. What this machine's own Aegir is told is not for it.
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] ?? '/root', FRESH_OWNER: String(process.pid) };
    const kept = Object.fromEntries(Object.entries(process.env).filter(([key]) => key.startsWith('FRESH_')));
    const child = spawn(program, words, { env: { ...kept, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    const answer = (code: number) => {
      clearTimeout(late);
      done({ code, text: Buffer.concat(chunks).toString() });
    };
    // What it began goes on, and may hold the ends of the pipes for long: they are not waited for.
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      answer(tookTooLong);
    }, patienceMs);
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => answer(code ?? tookTooLong));
  });
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
