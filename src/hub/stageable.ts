import { sql } from 'kysely';
import type { Json } from '../model/json.ts';
import { Problem } from '../model/problem.ts';
import type { Asked } from './hub.ts';
import type { Subject } from './queue.ts';
import { one } from './rows.ts';
import { ask } from './task.ts';

interface Stageable {
  readonly fromId: string;
  readonly platformId: string;
  /** For how long the world may remember its records, as far as the hub knows; its dns service may say more. */
  readonly rememberedSeconds: number;
}

/** Whether a site could be moved like this now, and moving it in stages makes sense. The caller holds the site's row. */
export async function demandStageable(
  asked: Asked,
  site: Subject,
  args: Readonly<Record<string, Json>>,
): Promise<Stageable> {
  await demandMigratable(asked, site, args);
  const { tx } = asked;
  const { rows } = await sql<Stageable & { dns: string | null; isSameWeb: boolean; platform: string; server: string }>`
    select here.id as from_id, there.id as platform_id, site.dns_service_id as dns, there.name as platform, server.name as server,
      here.http_service_id = there.http_service_id as is_same_web,
      (select coalesce(max((pointing ->> 'ttlSeconds')::int), 0) from dns_record where site_id = site.id) as remembered_seconds
    from site join platform here on here.id = site.platform_id join server on server.id = here.server_id
      join platform there on there.name = ${args['platform']} and there.status <> 'deleted'
    where site.id = ${site.id}`.execute(tx);
  const { dns, isSameWeb, platform, server, ...found } = one(rows, `there is no platform '${args['platform']}'`);
  if (isSameWeb)
    throw new Problem(
      'invalid',
      `platform ${platform} is published by the same web server, so no name will lead elsewhere`,
      {
        hint: `Nobody has to forget anything: aegir site migrate ${site.name} ${platform}.`,
        fields: [{ path: 'platform', message: 'is published by the same web server' }],
      },
    );
  if (dns === null)
    throw new Problem('invalid', `no dns service of ours has the records of ${site.name}`, {
      hint: `Give it one: aegir site set ${site.name} --dns ${server}. For zones that nobody lets us into there is the engine 'null', which says what records to make.`,
    });
  return found;
}

/** What would be refused then is refused now: it is asked for, and taken back. */
async function demandMigratable(asked: Asked, site: Subject, args: Readonly<Record<string, Json>>): Promise<void> {
  const { tx } = asked;
  await sql`savepoint migratable`.execute(tx);
  await ask(asked, 'site', site.id, { name: 'site migrate', args, dryRun: true });
  await sql`rollback to savepoint migratable`.execute(tx);
}
