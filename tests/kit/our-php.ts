import { spawn } from 'node:child_process';
import { phpFile } from '../../src/applications/scripts.ts';

/**
 * Runs PHP of a test behind parts of our scripts, as the site's user and with the same way in and out: `$aegir` is the input, and
 * what the code returns is the answer. Throws what it failed with.
 */
export async function ourPhp(parts: readonly string[], code: string, input: object): Promise<unknown> {
  const data = Buffer.from(JSON.stringify({ seconds: 120, ...input })).toString('base64');
  const texts = ['prelude', ...parts].map((name) => phpFile(name).replace(/^<\?php\n/, ''));
  const text = `<?php $aegir = json_decode(base64_decode('${data}'), true);\n${texts.join('\n')}\naegir_run(function () use ($aegir) {\n${code}\n});`;
  const child = spawn('sudo', ['-n', '-u', 'www-data', 'php'], { stdio: ['pipe', 'pipe', 'inherit'], cwd: '/' });
  child.stdin.on('error', () => undefined); // it may end before it has read all
  child.stdin.end(text);
  let said = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) said += chunk;
  const { ok, answer, message } = JSON.parse(said.trimEnd().split('\n').at(-1) ?? '');
  if (!ok) throw new Error(String(message));
  return answer;
}
