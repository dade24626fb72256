import { sql } from 'kysely';
import { Problem } from '../model/problem.ts';
import type { Reader } from './hub.ts';
import { one } from './rows.ts';

export interface Usage {
  readonly sites: number;
  readonly backups: number;
  /** What its backups take, and what each of its sites took when it was last backed up. */
  readonly bytes: number;
}

/** What clients have now, by id. Backups of sites that are deleted are theirs too. */
export async function usageOf(tx: Reader, clients: readonly string[]): Promise<ReadonlyMap<string, Usage>> {
  const { rows } = await sql<Omit<Usage, 'bytes'> & { id: string; bytes: string }>`
    select client.id, sites.count as sites, backups.count as backups, (sites.bytes + backups.bytes)::bigint as bytes
    from client,
      lateral (select count(*)::int as count, coalesce(sum(bytes), 0) as bytes from site
               where site.client_id = client.id and status <> 'deleted' and copy_of is null) as sites,
      lateral (select count(*)::int as count, coalesce(sum(backup.bytes), 0) as bytes
               from site join backup on backup.site_id = site.id
               where site.client_id = client.id and backup.status in ('queued', 'enabled')) as backups
    where client.id = any (${[...clients]}::bigint[])`.execute(tx);
  return new Map(rows.map(({ id, bytes, ...usage }) => [id, { ...usage, bytes: Number(bytes) }]));
}

interface Limits {
  readonly name: string;
  readonly sitesMax: number | null;
  readonly backupsMax: number | null;
  readonly diskMaxMb: number | null;
}

/**
 * Whether a client may have one more. Its row is held, so that two that ask at once do not both get the last place.
 * Throws Problem 'over-quota', with the numbers.
 */
export async function demandQuota(tx: Reader, client: string, more: 'site' | 'backup'): Promise<void> {
  const { rows } = await sql<Limits>`
    select name, sites_max, backups_max, disk_max_mb from client where id = ${client} for no key update`.execute(tx);
  const { name, sitesMax, backupsMax, diskMaxMb } = one(rows, `there is no client ${client}`);
  if (sitesMax === null && backupsMax === null && diskMaxMb === null) return;
  const { sites, backups, bytes } = (await usageOf(tx, [client])).get(client) ?? { sites: 0, backups: 0, bytes: 0 };
  const usedMb = Math.ceil(bytes / 1024 / 1024);
  if (more === 'site' && sitesMax !== null && sites >= sitesMax) throw over(name, `has ${sites} of ${sitesMax} sites`);
  if (more === 'backup' && backupsMax !== null && backups >= backupsMax)
    throw over(name, `has ${backups} of ${backupsMax} backups`);
  if (diskMaxMb !== null && usedMb >= diskMaxMb) throw over(name, `uses ${usedMb} of ${diskMaxMb} MB`);
}

const over = (client: string, what: string): Problem =>
  new Problem('over-quota', `client ${client} ${what}`, {
    hint: 'Delete what is not needed any more, or ask for a larger quota: aegir client set --help.',
  });
