import { glob, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mayHoldPasswords } from '../model/platform.ts';
import { webUser } from '../model/sudoers.ts';
import { user } from './places.ts';
import { must } from './program.ts';

const copyMinutes = 20;
const hint = 'Is there room on the disk (df -h) and may the files be read?';

/** Puts a code base at `target` as platforms are: of user aegir, read by all, written by nobody else. Whole or not at all. */
export async function copyTree(from: string, target: string): Promise<void> {
  const fresh = `${target}.${process.pid}~`;
  const more = { timeoutMs: copyMinutes * 60_000 };
  try {
    await rm(fresh, { recursive: true, force: true });
    await must(['cp', '-a', '--', from, fresh], hint, more);
    await must(['chown', '-R', '-h', `${user}:${user}`, fresh], hint, more);
    await must(['chmod', '-R', 'u=rwX,go=rX', fresh], hint, more);
    await hideSettings(fresh);
    await rename(fresh, target);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
}

async function hideSettings(root: string): Promise<void> {
  for await (const path of glob('**/{*.php,.env}', { cwd: root })) {
    if (!mayHoldPasswords(path)) continue;
    await must(['chown', '-h', `${user}:${webUser}`, join(root, path)], hint);
    await must(['chmod', '0640', join(root, path)], hint);
  }
}
