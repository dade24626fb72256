import { randomBytes } from 'node:crypto';
import { chmod, chown, lstat, mkdir, open, readFile, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { Problem } from '../model/problem.ts';
import { ask } from './program.ts';

export interface Owned {
  readonly mode: number;
  /** Names as in /etc/passwd and /etc/group; root unless given. */
  readonly user?: string;
  readonly group?: string;
}

interface Ids {
  readonly uid: number;
  readonly gid: number;
}

export async function idsOf({ user = 'root', group = user }: { user?: string; group?: string }): Promise<Ids> {
  return { uid: await idIn('passwd', user), gid: await idIn('group', group) };
}

async function idIn(database: 'passwd' | 'group', name: string): Promise<number> {
  const { stdout } = await ask(['getent', database, name]);
  const id = stdout.split(':')[2];
  if (!id) throw new Problem('not-found', `there is no ${database === 'passwd' ? 'user' : 'group'} ${name}`);
  return Number(id);
}

/** Makes the file so, whole or not at all. Says whether anything was to do. `check` may refuse the new text before it is in force. */
export async function putFile(
  path: string,
  text: string | Buffer,
  owned: Owned,
  check?: (fresh: string) => Promise<void>,
): Promise<boolean> {
  const ids = await idsOf(owned);
  const there = await lstat(path).catch(absentIsNull);
  const same = there?.isFile() && (await readFile(path)).equals(Buffer.from(text));
  if (same && there?.uid === ids.uid && there.gid === ids.gid && (there.mode & 0o7777) === owned.mode) return false;
  const fresh = `${path}.${randomBytes(4).toString('hex')}~`;
  try {
    const file = await open(fresh, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.chown(ids.uid, ids.gid);
      await file.chmod(owned.mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await check?.(fresh);
    await rename(fresh, path);
  } finally {
    await rm(fresh, { force: true });
  }
  return true;
}

/** Makes the directory so, itself and not what is in it. Says whether anything was to do. */
export async function putDirectory(path: string, owned: Owned): Promise<boolean> {
  const ids = await idsOf(owned);
  const there = await lstat(path).catch(absentIsNull);
  if (there && !there.isDirectory())
    throw new Problem('conflict', `${path} is there and is not a directory`, {
      hint: 'Move it away, then run ./up again.',
    });
  if (there && there.uid === ids.uid && there.gid === ids.gid && (there.mode & 0o7777) === owned.mode) return false;
  if (!there) await mkdir(path, { recursive: true, mode: owned.mode });
  await chown(path, ids.uid, ids.gid);
  await chmod(path, owned.mode);
  return true;
}

/** Points the link at the target in one step. Says whether anything was to do. */
export async function putLink(path: string, target: string): Promise<boolean> {
  const there = await lstat(path).catch(absentIsNull);
  if (there?.isSymbolicLink() && (await readlink(path)) === target) return false;
  if (there && !there.isSymbolicLink())
    throw new Problem('conflict', `${path} is there and is not Aegir's`, {
      hint: 'Move it away, then run ./up again.',
    });
  const fresh = `${path}.${randomBytes(4).toString('hex')}~`;
  await symlink(target, fresh);
  await rename(fresh, path);
  return true;
}

export const exists = async (path: string): Promise<boolean> => (await stat(path).catch(absentIsNull)) !== null;

export const textOf = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(absentIsNull);

export function absentIsNull(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}
