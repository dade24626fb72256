import { glob, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { user, webUser } from './places.ts';
import { must } from './program.ts';

const copyMinutes = 20;
const hint = 'Is there room on the disk (df -h) and may the files be read?';

/** Puts a code base at `target` as platforms are: of user aegir, read by all, written by nobody else. Whole or not at all. */
export async function copyTree(
  from: string,
  target: string,
  { follow = false, move = false }: { follow?: boolean; move?: boolean } = {},
): Promise<void> {
  const fresh = move ? from : `${target}.${process.pid}~`;
  const more = { timeoutMs: copyMinutes * 60_000 };
  try {
    if (!move) {
      await rm(fresh, { recursive: true, force: true });
      await must(['cp', follow ? '-aL' : '-a', '--', from, fresh], hint, more);
    }
    await must(['chown', '-R', '-h', `${user}:${user}`, fresh], hint, more);
    await must(['chmod', '-R', 'u=rwX,go=rX', fresh], hint, more);
    await hideSettings(fresh);
    await rename(fresh, target);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
}

/** Settings of sites that came with it may hold passwords. */
async function hideSettings(root: string): Promise<void> {
  const patterns = [
    'sites/*/*settings*.php',
    '*/sites/*/*settings*.php',
    'wp-config.php',
    'sites/*/drushrc.php',
    '.env',
  ];
  for await (const path of glob(patterns, { cwd: root })) {
    if (path.includes('default.settings.php') || path.includes('example.settings')) continue;
    await must(['chown', '-h', `${user}:${webUser}`, join(root, path)], hint);
    await must(['chmod', '0640', join(root, path)], hint);
  }
}
