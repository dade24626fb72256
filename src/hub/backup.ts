import { sql } from 'kysely';
import type { Handler } from './hub.ts';
import { contains, equals, listPage } from './list.ts';
import { resolve } from './resolve.ts';
import { iso } from './time.ts';

interface BackupRow {
  readonly id: string;
  readonly site: string;
  readonly status: string;
  readonly createdAt: Date;
}

const list: Handler<'backup list'> = async ({ query }, { tx }) => {
  const site = query.site === undefined ? undefined : await resolve(tx, 'site', query.site);
  const page = await listPage<BackupRow>(
    tx,
    {
      columns: sql`backup.id, site.name as site, backup.status, backup.created_at`,
      from: sql`backup join site on site.id = backup.site_id`,
      where: [equals('backup.site_id', site?.id), contains(['site.name'], query.q)],
      keys: [{ column: 'backup.id', type: 'bigint' }],
      descending: true,
    },
    query,
  );
  return { ...page, items: page.items.map((row) => ({ ...row, createdAt: iso(row.createdAt) })) };
};

export const backupHandlers = { 'backup list': list };
