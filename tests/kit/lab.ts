import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';

const tool = resolve(import.meta.dirname, '../lab/lab');

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** tests/lab/lab with these words; the test fails unless it succeeds. Which lab says LAB_NAME, as `./test farm` sets it. */
export async function lab(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await said(words);
  assert.equal(code, 0, `lab ${words.join(' ')} ended with ${code}: ${stderr}${stdout}`);
  return stdout;
}

/** As root on one of its hosts; `stdin` is what it reads. */
export async function onHost(host: string, words: readonly string[], stdin = ''): Promise<string> {
  const { code, stdout, stderr } = await said(['exec', host, ...words], stdin);
  assert.equal(code, 0, `on ${host}, ${words.join(' ')} ended with ${code}: ${stderr}${stdout}`);
  return stdout;
}

/** A constant script as root on one of its hosts, with its arguments. */
export const script = (host: string, text: string, ...args: readonly string[]): Promise<string> =>
  onHost(host, ['sh', '-euc', text, 'sh', ...args]);

/** For what is no fault of the test: whatever its exit code. */
export const tryOnHost = (host: string, ...words: readonly string[]): Promise<Said> => said(['exec', host, ...words]);

const patienceMs = 120_000;

function said(words: readonly string[], stdin = ''): Promise<Said> {
  assert.ok(process.env['LAB_NAME'], 'there is no lab: these tests are run by ./test farm');
  return new Promise((done) => {
    const options = { timeout: patienceMs, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 * 1024 } as const;
    const child = execFile(tool, words, options, (error, stdout, stderr) => {
      done({ code: error ? Number(error.code ?? 124) : 0, stdout, stderr });
    });
    child.stdin?.end(stdin);
  });
}

/** A directory of this machine as one of a host's, owned by somebody there. */
export async function copyToHost(host: string, from: string, to: string, owner: string): Promise<void> {
  const send = 'tar -C "$1" -cf - . | "$2" exec "$3" tar -C "$4" -xf - --no-same-owner';
  await script(host, 'mkdir -p "$1"', to);
  await new Promise<void>((done, fail) => {
    const words = ['-euc', send, 'sh', from, tool, host, to];
    execFile('sh', words, { timeout: patienceMs, killSignal: 'SIGKILL' }, (error) => (error ? fail(error) : done()));
  });
  await script(host, 'chown -R "$2" "$1"', to, owner);
}
