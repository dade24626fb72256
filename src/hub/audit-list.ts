import { type RawBuilder, sql } from 'kysely';
import type { Answer, Given } from '../api/endpoints.ts';
import { type Caller, reach } from './access.ts';
import type { Asking, Handler } from './hub.ts';
import { contains, equals, isId, listPage } from './list.ts';
import { resolve } from './resolve.ts';
import { iso } from './time.ts';
import { visible } from './visible.ts';

type Item = Answer<'audit list'>['items'][number];
export type AuditRow = Omit<Item, 'at'> & { readonly at: Date };

export const auditColumns = sql`audit.id, audit.at, audit.account, audit.by, audit.address, audit.means, audit.what,
  audit.noun, audit.subject_id, audit.subject, client.name as client, audit.result, audit.code, audit.details`;
export const auditFrom = sql`audit left join client on client.id = audit.client_id`;

/** As this one may read it: a row is of one client, and what else was named may be another's. */
export function auditItem(caller: Caller): (row: AuditRow) => Item {
  const clients = reach(caller, 'audit read');
  const isSeen = ({ noun, client }: Also): boolean =>
    clients === 'all' ||
    (client === undefined ? !ofClients.includes(noun) : client === null || clients.includes(client));
  return ({ details: { also, ...details }, ...row }) => {
    const seen = ((also ?? []) as readonly Also[]).filter(isSeen).map(({ noun, name }) => ({ noun, name })); // as audited.ts writes it
    return { ...row, at: iso(row.at), details: { ...details, ...(seen.length > 0 && { also: seen }) } };
  };
}

interface Also {
  readonly noun: string;
  readonly name: string;
  /** Id of whose it is; rows of before do not say it. */
  readonly client?: string | null;
}
const ofClients = ['client', 'site', 'backup', 'certificate', 'task', 'batch'];

type Filters = Omit<Given<'audit export'>['query'], 'format'>;

/** All must hold. Throws Problem 'not-found' for an account or a client that one does not see. */
export async function auditConditions(
  asking: Asking,
  query: Filters,
): Promise<readonly (RawBuilder<unknown> | null)[]> {
  const account = query.account === undefined ? null : (await resolve(asking, 'account', query.account)).id;
  const client = query.client === undefined ? undefined : (await resolve(asking, 'client', query.client)).id;
  return [
    visible('audit', asking.caller),
    account === null ? null : sql`${account} in (audit.account_id, audit.by_id)`,
    equals('audit.client_id', client),
    equals('audit.noun', query.noun),
    subjectIs(query),
    equals('audit.what', query.what),
    equals('audit.result', query.result),
    query.since === undefined ? null : sql`audit.at >= ${query.since}`,
    query.until === undefined ? null : sql`audit.at < ${query.until}`,
    contains(['audit.account', 'audit.by', 'audit.subject', 'audit.what', 'audit.address', 'audit.means'], query.q),
  ];
}

/** By the name that it had then, or with its noun by the id that it keeps. */
function subjectIs({ noun, subject }: Filters): RawBuilder<unknown> | null {
  const called = equals('audit.subject', subject);
  if (noun === undefined || subject === undefined || !isId(subject)) return called;
  return sql`(${called} or audit.subject_id = ${subject})`;
}

const list: Handler<'audit list'> = async ({ query }, asked) => {
  const page = await listPage<AuditRow>(
    asked.tx,
    {
      ...{ columns: auditColumns, from: auditFrom, where: await auditConditions(asked, query) },
      keys: [{ column: 'audit.id', type: 'bigint' }],
      descending: true,
    },
    query,
  );
  return { ...page, items: page.items.map(auditItem(asked.caller)) };
};

export const auditHandlers = { 'audit list': list };
