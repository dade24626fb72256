import { diskOf } from '../../machine/room.ts';
import { discardDirectory } from '../site-directory.ts';
import { draftOf, type Moving } from './moving.ts';

/** Less than this is no room for what a web server is told. */
const leastBytes = 16 * 1024 * 1024;

/**
 * Earlier steps take the copy away, once the site is open again. But on a disk that is full it cannot be opened, as the web
 * server's configuration needs a little room: there the copy goes first.
 */
export async function makeRoom(context: Moving): Promise<void> {
  const { machine, platform, paths, db, site, report } = context;
  const disks = [await diskOf(machine, `${platform.root}/sites`), await diskOf(machine, paths.config)];
  if (disks.every(({ freeBytes }) => freeBytes >= leastBytes)) return;
  await report.note('the disk is full, so the copy is removed before the site is opened again', 'warning');
  await discardDirectory(draftOf(context));
  await db.destroy(site.database);
}
