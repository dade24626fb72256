import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Given } from '../api/endpoints.ts';
import { email } from '../api/text.ts';
import type { Manifest } from '../model/backup.ts';
import { Problem } from '../model/problem.ts';
import { Secret } from '../model/secret.ts';
import { databaseName } from '../services/db/name.ts';
import { mayDo, reach, refused } from './access.ts';
import { checkedData } from './added-data.ts';
import { type AliasRow, demandFree, writeAliases } from './alias.ts';
import { oneBackup } from './backup-rows.ts';
import { giveCertificate } from './certificate-use.ts';
import { jsonb } from './database.ts';
import { type Asked, type Asking, accountOf, type Handler, type Hub } from './hub.ts';
import { taskTypeOf } from './possible.ts';
import { profilesOf } from './profiles.ts';
import { addTask } from './queue.ts';
import { demandQuota } from './quota.ts';
import { resolve } from './resolve.ts';
import { one } from './rows.ts';
import { seal } from './seal.ts';
import { settingValue } from './setting.ts';
import { siteById } from './site.ts';
import { chosenDns } from './site-dns.ts';
import { chosenDb, chosenProfile, type DbService, type HeldPlatform, heldPlatform } from './site-platform.ts';
import { siteSecret } from './site-secrets.ts';
import { taskById } from './task.ts';
import { visible } from './visible.ts';

export type Wanted = Given<'site create'>['body'];

/**
 * One transaction: the site with all its names, and the task that will install it, come to be together, or neither does.
 * The platform's row is held, so that no delete of it can be asked for meanwhile.
 */
const create: Handler<'site create'> = async ({ body }, asked) => {
  const { tx, hub } = asked;
  const clientId = await chosenClient(asked, body.client);
  demandOperator(asked, body, clientId);
  await demandQuota(tx, clientId, 'site');
  const platform = await heldPlatform(asked, body.platform, clientId);
  const backup = await backupFor(asked, body);
  const profile = chosenProfile(hub, platform, body.profile ?? profileOf(hub, platform, backup));
  const db = await chosenDb(asked, platform, body.dbServer);
  const dns = await chosenDns(asked, platform, body.dns);
  const names = siteNames(body.name, body.aliases ?? []);
  await demandFree(asked, names);
  demandRedirection(names, body.redirection ?? null);
  demandCertificate(body.certificatePath ?? null, body.keyPath ?? null);
  if (body.directory !== undefined && (!body.import || backup))
    throw refusal('directory', 'a new site has no directory yet', 'Only for a site that lies in its platform already.');
  const id = await insertSite(
    asked,
    { ...fromBackup(backup), ...body },
    { platformId: platform.id, profile, db, dns, clientId },
  );
  await writeAliases(asked, id, names);
  if (body.certificate !== undefined) await giveCertificate(asked, id, body.certificate);
  const type = taskTypeOf(hub, 'site', body.import ? 'site import' : 'site install');
  const { task } = await addTask(
    tx,
    type,
    { id, name: body.name, status: 'queued' },
    {
      args: backup ? { backup: backup.id, update: body.update } : {},
      ...{ dryRun: body.dryRun, accountId: accountOf(asked) },
    },
  );
  return { site: await siteById(asked, id), task: await taskById(asked, task) };
};

/** What reaches beyond the site: files of its server that are not its own, zones, what plug-ins do, a site that lies there. */
export function demandOperator({ caller }: Asked, wanted: Given<'site set'>['body'] | Wanted, client: string): void {
  const reaching = [
    ...(['certificatePath', 'keyPath', 'data', 'dns'] as const).filter((field) => wanted[field] !== undefined),
    ...('import' in wanted && wanted.import && wanted.backup === undefined ? ['import'] : []),
  ];
  if (reaching.length > 0 && !mayDo(caller, 'site operate', { client }))
    throw refused(caller, `give ${reaching.join(', ')} of a site`, { client });
}

interface ChosenBackup {
  readonly id: string;
  readonly manifest: Manifest | null;
}

/** Held, so that it is not deleted meanwhile; its task holds it from then on. */
async function backupFor(asked: Asked, body: Wanted): Promise<ChosenBackup | null> {
  if (body.backup === undefined) return null;
  if (!body.import) throw refusal('backup', 'a site of a backup is imported', 'Say so: import.');
  const { id, name, status } = await resolve(asked, 'backup', body.backup, { lock: true });
  if (status !== 'enabled')
    throw new Problem('wrong-status', `backup ${name} is ${status}`, {
      hint: 'Choose one that is enabled: aegir backup list.',
    });
  const { rows } = await sql<ChosenBackup>`select id, manifest from backup where id = ${id}`.execute(asked.tx);
  return oneBackup(rows, id);
}

function profileOf(hub: Asked['hub'], platform: HeldPlatform, backup: ChosenBackup | null): string | undefined {
  const wanted = backup?.manifest?.site.profile;
  return wanted !== undefined && profilesOf(hub, platform).includes(wanted) ? wanted : undefined;
}

/** What the site was called and who cared for it, unless it is given. */
function fromBackup(backup: ChosenBackup | null): Partial<Pick<Wanted, 'title' | 'email'>> {
  const { title, email: address } = backup?.manifest?.site ?? {};
  const parsed = email.safeParse(address);
  return { ...(title && { title }), ...(parsed.success && { email: parsed.data }) };
}

/** Who has a site made: a request, or the hub by itself. */
export type Inserting = Asking<Asked['tx']> & { readonly hub: Pick<Hub, 'catalog' | 'sealKey'> };

/** All names of it are allocated here. Throws Problem 'conflict' for a directory that is another's. */
export async function insertSite(
  { tx, hub, caller }: Inserting,
  wanted: Wanted,
  chosen: {
    readonly platformId: string;
    readonly profile: string;
    readonly db: DbService;
    readonly dns: string | null;
    readonly clientId: string;
  },
): Promise<string> {
  const { rows: drawn } = await sql<{ id: string }>`
    select nextval(pg_get_serial_sequence('site', 'id'))::text as id`.execute(tx);
  const { id } = one(drawn, 'a number for the site');
  const { name, directory = name, title = name, language, tls } = wanted;
  const sealed = (column: 'db_password' | 'hash_salt' | 'cron_key', bytes: number): Buffer =>
    seal(hub.sealKey, new Secret(randomBytes(bytes).toString('base64url')), siteSecret(column, id));
  const database = databaseName(name, id);
  const email = wanted.email ?? (await clientEmail({ tx }, chosen.clientId)) ?? emailFor(name);
  const { rows } = await sql<{ id: string }>`
    insert into site (id, name, client_id, platform_id, db_service_id, dns_service_id, directory, title, profile, language, email,
                      redirection, tls, certificate_path, key_path, db_name, db_user, db_password, hash_salt, cron_key,
                      run_user, fpm_socket, data, db_is_ours)
    overriding system value
    values (${id}, ${name}, ${chosen.clientId}, ${chosen.platformId}, ${chosen.db.id}, ${chosen.dns}, ${directory}, ${title},
            ${chosen.profile}, ${language}, ${email}, ${wanted.redirection ?? null}, ${tls},
            ${wanted.certificatePath ?? null}, ${wanted.keyPath ?? null}, ${database}, ${database},
            ${sealed('db_password', 24)}, ${sealed('hash_salt', 55)}, ${sealed('cron_key', 32)},
            ${await settingValue(tx, 'site.run-user')}, ${await settingValue(tx, 'site.fpm-socket')},
            ${jsonb(checkedData(hub, 'site', wanted.data ?? {}))}::jsonb, false)
    on conflict do nothing returning id`.execute(tx);
  if (rows[0]) return rows[0].id;
  const { rows: others } = await sql<{ name: string }>`
    select name from site where platform_id = ${chosen.platformId} and directory = ${directory}
      and status <> 'deleted' and ${visible('site', caller)}`.execute(tx);
  throw new Problem(
    'conflict',
    `the directory ${directory} of this platform belongs to the site ${others[0]?.name ?? 'of somebody else'}`,
    {
      hint: 'Choose another name, or another platform.',
    },
  );
}

export function emailFor(name: string): string {
  const email = `webmaster@${name}`;
  if (email.length <= 254) return email;
  throw refusal('email', 'the name is too long to make an address of it', 'Give one: --email.');
}

export async function clientEmail({ tx }: Pick<Asked, 'tx'>, id: string): Promise<string | null> {
  const { rows } = await sql<{ email: string | null }>`select email from client where id = ${id}`.execute(tx);
  return rows[0]?.email ?? null;
}

/** The one that was named; or the only one for which the caller may make sites; of all: 'main', made when it is first needed. */
export async function chosenClient(asked: Asking<Asked['tx']>, named: string | null | undefined): Promise<string> {
  const client = await resolve(asked, 'client', named ?? (await usualClient(asked)), { lock: true });
  if (client.status === 'enabled') return client.id;
  throw new Problem('wrong-status', `client ${client.name} is ${client.status}`, {
    hint: `Choose another, or unlock it: aegir client set ${client.name} --status enabled.`,
  });
}

async function usualClient({ tx, caller }: Asking<Asked['tx']>): Promise<string> {
  const clients = reach(caller, 'site change');
  if (clients === 'all') {
    await sql`insert into client (name, title) values ('main', 'Main') on conflict do nothing`.execute(tx);
    return 'main';
  }
  if (clients.length === 1 && clients[0]) return clients[0];
  throw refusal('client', 'several clients could be meant', 'Say whose site it is: --client.');
}

/** All names of a site. Throws Problem 'invalid' for one that is given twice. */
export function siteNames(
  name: string,
  aliases: NonNullable<Wanted['aliases']>,
): ReadonlyMap<string, AliasRow['kind']> {
  const names = new Map<string, AliasRow['kind']>([[name, 'canonical']]);
  for (const [at, alias] of aliases.entries()) {
    const one = typeof alias === 'string' ? { name: alias, redirect: false } : alias;
    if (names.has(one.name))
      throw refusal(`aliases.${at}`, `${one.name} is a name of the site already`, 'Give each name once.');
    names.set(one.name, one.redirect ? 'redirect' : 'alias');
  }
  return names;
}

export function demandRedirection(names: ReadonlyMap<string, unknown>, redirection: string | null): void {
  if (redirection !== null && !names.has(redirection))
    throw refusal(
      'redirection',
      `${redirection} is not a name of the site`,
      'Redirect to its name or one of its aliases.',
    );
}

export function demandCertificate(certificatePath: string | null, keyPath: string | null): void {
  if ((certificatePath === null) !== (keyPath === null))
    throw refusal(
      certificatePath === null ? 'certificatePath' : 'keyPath',
      'a certificate and its key belong together',
      'Give both paths, or neither for a certificate of our own.',
    );
}

const refusal = (path: string, message: string, hint: string): Problem =>
  new Problem('invalid', message, { hint, fields: [{ path, message }] });

export const siteCreateHandlers = { 'site create': create };
