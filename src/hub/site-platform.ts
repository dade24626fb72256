import { type Kysely, sql } from 'kysely';
import type { PackageScan } from '../applications/application.ts';
import { Problem } from '../model/problem.ts';
import type { DatabaseAddress } from '../model/site.ts';
import { type Caller, mayDo } from './access.ts';
import type { Asking, Hub } from './hub.ts';
import { outstanding } from './possible.ts';
import { profilesOf } from './profiles.ts';
import type { Subject } from './queue.ts';
import { resolve } from './resolve.ts';
import { one } from './rows.ts';
import type { Tables } from './tables.ts';
import { usableBy } from './visible.ts';

/** A platform that takes sites, held for this transaction. */
export interface HeldPlatform {
  readonly id: string;
  readonly name: string;
  readonly serverId: string;
  readonly application: string | null;
  readonly version: string | null;
  readonly profiles: PackageScan['packages'];
}

/**
 * For a site of this client. Throws Problem 'wrong-status' for one that is not enabled or about to be deleted, 'forbidden'
 * for one that was given to other clients: whoever asks, as it is the client that may use it.
 */
export async function heldPlatform(asking: Asking, given: string, clientId: string): Promise<HeldPlatform> {
  const { tx } = asking;
  const { id, name, status } = await resolve(asking, 'platform', given, { lock: true });
  await demandUsable(tx, { id, name }, clientId);
  const no = (why: string, hint: string): Problem =>
    new Problem('wrong-status', `platform ${name} takes no site: it is ${why}`, { hint });
  if (status === 'queued')
    throw no('not verified yet', `Wait for its task: aegir task list --noun platform --subject ${name}.`);
  if (status === 'locked') throw no('locked', `Choose another platform, or unlock it: aegir platform unlock ${name}.`);
  if (status !== 'enabled') throw no(status, `Look why and verify it: aegir platform verify ${name}.`);
  const deleting = (await outstanding(tx, 'platform', [id])).get(id)?.find((task) => task.name === 'platform delete');
  if (deleting) throw no(`being deleted by task ${deleting.id}`, 'Choose another platform.');
  const { rows } = await sql<HeldPlatform>`
    select id, name, server_id, application, version,
           coalesce(jsonb_path_query_array(scan, '$.packages[*] ? (@.type == "profile")'), '[]') as profiles
    from platform where id = ${id}`.execute(tx);
  return one(rows, `there is no platform '${given}'`);
}

export async function demandUsable(
  tx: Kysely<Tables>,
  { id, name }: Pick<Subject, 'id' | 'name'>,
  clientId: string,
): Promise<void> {
  const { rows } = await sql<{ client: string }>`
    select name as client from client
    where id = ${clientId} and not exists (
      select from platform where platform.id = ${id} and ${usableBy(sql`${clientId}`)})`.execute(tx);
  const [refusal] = rows;
  if (refusal)
    throw new Problem('forbidden', `platform ${name} is not for client ${refusal.client}`, {
      hint: `Choose another platform, or give it to the client: aegir platform set ${name} --client ${refusal.client}.`,
    });
}

/** The profile that is asked for, if the platform carries it; 'standard' or the first unless one is; '' where there are none. */
export function chosenProfile(hub: Hub, platform: HeldPlatform, wanted: string | undefined): string {
  const profiles = profilesOf(hub, platform);
  if (wanted === undefined) return profiles.includes('standard') ? 'standard' : (profiles[0] ?? '');
  if (profiles.length === 0 ? wanted === '' : profiles.includes(wanted)) return wanted;
  throw new Problem('invalid', `platform ${platform.name} has no profile '${wanted}'`, {
    hint: profiles.length > 0 ? `It has: ${profiles.join(', ')}.` : 'Its application has none: leave it out.',
    fields: [{ path: 'profile', message: 'is not on this platform' }],
  });
}

export interface DbService {
  readonly id: string;
  readonly engine: string;
  readonly server: string;
}

/** A database goes only where the same kind of server is. Throws Problem 'invalid'. */
export async function demandSameKind(tx: Kysely<Tables>, service: string, chosen: DbService): Promise<void> {
  const { rows } = await sql<{ engine: string }>`select engine from service where id = ${service}`.execute(tx);
  const { engine } = one(rows, `there is no service ${service}`);
  if (engine === chosen.engine) return;
  throw new Problem('invalid', `the database is one of ${engine}, and ${chosen.server} has ${chosen.engine}`, {
    hint: `Choose a server whose db service is ${engine}.`,
    fields: [{ path: 'dbServer', message: `is a server of ${chosen.engine}` }],
  });
}

/** How the engines we know are spoken to; of others the application is asked when the site is installed. */
export const drivers: { readonly [engine: string]: DatabaseAddress['driver'] } = {
  mysql: 'mysql',
  postgresql: 'pgsql',
  sqlite: 'sqlite',
};

/**
 * The db service of the server that was named, or of the platform's, or the only one there is. Held, so that it stays.
 * Throws Problem 'invalid' when none or several could be meant, or the application does not go with its engine.
 */
export async function chosenDb(
  asking: Asking & { readonly hub: Pick<Hub, 'catalog'> },
  platform: HeldPlatform,
  named: string | undefined,
): Promise<DbService> {
  const { tx, hub, caller } = asking;
  const { rows } = await sql<DbService & { readonly serverId: string }>`
    select service.id, service.engine, server.name as server, service.server_id
    from service join server on server.id = service.server_id
    where service.type = 'db' and service.status <> 'deleted' and server.status <> 'deleted'
    order by service.id for share of service`.execute(tx);
  const wanted = named === undefined ? platform.serverId : (await resolve(asking, 'server', named)).id;
  const own = rows.find(({ serverId }) => serverId === wanted);
  const found = own ?? (named === undefined && rows.length === 1 ? rows[0] : undefined);
  if (!found) throw noDb(caller, rows, named);
  const application = hub.catalog.applications.find(({ name }) => name === platform.application);
  const driver = drivers[found.engine];
  const refused = driver && application?.refusesDatabase(driver, platform.version ?? '', null);
  if (refused)
    throw new Problem('invalid', refused, {
      hint: 'Choose another database service.',
      fields: [{ path: 'dbServer', message: `is a server of ${found.engine}` }],
    });
  return found;
}

function noDb(caller: Caller, services: readonly DbService[], named: string | undefined): Problem {
  const hint = (): string => {
    if (services.length === 0) return 'Give a server one: aegir service create <server> db --engine mysql.';
    const servers = mayDo(caller, 'server read') ? `: ${services.map(({ server }) => server).join(', ')}` : '';
    return `Say which server's${servers}.`;
  };
  const isNone = services.length === 0 || named !== undefined;
  return new Problem('invalid', isNone ? 'there is no database service' : 'several database services could be meant', {
    hint: hint(),
    fields: [{ path: 'dbServer', message: 'is not a server with a db service' }],
  });
}
