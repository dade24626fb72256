import { sql } from 'kysely';
import { type Reading, type ServerRow, type ServiceOnServer, serverRow, serviceOnServer } from './service-rows.ts';

/** File services by which files may go from one server to another. */
export interface CommonRows {
  readonly from: ServerRow;
  readonly to: ServerRow;
  /** With who of the two may use it. */
  readonly files: readonly { readonly service: ServiceOnServer; readonly byFrom: boolean; readonly byTo: boolean }[];
}

/**
 * A server may use its own, one that a service of it names, and a share that it has mounted. Nobody else is given the key of a file
 * service: it opens all that is kept there.
 */
export async function commonRows(reading: Reading, from: string, to: string): Promise<CommonRows> {
  const used = (by: string) => sql`(server.id = ${by}
    or coalesce(service.options -> 'paths' ? (select name from server as client where client.id = ${by}), false)
    or exists (select from service as client where client.server_id = ${by} and client.status = 'enabled'
               and client.options ->> 'fileService' = server.name))`;
  const { rows } = await sql<{ id: string; byFrom: boolean; byTo: boolean }>`
    select id, by_from, by_to from (
      select service.id, server.name, ${used(from)} as by_from, ${used(to)} as by_to
      from service join server on server.id = service.server_id
      where service.type = 'file' and service.status = 'enabled' and server.status <> 'deleted') as files
    where by_from or by_to order by name, id`.execute(reading.db);
  const files: CommonRows['files'][number][] = [];
  for (const { id, byFrom, byTo } of rows) files.push({ service: await serviceOnServer(reading, id), byFrom, byTo });
  return { from: await serverRow(reading, from), to: await serverRow(reading, to), files };
}
