import { createHash } from 'node:crypto';
import { glob, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { textOf } from './files.ts';
import { must } from './program.ts';
import type { Did } from './screen.ts';

const source = resolve(import.meta.dirname, '../..');
const vite = join(source, 'node_modules/vite/bin/vite.js');
/** Written last, so what was cut off is built again. */
const stampFile = join(source, 'dist/ui/.built-for');
const buildMaxMs = 5 * 60_000;

/** Builds the panel into dist/ui unless it was built of the very same files. Where there is no Vite, as in the copy that runs, it stays as it is. */
export async function buildPanel(): Promise<Did> {
  const wanted = await stamp();
  if ((await textOf(stampFile)) === wanted || (await textOf(vite)) === null) return null;
  await must(
    [process.execPath, vite, 'build', '--logLevel', 'warn'],
    'The panel does not build; this is a fault in Aegir.',
    {
      cwd: source,
      timeoutMs: buildMaxMs,
    },
  );
  await writeFile(stampFile, wanted);
  return 'built';
}

async function stamp(): Promise<string> {
  const hash = createHash('sha256');
  const parts = ['src/{ui,api,model}/**/*.*', 'vite.config.ts', 'package-lock.json'];
  const paths: string[] = [];
  for await (const path of glob(parts, { cwd: source })) paths.push(path);
  for (const path of paths.toSorted()) hash.update(`${path}\0`).update(await readFile(join(source, path)));
  return hash.digest('hex');
}

if (import.meta.main) process.stdout.write(`the panel: ${(await buildPanel()) ?? 'was built already'}\n`);
