import { backupDelete } from '../../src/tasks/backup-delete.ts';
import { backupExport } from '../../src/tasks/backup-export.ts';
import { backupImport } from '../../src/tasks/backup-import.ts';
import { siteBackup } from '../../src/tasks/site-backup.ts';
import { siteClone } from '../../src/tasks/site-clone.ts';
import { siteMigrate } from '../../src/tasks/site-migrate.ts';
import { siteMove } from '../../src/tasks/site-move.ts';
import { siteRestore } from '../../src/tasks/site-restore.ts';
import type { FarmParts } from './farm.ts';
import { lived, secondVerified } from './moving-scenes.ts';
import { played, type Scene } from './played.ts';
import { backupName, type Truth } from './truth.ts';

/** Sites that go from one web server to another. The database stays (mysql), or goes with them. */
const kinds = { mysql: 'two servers, nginx, mysql, WordPress', sqlite: 'two servers, apache, sqlite, Drupal' } as const;

async function ready(parts: FarmParts): Promise<Truth> {
  const truth = await lived(parts);
  await secondVerified(parts, truth);
  return truth;
}

/** What was backed up on the first server lies on the second. */
async function backedUpElsewhere(parts: FarmParts): Promise<Truth> {
  const truth = await ready(parts);
  await played(parts, truth, [siteBackup], '7');
  const file = `${backupName('1')}.tar`;
  const text = parts.world.text(`/var/aegir/backups/${file}`) ?? '';
  parts.otherWorld?.put(`/var/second/backups/${file}`, text, { mode: '0600' });
  parts.world.remove(`/var/aegir/backups/${file}`);
  parts.world.directory(transfers, { mode: '0700' });
  parts.otherWorld?.directory('/var/second/passing', { mode: '0700' });
  return { ...truth, backupsAreFar: true };
}

/** Of the hub's machine, which is the first server. */
const transfers = '/var/aegir/transfers';

/** What another hub exported was uploaded here, as number 2; the second server is to keep it. */
async function uploadedForElsewhere(parts: FarmParts): Promise<Truth> {
  const truth = await backedUpElsewhere(parts);
  await played(parts, truth, [backupExport], '1');
  parts.world.move(`${transfers}/${backupName('1')}.tar`, `${transfers}/upload-x`);
  truth.backups['2'] = { status: 'queued', reason: 'import', siteId: null, upload: 'upload-x', manifest: null };
  return truth;
}

const there = { platform: 'p3', keepOldSeconds: 0 } as const;

export const serverScenes: readonly Scene[] = [
  {
    ...{ title: 'site migrate to another server', type: siteMigrate, subject: '7', args: there },
    only: [kinds.mysql],
    prepare: (parts) => ready(parts),
  },
  {
    ...{ title: 'site migrate to another server, with its database', type: siteMigrate, subject: '7' },
    args: { ...there, dbServer: 'db2' },
    only: [kinds.mysql, kinds.sqlite],
    prepare: (parts) => ready(parts),
  },
  {
    ...{ title: 'site move to another server', type: siteMove, subject: '7', args: there },
    only: [kinds.mysql],
    prepare: (parts) => ready(parts),
  },
  {
    ...{ title: 'site clone to another server', type: siteClone, subject: '8', args: { source: '7' } },
    only: [kinds.mysql],
    async prepare(parts) {
      const truth = await ready(parts);
      return { ...truth, cloneAt: { ...truth.cloneAt, platform: 'p3' } };
    },
  },
  {
    ...{ title: 'site restore of a backup on another server', type: siteRestore, subject: '7' },
    args: { backup: '1', backupFirst: false },
    only: [kinds.mysql, kinds.sqlite],
    prepare: backedUpElsewhere,
  },
  ...([backupExport, backupDelete] as const).map((type) => ({
    ...{ title: `${type.name} of one on another server`, type, subject: '1', args: {} },
    only: [kinds.mysql, kinds.sqlite],
    prepare: backedUpElsewhere,
  })),
  {
    ...{ title: 'backup import to another server', type: backupImport, subject: '2', args: {} },
    only: [kinds.mysql, kinds.sqlite],
    prepare: uploadedForElsewhere,
  },
];
