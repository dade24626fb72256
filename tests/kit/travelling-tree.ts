import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { chmod, chown, lstat, mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { openDirectory } from './web.ts';

const run = promisify(execFile);
export const webId = Number(execFileSync('id', ['-u', 'www-data']));
/** What its site writes; the rest is ours. */
export const writtenByWeb = ['files', 'private'] as const;

/** A directory of a site, and the one that it is to come to. */
export interface SiteDirectories {
  readonly from: string;
  readonly to: string;
  asWeb(...argv: readonly string[]): Promise<unknown>;
  /** Fails unless all that matters is alike in both. */
  same(): Promise<void>;
}

export async function siteDirectories(t: TestContext): Promise<SiteDirectories> {
  const directory = await openDirectory('aegir-travel');
  t.after(() => directory.remove());
  const [from, to] = [join(directory.path, 'from'), join(directory.path, 'to')];
  for (const at of [from, to])
    for (const name of ['', 'files', 'private', 'private/temp', 'modules']) await mkdir(join(at, name));
  for (const at of [from, to])
    for (const name of ['files', 'private', 'private/temp']) {
      await chown(join(at, name), 0, webId);
      await chmod(join(at, name), 0o2770);
    }
  return {
    ...{ from, to },
    asWeb: (...argv) => run('sudo', ['-n', '-u', 'www-data', ...argv], { cwd: join(from, 'files') }),
    same: async () => assert.deepEqual(await listed(to), await listed(from)),
  };
}

/** Kind, mode, owner, group, time and path of everything, and sums of what is in the files. Times of what a task makes are its own. */
async function listed(root: string): Promise<readonly string[]> {
  const words = [root, '-mindepth', '1', '-not', '-type', 'l', '-printf', '%y %m %u %g %T@ %P\\0'];
  const { stdout } = await run('find', words, { encoding: 'latin1' });
  const lines = stdout.split('\0').map((line) => line.replace(/\.\d{10} /, ' '));
  const sums = await run('sh', ['-c', 'find . -type f -exec md5sum {} + | sort'], { cwd: root, encoding: 'latin1' });
  return [...lines.filter((line) => !/ (files|private|private\/temp)$/.test(line)).toSorted(), sums.stdout];
}

/** Eleven files with whatever is hard about files, a pipe, and links. */
export async function fillOddly({ from, asWeb }: SiteDirectories): Promise<void> {
  await asWeb('mkdir', '-p', '-m', '2775', 'pictures/a b');
  await asWeb(
    'sh',
    '-c',
    'echo one >one.txt; echo two >"pictures/a b/two"; chmod 600 one.txt; mkdir -m 700 closed; echo x >closed/x',
  );
  await asWeb(
    'sh',
    '-c',
    'printf x >"$(printf "new\\nline")"; printf y >"$(printf "\\377 latin")"; printf z >-rf; printf q >"back\\\\slash"; printf w >"#@ größe"',
  );
  await asWeb('touch', '-d', '2001-02-03 04:05:06', 'one.txt');
  await asWeb('ln', 'one.txt', 'second-name');
  await asWeb('truncate', '-s', '50M', 'sparse');
  await asWeb('ln', '-s', 'one.txt', 'link');
  await asWeb('ln', '-s', '/nowhere/at all @', 'dangling');
  await asWeb('ln', '-s', `${from}/private`, 'inside');
  await asWeb('mkfifo', 'pipe');
  await writeFile(join(from, 'local.settings.php'), '<?php // mine', { mode: 0o440 });
  await chown(join(from, 'local.settings.php'), 0, webId);
}

/** After `fillOddly` has arrived: links lead to where they should. */
export async function demandOddly({ to }: SiteDirectories): Promise<void> {
  const target = async (name: string) => (await run('readlink', [join(to, 'files', name)])).stdout.trim();
  assert.deepEqual(await Promise.all(['link', 'dangling', 'inside'].map(target)), [
    'one.txt',
    '/nowhere/at all @',
    `${to}/private`,
  ]);
}

export async function demandHoles({ to }: SiteDirectories): Promise<void> {
  assert.ok((await lstat(join(to, 'files/sparse'))).blocks < 1000, 'holes stay holes');
}

/** Four files that come, change, hide that they did, and take the place of a directory; one goes. */
export async function changeOddly({ from, asWeb }: SiteDirectories): Promise<void> {
  const { atime, mtime } = await lstat(join(from, 'files/-rf'));
  await asWeb('sh', '-c', 'echo 1 >new; echo changed >one.txt; rm -r closed; echo now a file >closed; rm second-name');
  await asWeb('sh', '-c', 'printf Z >./-rf; ln -sf two link; rm -f pipe');
  await utimes(join(from, 'files/-rf'), atime, mtime);
}
