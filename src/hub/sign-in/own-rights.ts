import { sql } from 'kysely';
import { type Answer, endpointNames } from '../../api/endpoints.ts';
import { type AccountCaller, may } from '../access.ts';
import type { Reader } from '../hub.ts';

/** What one may ask of whose things. Clients for which one has the same roles stand together. */
export async function rightsOf(tx: Reader, caller: AccountCaller): Promise<Answer<'session get'>['rights']> {
  const of = (client: string | null): readonly string[] =>
    endpointNames.filter((name) => may(caller, name, { client }));
  const { rows } = await sql<{ id: string; name: string }>`
    select id, name from client where id = any (${caller.grants.flatMap(({ client }) => client ?? [])}::bigint[])
    order by name`.execute(tx);
  const rolesFor = ({ id }: { id: string }): string =>
    JSON.stringify(
      caller.grants
        .filter(({ client }) => client === id)
        .map(({ role }) => role)
        .toSorted(),
    );
  const alike = [...Map.groupBy(rows, rolesFor).values()].map((clients) => ({
    clients: clients.map(({ name }) => name),
    permissions: [...of(clients[0]?.id ?? null)],
  }));
  return [{ clients: null, permissions: [...of(null)] }, ...alike];
}
