import { execFile } from 'node:child_process';
import { rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { openDirectory } from './web.ts';

const run = promisify(execFile);

/** A disk that a test can fill: then whoever writes gets the kernel's own ENOSPC. */
export interface Disk {
  readonly path: string;
  /** Until so many bytes are free. */
  fill(leftBytes: number): Promise<void>;
  makeRoom(): Promise<void>;
}

/** Null where we may not mount. Tests that write to it begin after this, and it goes after they have ended. */
export async function smallDisk(t: TestContext, megabytes: number): Promise<Disk | null> {
  const { path, remove } = await openDirectory('aegir-disk');
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0755`, 'tmpfs', path]).then(
    () => true,
    () => false,
  );
  t.after(async () => {
    // Lazily: servers that have files of it open may end after this.
    if (mounted) await run('umount', ['--lazy', path]);
    await remove();
  });
  if (!mounted) return null;
  const filler = join(path, 'filler');
  return {
    path,
    async fill(leftBytes) {
      const { bavail, bsize } = await statfs(path);
      const bytes = bavail * bsize - leftBytes;
      if (bytes > 0) await run('fallocate', ['--length', String(bytes), filler]);
    },
    makeRoom: () => rm(filler, { force: true }),
  };
}
