import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

interface SmallDisk {
  /** Why there can be none here; null: there is one. */
  readonly reason: string | null;
  remove(): void;
}

/** A disk of this many megabytes in the place of a directory, with what is in that; 0: only whether there can be one. */
export function smallDisk(path: string, megabytes: number): SmallDisk {
  const [mode, uid, gid] = execFileSync('stat', ['-c', '%a %u %g', path], { encoding: 'utf8' }).trim().split(' ');
  const options = `size=${megabytes || 1}m,mode=${mode},uid=${uid},gid=${gid}`;
  const inside = join(path, '../.small-disk');
  execFileSync('cp', ['-a', path, inside]);
  const end = (): void => rmSync(inside, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'pipe' });
  } catch (error) {
    end();
    return { reason: `a small file system cannot be mounted here: ${String(error)}`, remove: () => undefined };
  }
  const remove = (): void => {
    execFileSync('umount', [path]);
    end();
  };
  if (megabytes === 0) remove();
  else execFileSync('cp', ['-a', `${inside}/.`, path]);
  return { reason: null, remove };
}
