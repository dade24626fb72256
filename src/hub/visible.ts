import { type RawBuilder, sql } from 'kysely';
import { type Caller, reach } from './access.ts';

/** What is listed and found, each with its condition below. */
type Visible =
  | 'client'
  | 'account'
  | 'token'
  | 'session'
  | 'role'
  | 'membership'
  | 'server'
  | 'platform'
  | 'site'
  | 'backup'
  | 'certificate'
  | 'task'
  | 'batch'
  | 'audit'
  | 'webhook'
  | 'reserve'
  | 'offer'
  | 'order';

type Condition = RawBuilder<unknown>;

/**
 * Which rows of a noun one may see: a condition for a query in which the table is called as the noun is. Every list and
 * `resolve` have it, so what one may not see is as if it were not there.
 */
export const visible = (noun: Visible, caller: Caller): Condition => sql`(${conditions[noun](caller)})`;

const conditions: { readonly [Noun in Visible]: (caller: Caller) => Condition } = {
  client: (caller) => ofClients(caller, 'client read', sql`client.id`),
  account: (caller) =>
    sql`${isSelf(caller, sql`account.id`)} or ${ofClients(
      caller,
      'account read',
      (ids) => sql`account.id in (select account_id from membership where client_id = any (${ids}))`,
    )}`,
  token: (caller) => sql`${isReally(caller, sql`token.account_id`)} or ${ofHub(caller, 'account change')}`,
  session: (caller) => sql`${isReally(caller, sql`session.account_id`)} or ${ofHub(caller, 'account change')}`,
  // No secret is in a role, and everybody has one.
  role: () => sql`true`,
  // Only who may see the hub is shown what is in it; who may make sites asks one by its name.
  reserve: () => sql`true`,
  // The same of offers.
  offer: () => sql`true`,
  order: (caller) => sql`${ofHub(caller, 'client change')} or (${isReally(caller, sql`site_order.account_id`)}
    and ${ofOffer(caller)})`,
  membership: (caller) =>
    sql`${isSelf(caller, sql`membership.account_id`)} or ${ofClients(
      caller,
      'account read',
      sql`membership.client_id`,
    )}`,
  server: (caller) => ofHub(caller, 'server read'),
  platform: (caller) => ofClients(caller, 'platform read', (ids) => usableBy(sql`any (${ids})`)),
  site: (caller) => ofClients(caller, 'site read', sql`site.client_id`),
  backup: (caller) => ofClients(caller, 'backup read', (ids) => sql`backup.site_id in (${sitesOf(ids)})`),
  certificate: (caller) => ofClients(caller, 'certificate read', sql`certificate.client_id`),
  task: (caller) => {
    const nouns = ['server', 'platform', 'site', 'backup', 'certificate'].map((noun) => `${noun} read`);
    // So that who sees all counts a hundred thousand of them without a look at each.
    if (nouns.every((permission) => reach(caller, permission) === 'all')) return sql`true`;
    return tasksOfSeen(caller);
  },
  batch: (caller) => batchesOnly(caller, 'site read'),
  webhook: (caller) => sql`${isReally(caller, sql`webhook.account_id`)} or ${ofHub(caller, 'account change')}`,
  audit: (caller) =>
    sql`${isReally(caller, sql`audit.account_id`)} or ${isReally(caller, sql`audit.by_id`)}
      or ${ofClients(caller, 'audit read', sql`audit.client_id`)}`,
};

const tasksOfSeen = (caller: Caller): Condition => sql`
    (task.subject_type = 'server' and ${ofHub(caller, 'server read')})
    or (task.subject_type = 'platform' and ${ofHub(caller, 'platform read')})
    or (task.subject_type = 'site' and ${ofClients(caller, 'site read', (ids) => sql`task.subject_id in (${sitesOf(ids)})`)})
    or (task.subject_type = 'backup' and ${ofClients(
      caller,
      'backup read',
      (ids) => sql`task.subject_id in (select id from backup where site_id in (${sitesOf(ids)}))`,
    )})
    or (task.subject_type = 'certificate' and ${ofClients(
      caller,
      'certificate read',
      (ids) => sql`task.subject_id in (select id from certificate where client_id = any (${ids}))`,
    )})`;

/** Batches that are about nothing but what one has the permission for: of another, its sites would be told. */
export const batchesOnly = (caller: Caller, permission: string): Condition =>
  ofClients(
    caller,
    permission,
    (ids) => sql`not exists (
      select from batch_member where batch_member.batch_id = batch.id and batch_member.subject_id not in (${sitesOf(ids)}))`,
  );

/** A platform is used by those it was given to; by all when it was given to nobody. */
export const usableBy = (client: Condition): Condition => sql`(
  not exists (select from platform_client where platform_client.platform_id = platform.id)
  or exists (select from platform_client where platform_client.platform_id = platform.id
               and platform_client.client_id = ${client}))`;

/** All rows for who has it for the whole hub, none for who has it nowhere. `rows` is the client's id, or more than that. */
export function ofClients(
  caller: Caller,
  permission: string,
  rows: Condition | ((ids: Condition) => Condition),
): Condition {
  const clients = reach(caller, permission);
  if (clients === 'all') return sql`true`;
  if (clients.length === 0) return sql`false`;
  const ids = sql`${[...clients]}::bigint[]`;
  return typeof rows === 'function' ? rows(ids) : sql`${rows} = any (${ids})`;
}

const ofHub = (caller: Caller, permission: string): Condition =>
  reach(caller, permission) === 'all' ? sql`true` : sql`false`;

const isSelf = (caller: Caller, column: Condition): Condition =>
  caller.kind === 'account' ? sql`${column} = ${caller.accountId}` : sql`false`;

/** A token that is for one offer knows its orders only. */
const ofOffer = (caller: Caller): Condition =>
  caller.kind === 'account' && caller.offer !== undefined ? sql`site_order.offer_id = ${caller.offer}` : sql`true`;

/** Where and when somebody was here is for themselves, and not for who is signed in as them. */
const isReally = (caller: Caller, column: Condition): Condition =>
  caller.kind === 'account' && caller.by ? sql`false` : isSelf(caller, column);

const sitesOf = (ids: Condition): Condition => sql`select id from site where client_id = any (${ids})`;
