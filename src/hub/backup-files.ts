import { sql } from 'kysely';
import type { Answer, Given } from '../api/endpoints.ts';
import { Problem } from '../model/problem.ts';
import { may, refused } from './access.ts';
import { askFor } from './ask.ts';
import { backupById } from './backup.ts';
import { insertBackup, serverOfSite } from './backup-rows.ts';
import { type Asked, type Asking, accountOf, type Hub, type Reader } from './hub.ts';
import { ownerOf, taskTypeOf } from './possible.ts';
import { demandQuota } from './quota.ts';
import { resolve } from './resolve.ts';
import { settingValue } from './setting.ts';
import { taskById } from './task.ts';
import { forget, forgetOld, give, receive } from './transfers.ts';

/** The file comes first, as that takes its time; then its row and the task that looks into it, in one transaction. */
export async function uploadBackup(
  { query }: Given<'backup upload'>,
  asking: Asked<Reader>,
  body: ReadableStream<Uint8Array> | null,
  tell: (tx: Reader, answer: Answer<'backup upload'>) => Promise<void>,
): Promise<Answer<'backup upload'>> {
  const { hub } = asking;
  const { db } = hub.database;
  // What is wrong with the request is said before anything is sent for nothing.
  await chosenPlace(asking, query);
  const bytesMax = (await settingValue(db, 'backup.upload-max-mb')) * 1024 * 1024;
  const { name: upload } = await receive(hub.transfers, body, bytesMax);
  try {
    return await db.transaction().execute(async (tx) => {
      const asked: Asked = { ...asking, tx };
      const { siteId, siteName, serverId } = await chosenPlace(asked, query);
      const client = siteId && (await ownerOf(tx, 'site', siteId));
      if (client) await demandQuota(tx, client, 'backup');
      const id = await insertBackup(tx, {
        ...{ siteId, siteName: query.name ?? siteName, serverId, upload },
        ...{ reason: 'import', note: query.note ?? '', accountId: accountOf(asked) },
      });
      const subject = await resolve(asked, 'backup', id, { lock: true });
      const { task } = await askFor(asked, taskTypeOf(hub, 'backup', 'backup import'), subject, {
        args: await importArgs(tx, query),
        accountId: accountOf(asked),
      });
      const answer = { backup: await backupById(asked, id), task: await taskById(asked, task) };
      await tell(tx, answer);
      return answer;
    });
  } catch (error) {
    await forget(hub.transfers, upload);
    throw error;
  }
}

async function importArgs(
  tx: Reader,
  { name, directory }: Given<'backup upload'>['query'],
): Promise<Readonly<Record<string, string | number>>> {
  const unpackedMaxMb = await settingValue(tx, 'backup.unpacked-max-mb');
  return { unpackedMaxMb, ...(name !== undefined && { name }), ...(directory !== undefined && { directory }) };
}

interface Place {
  readonly siteId: string | null;
  readonly siteName: string;
  readonly serverId: string;
}

async function chosenPlace(asking: Asking, { site, server }: Given<'backup upload'>['query']): Promise<Place> {
  const { tx, caller, endpoint } = asking;
  const found = site === undefined ? null : await resolve(asking, 'site', site);
  // What belongs to no site is no client's.
  if (found === null && !may(caller, endpoint, { client: null }))
    throw refused(caller, 'bring a backup that is of no site here', { client: null });
  const serverId = await chosenServer(asking, found && (await serverOfSite(tx, found.id)), server);
  return { siteId: found?.id ?? null, siteName: found?.name ?? '', serverId };
}

async function chosenServer(asking: Asking, ofSite: string | null, named: string | undefined): Promise<string> {
  if (named !== undefined) {
    const { id, name } = await resolve(asking, 'server', named);
    if (ofSite !== null && ofSite !== id)
      throw new Problem('invalid', `the site is not on server ${name}`, {
        hint: 'Leave out --server: it is kept where the site is.',
        fields: [{ path: 'server', message: 'is not the server of the site' }],
      });
    return id;
  }
  if (ofSite !== null) return ofSite;
  const { rows } = await sql<{ id: string }>`
    select id from server where status <> 'deleted' and exists (
      select from service where service.server_id = server.id and type = 'http' and service.status <> 'deleted')
    limit 2`.execute(asking.tx);
  if (rows.length === 1 && rows[0]) return rows[0].id;
  throw new Problem(
    'invalid',
    rows.length === 0 ? 'there is no server that carries sites' : 'there are several servers',
    {
      hint: 'Say which one keeps it: --server.',
      fields: [{ path: 'server', message: 'must be given' }],
    },
  );
}

export interface GivenFile {
  readonly name: string;
  readonly stream: ReadableStream;
  readonly bytes: number;
}

/** Throws Problem 'wrong-status' where no export has made it a file in the last day. */
export async function downloadBackup({ params }: Given<'backup download'>, asked: Asked<Reader>): Promise<GivenFile> {
  const { id, name } = await resolve(asked, 'backup', params.name);
  const file = await give(asked.hub.transfers, `${name}.tar`);
  if (file) return { name: `${name}.tar`, ...file };
  throw new Problem('wrong-status', `there is no file of backup ${id}`, {
    hint: `Make one, it is kept for a day: aegir backup export ${id} --to FILE.`,
  });
}

const keptMs = 24 * 60 * 60_000;

/** Files that were uploaded or exported are for a day; an upload that nobody looked into in time cannot be any more. */
export async function forgetTransfers({
  database: { db },
  transfers,
}: Pick<Hub, 'database' | 'transfers'>): Promise<void> {
  await forgetOld(transfers, keptMs);
  await sql`
    update backup set upload = null, status = case status when 'enabled' then status else 'deleted' end,
                      deleted_at = case status when 'enabled' then deleted_at else now() end
    where upload is not null and created_at < now() - make_interval(secs => ${keptMs / 1000})
      and not exists (select from task where subject_type = 'backup' and subject_id = backup.id
                        and task.status in ('queued', 'running', 'stuck'))`.execute(db);
}
