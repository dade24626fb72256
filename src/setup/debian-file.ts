import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { absentIsNull } from './files.ts';
import { ask } from './program.ts';

/** Whether a configuration file is still as its package brought it: then nobody misses it. False if there is none. */
export async function isUntouched(link: string): Promise<boolean> {
  const path = await realpath(link).catch(absentIsNull);
  if (path === null) return false;
  const owner = (await ask(['dpkg-query', '-S', path])).stdout.split(':')[0] ?? '';
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholder
  const { stdout } = await ask(['dpkg-query', '-W', '-f', '${Conffiles}\n', owner]);
  const line = stdout.split('\n').find((one) => one.trim().startsWith(`${path} `));
  const text = await readFile(path);
  return line?.trim().split(' ')[1] === createHash('md5').update(text).digest('hex');
}
