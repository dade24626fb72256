import { randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { Problem } from '../model/problem.ts';
import { Secret } from '../model/secret.ts';
import { databaseName } from '../services/db/name.ts';
import type { Moved } from '../tasks/outcome.ts';
import type { CopyWanted } from '../tasks/task-type.ts';
import { demandFree } from './alias.ts';
import type { Asking, Hub } from './hub.ts';
import { demandMovable } from './movable.ts';
import type { Subject } from './queue.ts';
import { one } from './rows.ts';
import { type SealKey, seal, unseal } from './seal.ts';
import { chosenDb, demandSameKind, type HeldPlatform, heldPlatform } from './site-platform.ts';
import { siteSecret } from './site-secrets.ts';
import type { Tables } from './tables.ts';
import { visible } from './visible.ts';

interface Allocating extends Asking {
  readonly hub: Pick<Hub, 'catalog' | 'sealKey'>;
}

/** For whom a copy is allocated, and by which task. */
interface For {
  readonly site: Subject;
  readonly task: string;
  /** A dry run makes nothing, so its copy is a tombstone from the start and stands in nobody's way. */
  readonly dryRun: boolean;
}

interface Place {
  readonly platformId: string;
  readonly dbServiceId: string;
  readonly directory: string;
  readonly clientId: string;
}

/**
 * The row of a copy with all its names, in the transaction that adds its task. The caller holds the site's row.
 * Throws Problem 'wrong-status', 'invalid' or 'conflict', and then nothing was changed.
 */
export async function allocateCopy(asked: Allocating, wanted: CopyWanted, { site, task, dryRun }: For): Promise<void> {
  const { tx, hub } = asked;
  await demandOnlyOne(tx, site);
  const now = await placeOf(tx, site.id);
  const platform = wanted.platform === undefined ? null : await heldPlatform(asked, wanted.platform, now.clientId);
  if (platform) await demandMovable(asked, site, platform);
  const dbServiceId = await dbServiceFor(asked, now, platform, wanted.dbServer);
  const name = wanted.name ?? site.name;
  if (wanted.name !== undefined) await reserve(asked, site, wanted.name, dryRun ? null : task);
  const { rows: drawn } = await sql<{ id: string }>`
    select nextval(pg_get_serial_sequence('site', 'id'))::text as id`.execute(tx);
  const { id } = one(drawn, 'a number for the copy');
  const directory = directoryFor(wanted, { now: now.directory, site: site.id, copy: id });
  const platformId = platform?.id ?? now.platformId;
  const password = seal(hub.sealKey, new Secret(randomBytes(24).toString('base64url')), siteSecret('db_password', id));
  const database = databaseName(name, id);
  const inserted = await sql`
    insert into site (id, name, status, client_id, platform_id, db_service_id, directory, title, profile, language, email,
                      db_name, db_user, db_password, hash_salt, cron_key, run_user, fpm_socket, copy_of, task_id, deleted_at)
    overriding system value
    select ${id}, ${name}, ${dryRun ? 'deleted' : 'queued'}, client_id, ${platformId}, ${dbServiceId}, ${directory},
           title, profile, language, email, ${database}, ${database}, ${password}, ''::bytea, ''::bytea, run_user,
           fpm_socket, id, ${task}, case when ${dryRun} then now() end
    from site where id = ${site.id}
    on conflict do nothing`.execute(tx);
  if (Number(inserted.numAffectedRows) === 0) throw await directoryTaken(asked, platformId, directory);
}

async function placeOf(tx: Kysely<Tables>, site: string): Promise<Place> {
  const { rows } = await sql<Place>`
    select platform_id, db_service_id, directory, client_id from site where id = ${site}`.execute(tx);
  return one(rows, `there is no site ${site}`);
}

async function demandOnlyOne(tx: Kysely<Tables>, { id, name }: Subject): Promise<void> {
  const { rows } = await sql<{ taskId: string | null; taskName: string | null }>`
    select site.task_id, task.name as task_name from site left join task on task.id = site.task_id
    where site.copy_of = ${id} and site.status <> 'deleted' limit 1`.execute(tx);
  const [other] = rows;
  if (!other) return;
  throw new Problem('wrong-status', `${name} is being moved already, by task ${other.taskId} (${other.taskName})`, {
    hint: `Wait for its end, or cancel it: aegir task cancel ${other.taskId}.`,
  });
}

/** The one that was asked for; else it keeps its own. */
async function dbServiceFor(
  asked: Allocating,
  now: Place,
  platform: HeldPlatform | null,
  dbServer: string | undefined,
): Promise<string> {
  if (dbServer === undefined) return now.dbServiceId;
  const chosen = await chosenDb(asked, platform ?? (await platformById(asked.tx, now.platformId)), dbServer);
  if (platform === null && chosen.id === now.dbServiceId)
    throw new Problem('invalid', `the database is on ${chosen.server} already`, {
      hint: 'Choose another server.',
      fields: [{ path: 'dbServer', message: 'is where it is now' }],
    });
  await demandSameKind(asked.tx, now.dbServiceId, chosen);
  return chosen.id;
}

async function platformById(tx: Kysely<Tables>, id: string): Promise<HeldPlatform> {
  const { rows } = await sql<Omit<HeldPlatform, 'profiles'>>`
    select id, name, server_id, application, version from platform where id = ${id}`.execute(tx);
  return { ...one(rows, `there is no platform ${id}`), profiles: [] };
}

/** A hidden name is the site's, of which there is one copy at a time: what a task left behind is found by the next. */
function directoryFor(
  { directory, name }: CopyWanted,
  { now, site, copy }: { readonly now: string; readonly site: string; readonly copy: string },
): string {
  if (directory === 'aside') return `.copy-${site}`;
  if (directory === 'apart') return `copy-${copy}`;
  return name ?? now;
}

async function directoryTaken({ tx, caller }: Allocating, platformId: string, directory: string): Promise<Problem> {
  const { rows } = await sql<{ name: string }>`
    select name from site where platform_id = ${platformId} and directory = ${directory} and status <> 'deleted'
      and ${visible('site', caller)}`.execute(tx);
  return new Problem(
    'conflict',
    `the directory ${directory} of that platform belongs to ${rows[0]?.name ?? 'another'}`,
    {
      hint: 'Choose another platform, or rename or delete that site first.',
    },
  );
}

/** One of its own aliases may become its name; anybody else's not. */
async function reserve(asked: Allocating, site: Subject, name: string, task: string | null): Promise<void> {
  const { tx } = asked;
  if (name === site.name) throw new Problem('conflict', `${name} is its name already`, { hint: 'Choose another one.' });
  const { rows } = await sql`select from alias where name = ${name} and site_id = ${site.id}`.execute(tx);
  if (rows.length > 0) return;
  await demandFree(asked, new Map([[name, 'canonical']]));
  if (task === null) return;
  const { numAffectedRows } = await sql`
    insert into alias (name, site_id, kind, task_id) values (${name}, ${site.id}, 'reserved', ${task})
    on conflict do nothing`.execute(tx);
  if (Number(numAffectedRows) === 0) await demandFree(asked, new Map([[name, 'canonical']])); // Somebody was quicker by a moment.
}

/** When a task has ended, whatever its end: what was allocated with it is free again. */
export async function releaseCopies(tx: Kysely<Tables>, task: string): Promise<void> {
  await sql`
    update site set status = 'deleted', deleted_at = now()
    where task_id = ${task} and copy_of is not null and status <> 'deleted'`.execute(tx);
  await sql`delete from alias where task_id = ${task} and kind = 'reserved'`.execute(tx);
  await sql`
    delete from package_on_site using site
    where site.task_id = ${task} and site.copy_of is not null and package_on_site.site_id = site.id`.execute(tx);
}

/** Throws Problem 'not-found' when none was allocated with this task. */
export async function copyOf(tx: Kysely<Tables>, site: string, task: string): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    select id from site where copy_of = ${site} and task_id = ${task} order by id desc limit 1`.execute(tx);
  return one(rows, `no copy of site ${site} was allocated with task ${task}`).id;
}

interface CopyRow {
  readonly id: string;
  readonly name: string;
  readonly platformId: string;
  readonly dbServiceId: string;
  readonly directory: string;
  readonly dbName: string;
  readonly dbUser: string;
  readonly dbPassword: Buffer;
  readonly dbIsOurs: boolean;
}
const copyColumns = sql`id, name, platform_id, db_service_id, directory, db_name, db_user, db_password, db_is_ours`;

/** In the transaction that ends the task: what site and copy have changes hands, and the copy's row is a tombstone. */
export async function takeCopyOver(
  tx: Kysely<Tables>,
  key: SealKey,
  { site: siteId, task }: { readonly site: string; readonly task: string },
  moved: Moved,
): Promise<void> {
  const { rows: sites } = await sql<CopyRow>`select ${copyColumns} from site where id = ${siteId} for update`.execute(
    tx,
  );
  const copyId = await copyOf(tx, siteId, task);
  const { rows: copies } = await sql<CopyRow>`select ${copyColumns} from site where id = ${copyId} for update`.execute(
    tx,
  );
  const [site, copy] = [one(sites, `there is no site ${siteId}`), one(copies, `there is no copy ${copyId}`)];
  // First, as two that live may not have one place.
  await sql`update site set status = 'deleted', deleted_at = now() where id = ${copy.id}`.execute(tx);
  const given = moved.database ? copy : { ...copy, ...databaseOf(site) };
  const left = moved.database ? site : { ...site, ...databaseOf(copy) };
  await put(
    tx,
    key,
    { ...given, id: siteId, directory: copy.directory.startsWith('.') ? site.directory : copy.directory },
    given.id,
  );
  await put(tx, key, { ...left, id: copy.id }, left.id);
  await sql`delete from package_on_site where site_id = ${siteId}
    and exists (select from package_on_site copied where copied.site_id = ${copy.id})`.execute(tx);
  await sql`update package_on_site set site_id = ${siteId} where site_id = ${copy.id}`.execute(tx);
  if (copy.name !== site.name) await rename(tx, siteId, site.name, copy.name, moved.oldName ?? 'redirect');
}

const databaseOf = ({ id, dbServiceId, dbName, dbUser, dbPassword, dbIsOurs }: CopyRow) => ({
  ...{ id, dbServiceId, dbName, dbUser, dbPassword, dbIsOurs },
});

/** `sealedFor`: the row whose password it was. */
async function put(tx: Kysely<Tables>, key: SealKey, row: CopyRow, sealedFor: string): Promise<void> {
  const password = unseal(key, row.dbPassword, siteSecret('db_password', sealedFor));
  await sql`
    update site set name = ${row.name}, platform_id = ${row.platformId}, db_service_id = ${row.dbServiceId},
                    directory = ${row.directory}, db_name = ${row.dbName}, db_user = ${row.dbUser},
                    db_password = ${seal(key, password, siteSecret('db_password', row.id))}, db_is_ours = ${row.dbIsOurs}
    where id = ${row.id}`.execute(tx);
}

/** Its redirection stays, unless that was to the old name. */
async function rename(
  tx: Kysely<Tables>,
  siteId: string,
  from: string,
  to: string,
  oldName: NonNullable<Moved['oldName']>,
): Promise<void> {
  if (oldName === 'none') await sql`delete from alias where site_id = ${siteId} and name = ${from}`.execute(tx);
  else await sql`update alias set kind = ${oldName} where site_id = ${siteId} and name = ${from}`.execute(tx);
  await sql`
    update alias set kind = 'canonical', task_id = null where site_id = ${siteId} and name = ${to}`.execute(tx);
  await sql`update site set redirection = ${to} where id = ${siteId} and redirection = ${from}`.execute(tx);
}
