import { archive } from '../../src/services/backup/archive.ts';
import type { Backups } from '../../src/services/backup/backups.ts';
import type { EngineHost } from '../../src/services/engine.ts';
import type { Files } from '../../src/services/file/files.ts';
import { local } from '../../src/services/file/local.ts';
import type { Truth } from './truth.ts';

/** Where a file service keeps second copies of backups. */
export const keptDirectory = '/srv/kept';

export function backupsOf(keeps: Truth['keeps'], host: EngineHost): Backups {
  // The engines' types are backup and file, so this is what they open.
  if (keeps === 'here') return archive.open(host, {}) as Backups;
  const files = local.open(host, { directory: keptDirectory }) as Files;
  const options = { fileService: 'files1', keepHere: keeps === 'in two places' };
  return archive.open({ ...host, files }, options) as Backups;
}
