import { sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import type { KeptElsewhere, Looked, Manifest } from '../model/backup.ts';
import { Problem } from '../model/problem.ts';
import { oneBackup } from './backup-rows.ts';
import type { Asked, Handler, Reader } from './hub.ts';
import { contains, equals, listPage, live, sorted } from './list.ts';
import { outstanding, possibleTasks } from './possible.ts';
import { resolve } from './resolve.ts';
import { iso } from './time.ts';
import { visible } from './visible.ts';

interface BackupRow {
  readonly id: string;
  readonly name: string;
  readonly site: string | null;
  readonly siteName: string;
  readonly server: string;
  readonly engine: string;
  readonly status: string;
  readonly reason: string;
  readonly note: string;
  readonly pinned: boolean;
  readonly bytes: string | null;
  readonly by: string | null;
  readonly task: string | null;
  readonly verified: Looked | null;
  readonly elsewhere: KeptElsewhere | null;
  readonly tested: Looked | null;
  readonly application: string | null;
  readonly version: string | null;
  readonly clientId: string | null;
  readonly createdAt: Date;
}
const columns = sql`backup.id, backup.name, site.name as site, backup.site_name, server.name as server, backup.engine,
  backup.status, backup.reason, backup.note, backup.pinned, backup.bytes, account.name as by, backup.task_id as task,
  backup.verified, backup.tested, backup.elsewhere, backup.manifest -> 'application' ->> 'name' as application,
  backup.manifest -> 'application' ->> 'version' as version, site.client_id, backup.created_at`;
const from = sql`backup join server on server.id = backup.server_id left join site on site.id = backup.site_id
  left join account on account.id = backup.account_id`;

async function answers(
  asked: Pick<Asked<Reader>, 'tx' | 'hub' | 'caller'>,
  rows: readonly BackupRow[],
): Promise<Answer<'backup pin'>[]> {
  const tasks = await outstanding(
    asked.tx,
    'backup',
    rows.map(({ id }) => id),
  );
  return rows.map(({ verified, tested, elsewhere, clientId: client, ...row }) => ({
    ...row,
    bytes: row.bytes === null ? null : Number(row.bytes),
    verified: verified && { ...verified },
    tested: tested && { ...tested },
    elsewhere: elsewhere && { ...elsewhere },
    createdAt: iso(row.createdAt),
    tasks: possibleTasks(asked, 'backup', { status: row.status, client }, tasks.get(row.id)),
  }));
}

/** As the API answers it, of one that the caller has just found or made. */
export async function backupById(
  asked: Pick<Asked<Reader>, 'tx' | 'hub' | 'caller'>,
  id: string,
): Promise<Answer<'backup pin'>> {
  const { rows } = await sql<BackupRow>`select ${columns} from ${from} where backup.id = ${id}`.execute(asked.tx);
  return oneBackup(await answers(asked, rows), id);
}

const sorts = {
  created: { column: 'backup.created_at', type: 'timestamptz' },
  site: { column: 'backup.site_name', type: 'text' },
  bytes: { column: sql`coalesce(backup.bytes, 0)`, type: 'bigint' },
} as const;

const list: Handler<'backup list'> = async ({ query }, asked) => {
  const site = query.site === undefined ? undefined : await resolve(asked, 'site', query.site);
  const page = await listPage<BackupRow>(
    asked.tx,
    {
      ...{ columns, from },
      where: [
        visible('backup', asked.caller),
        live('backup', query.status),
        equals('backup.site_id', site?.id),
        equals('backup.pinned', query.pinned && query.pinned === 'true'),
        contains(['backup.name', 'backup.site_name', 'backup.note'], query.q),
      ],
      ...sorted({ keys: [{ column: 'backup.id', type: 'bigint' }], descending: true }, sorts, query.sort),
    },
    query,
  );
  return { ...page, items: await answers(asked, page.items) };
};

const get: Handler<'backup get'> = async ({ params }, asked) => {
  const { id } = await resolve(asked, 'backup', params.name);
  const { rows } = await sql<{ manifest: Manifest | null }>`select manifest from backup where id = ${id}`.execute(
    asked.tx,
  );
  const { manifest } = oneBackup(rows, id);
  return { ...(await backupById(asked, id)), manifest: manifest && { ...manifest } };
};

async function setPinned(asked: Asked, named: string, pinned: boolean): Promise<Answer<'backup pin'>> {
  const { id, name, status } = await resolve(asked, 'backup', named, { lock: true });
  const deleting = (await outstanding(asked.tx, 'backup', [id])).get(id)?.find((task) => task.name === 'backup delete');
  if (pinned && (status !== 'enabled' || deleting))
    throw new Problem('wrong-status', `${name} cannot be pinned: it is ${deleting ? 'being deleted' : status}`, {
      hint: deleting
        ? `Cancel that first: aegir task cancel ${deleting.id}.`
        : 'Only a backup that is there can be kept.',
    });
  await sql`update backup set pinned = ${pinned} where id = ${id}`.execute(asked.tx);
  return backupById(asked, id);
}

const pin: Handler<'backup pin'> = ({ params }, asked) => setPinned(asked, params.name, true);
const unpin: Handler<'backup unpin'> = ({ params }, asked) => setPinned(asked, params.name, false);

export const backupHandlers = { 'backup list': list, 'backup get': get, 'backup pin': pin, 'backup unpin': unpin };
