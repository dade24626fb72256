import { createHash } from 'node:crypto';
import { cp, glob, mkdir, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { absentIsNull, exists, putFile, putLink } from './files.ts';
import * as places from './places.ts';
import { ask, must } from './program.ts';
import type { Did } from './screen.ts';

/** Where this very program was started from: a clone that user aegir may not even be able to read. */
const source = resolve(import.meta.dirname, '../..');
const parts = ['src', 'dist/ui', 'bin', 'examples', 'package.json', 'package-lock.json', 'aegir.config.ts'];

/** Puts a copy that belongs to root where user aegir can read it and cannot change it. What runs goes on with its old copy. */
export async function copyProgram(): Promise<Did> {
  if (source === (await resolved(places.programLink))) return null; // Started from the copy itself.
  const target = `${places.programLink}-${await stamp()}`;
  const isThere = await exists(target);
  if (!isThere) {
    const fresh = `${target}.${process.pid}~`;
    await rm(fresh, { recursive: true, force: true });
    await fillProgram(fresh);
    await rename(fresh, target);
  }
  const switched = await putLink(places.programLink, target);
  return switched ? `${isThere ? 'back to' : 'copied to'} ${target}` : null;
}

/**
 * Removes copies that are no longer used; only after hub and worker were started from the new one. The hub's PostgreSQL
 * may run from an old one until it is stopped, and reads more of its files when it needs them.
 */
export async function removeOldCopies(): Promise<void> {
  const directory = dirname(places.programLink);
  const current = await resolved(places.programLink);
  const running = await programsThatRun();
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if (!isCopy.test(name) || path === current || running.some((one) => one.startsWith(`${path}/`))) continue;
    await rm(path, { recursive: true });
  }
}

async function programsThatRun(): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  // Those of the kernel have none, and some end while we look.
  const found = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/exe`).catch(() => null)));
  return found.filter((path) => path !== null);
}

/** Those that were cut off while they were made, too. */
const isCopy = /^aegir-[0-9a-f]{12}(?:\.\d+~)?$/;

export const resolved = (link: string): Promise<string | null> => readlink(link).catch(notALink);

function notALink(error: NodeJS.ErrnoException): null {
  if (error.code === 'EINVAL') return null;
  return absentIsNull(error);
}

const stampLength = 12;
const copyTimeoutMs = 5 * 60_000;

async function stamp(): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  for (const path of (await filesOfOurs()).toSorted())
    hash.update(`${path}\0`).update(await readFile(join(source, path)));
  return hash.digest('hex').slice(0, stampLength);
}

async function filesOfOurs(): Promise<string[]> {
  const paths: string[] = [];
  for (const part of parts) if (await exists(join(source, part))) paths.push(part);
  const found: string[] = [];
  for await (const entry of glob(
    paths.map((path) => (path.includes('.') ? path : `${path}/**/*`)),
    { cwd: source, withFileTypes: true },
  ))
    if (entry.isFile()) found.push(join(entry.parentPath, entry.name).slice(source.length + 1));
  return found;
}

/** Puts into an empty directory what runs: nothing of development. */
export async function fillProgram(fresh: string): Promise<void> {
  for (const path of await filesOfOurs()) {
    if (path.endsWith('.test.ts')) continue;
    await mkdir(dirname(join(fresh, path)), { recursive: true });
    await cp(join(source, path), join(fresh, path));
  }
  const packages = await packagesThatRun();
  for (const [scope, paths] of Map.groupBy(packages, dirname)) {
    await mkdir(join(fresh, scope), { recursive: true });
    // Thousands of files: a program that can be given up, as a disk may stand still.
    const hint = 'Is the disk full, or very slow? Then run this again.';
    await must(['cp', '-a', '-t', join(fresh, scope), '--', ...paths], hint, { cwd: source, timeoutMs: copyTimeoutMs });
  }
  // The very Node.js that runs now: the one for this processor, without its headers and manuals, which are thousands of files.
  const node = process.execPath.replace(/^.*\/node_modules\//, '');
  await mkdir(dirname(join(fresh, 'node_modules', node)), { recursive: true });
  await cp(process.execPath, join(fresh, 'node_modules', node));
  await mkdir(join(fresh, 'node_modules/.bin'), { recursive: true });
  await symlink(`../${node}`, join(fresh, 'node_modules/.bin/node'));
  await must(['chown', '-R', 'root:root', fresh], 'Is the disk writable?');
  await must(['chmod', '-R', 'u=rwX,go=rX', fresh], 'Is the disk writable?');
}

/**
 * Their directories: what the lock file does not call needed for development only, or a workspace of ours, which is for others.
 * What lies within a package comes with it.
 */
async function packagesThatRun(): Promise<readonly string[]> {
  // npm's own file; a package without `dev` is one that runs.
  const lock = JSON.parse(await readFile(join(source, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; link?: boolean }>;
  };
  const paths = Object.entries(lock.packages)
    .filter(([path, { dev, link }]) => isOutermost.test(path) && dev !== true && link !== true)
    .map(([path]) => path);
  const isHere = await Promise.all(paths.map((path) => exists(join(source, path))));
  return paths.filter((_, at) => isHere[at]);
}

const isOutermost = /^node_modules\/(?!node-linux-)(?:@[^/]+\/)?[^/]+$/;

const launcherText = `#!/bin/sh
# Written by ./up of Aegir.
exec ${places.programLink}/node_modules/.bin/node ${places.programLink}/src/main.ts "$@"
`;

/** The command `aegir` and its completion in bash. */
export async function putLauncher(): Promise<Did> {
  const done: string[] = [];
  if (await putFile(places.launcher, launcherText, { mode: 0o755 })) done.push(`wrote ${places.launcher}`);
  const completion = await ask([places.launcher, 'completion', 'bash']);
  if (
    completion.exitCode === 0 &&
    completion.stdout !== '' &&
    (await exists(dirname(dirname(places.completionFile))))
  ) {
    await mkdir(dirname(places.completionFile), { recursive: true });
    if (await putFile(places.completionFile, completion.stdout, { mode: 0o644 })) done.push('completion for bash');
  }
  return done.join(', ') || null;
}
