import { sql } from 'kysely';
import { Problem } from '../model/problem.ts';
import type { Asking } from './hub.ts';
import { resolve } from './resolve.ts';
import type { HeldPlatform } from './site-platform.ts';

/**
 * The dns service of the server that was named, held, so that it stays; null: none, which somebody may wish. Where nobody says,
 * that of the platform's server, if it has one. Throws Problem 'invalid' for a server without one.
 */
export async function chosenDns(
  asking: Asking,
  platform: Pick<HeldPlatform, 'serverId'> | null,
  named: string | null | undefined,
): Promise<string | null> {
  if (named === null) return null;
  const server = named === undefined ? platform?.serverId : (await resolve(asking, 'server', named)).id;
  const { rows } = await sql<{ id: string }>`
    select id from service where server_id = ${server ?? null}::bigint and type = 'dns' and status <> 'deleted'
    for share`.execute(asking.tx);
  if (rows[0] || named === undefined) return rows[0]?.id ?? null;
  throw new Problem('invalid', `server ${named} has no dns service`, {
    hint: `Give it one: aegir service create ${named} dns --engine bind. Or keep its names out of this: --no-dns.`,
    fields: [{ path: 'dns', message: 'is not a server with a dns service' }],
  });
}
