import { type RawBuilder, sql } from 'kysely';
import { contextName, platformContext, serverContext, siteContext } from '../model/context-name.ts';
import { hostName } from '../model/host-name.ts';
import { Problem } from '../model/problem.ts';
import { may, type Owned, refused } from './access.ts';
import type { Asking } from './hub.ts';
import { isId } from './list.ts';
import type { Subject } from './queue.ts';
import { visible } from './visible.ts';

/** What has a name, an id and a status, and may be written as any of name, context name and id. */
export type Named =
  | 'client'
  | 'account'
  | 'role'
  | 'server'
  | 'platform'
  | 'site'
  | 'backup'
  | 'certificate'
  | 'reserve'
  | 'offer';

/** Whose a row is, where it is a client's or may be. */
const owners: { readonly [Noun in Named]?: RawBuilder<unknown> } = {
  client: sql`client.id`,
  site: sql`site.client_id`,
  certificate: sql`certificate.client_id`,
  backup: sql`(select client_id from site where site.id = backup.site_id)`,
};

/**
 * The row that a person means. A name is compared whole; digits are an id when nothing has that name.
 * Without `lock` a deleted row is found too, by its id. With it, it is not: nothing can be done with it; and the row is
 * held until the transaction ends, so that its status stays what was read.
 * Throws Problem 'not-found', also for what the caller may not see; 'forbidden' where the row is a client's, for whom one
 * may not ask for this endpoint.
 */
export async function resolve(
  asking: Asking,
  noun: Named,
  given: string,
  { lock = false }: { readonly lock?: boolean } = {},
): Promise<Subject> {
  const { tx, caller } = asking;
  const name = nameIn(noun, given);
  const table = sql.table(noun);
  const live = sql`${table}.status <> 'deleted'`;
  // Rows of others may refer to it meanwhile: their foreign keys only need that it stays.
  const hold = lock ? sql`for no key update` : sql``;
  // A copy of a site is called as the site is, and nobody means it.
  const own = noun === 'site' ? sql`copy_of is null` : sql`true`;
  const columns = sql`select id, name, status, ${owners[noun] ?? sql`null::bigint`} as client from ${table}`;
  const mine = sql`${own} and ${visible(noun, caller)} ${hold}`;
  const byName = await sql<FoundRow>`${columns} where name = ${name} and ${live} and ${mine}`.execute(tx);
  if (byName.rows[0]) return permitted(asking, noun, byName.rows[0]);
  if (isId(given)) {
    const byId = await sql<FoundRow>`${columns} where id = ${given} and (${live} or ${!lock}) and ${mine}`.execute(tx);
    if (byId.rows[0]) return permitted(asking, noun, byId.rows[0]);
  }
  throw new Problem('not-found', `there is no ${noun} '${shorten(given)}'`, {
    hint: await hintFor(asking, noun, name),
  });
}

type FoundRow = Subject & Owned;

function permitted({ caller, endpoint, met }: Asking, noun: Named, { client, ...subject }: FoundRow): Subject {
  met?.push({ noun, id: subject.id, name: subject.name, client });
  const isOwned = owners[noun] !== undefined;
  if (!isOwned || may(caller, endpoint, { client })) return subject;
  throw refused(caller, `ask for '${endpoint}' of ${noun} ${subject.name}`, { client });
}

/** What a context name means, of whatever noun. Throws Problem 'invalid' or 'not-found'. */
export async function resolveContext(
  asking: Asking,
  text: string,
): Promise<Subject & { readonly noun: 'server' | 'platform' | 'site' }> {
  const { noun } = contextName(text);
  return { noun, ...(await resolve(asking, noun, text)) };
}

const contexts = { server: serverContext, platform: platformContext, site: siteContext };
export const contextOf = (noun: keyof typeof contexts, name: string): string => contexts[noun](name);

function nameIn(noun: Named, given: string): string {
  if (!given.startsWith('@')) return noun === 'site' ? spelled(given) : given;
  const meant = contextName(given);
  if (meant.noun !== noun)
    throw new Problem('not-found', `there is no ${noun} '${shorten(given)}'`, {
      hint: `${shorten(given)} is the name of a ${meant.noun}.`,
    });
  return noun === 'site' ? spelled(meant.name) : meant.name;
}

/** As names of sites are stored; what is no host name is no name of a site and is looked for as it is. */
function spelled(name: string): string {
  try {
    return hostName(name);
  } catch (error) {
    if (error instanceof Problem) return name;
    throw error;
  }
}

async function hintFor({ tx, caller }: Asking, noun: Named, name: string): Promise<string> {
  if (noun === 'site') {
    const { rows } = await sql<{ name: string }>`
      select site.name from alias join site on site.id = alias.site_id
      where alias.name = ${name} and alias.kind <> 'reserved' and ${visible('site', caller)}`.execute(tx);
    if (rows[0]) return `${shorten(name)} is an alias of the site ${rows[0].name}.`;
  }
  const { rows } = await sql`
    select from ${sql.table(noun)} where name = ${name} and status = 'deleted' and ${visible(noun, caller)} limit 1`.execute(
    tx,
  );
  return rows.length > 0 ? 'There was one, and it is deleted.' : `aegir ${noun} list shows what there is.`;
}

const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}…` : text);
