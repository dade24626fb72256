import { randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Answer } from '../../api/endpoints.ts';
import { everything } from '../../model/permission.ts';
import { Problem } from '../../model/problem.ts';
import { covers, refused, type SignedIn } from '../access.ts';
import { auditAccount } from '../audit.ts';
import { actorOf } from '../audited.ts';
import type { Asked, Handler } from '../hub.ts';
import { resolve } from '../resolve.ts';
import { grantsOf } from '../rights.ts';
import { one } from '../rows.ts';
import { settingSql, settingValue } from '../setting.ts';
import type { Tables } from '../tables.ts';
import { iso } from '../time.ts';
import { confirmedAccount, sessionOf } from './confirmed.ts';
import { csrfOf, hashOf, newSecret, renewSession } from './sessions.ts';
import { setSessionCookie } from './visit.ts';

/**
 * A session of the other account, in the place of one's own until it ends. One's own cookie opens nothing meanwhile: a
 * browser is one person's at a time.
 */
const begin: Handler<'account impersonate'> = async ({ params }, asked) => {
  confirmedAccount(asked);
  const { tx, visit, caller } = asked;
  if (caller.kind !== 'account') throw refused(caller, 'sign in as another');
  const own = sessionOf(asked);
  const target = await resolve(asked, 'account', params.name, { lock: true });
  await demandNoMore(asked, target);
  await sql`update session set hash = ${randomBytes(32)} where id = ${own.id}`.execute(tx);
  const secret = newSecret();
  const { rows } = await sql<{ id: string; createdAt: Date }>`
    insert into session (account_id, hash, way, address, user_agent, by_id, by_session)
    values (${target.id}, ${hashOf(secret)}, 'impersonation', ${visit.address}, ${visit.userAgent},
            ${caller.accountId}, ${own.id}) returning id, created_at`.execute(tx);
  const { id, createdAt } = one(rows, 'the session just inserted');
  const minutes = await settingValue(tx, 'impersonation.minutes');
  setSessionCookie(visit, secret, minutes * 60);
  const by = { accountId: caller.accountId, name: caller.name };
  await tell(asked, {
    kind: 'account',
    accountId: target.id,
    name: target.name,
    by,
    session: { ...own, id, lacksFactor: false },
  });
  return { account: target.name, csrf: csrfOf(secret), until: iso(new Date(createdAt.getTime() + minutes * 60_000)) };
};

/** Back to one's own session, under a new cookie; of the other account nothing stays open. */
const end: Handler<'session end-impersonation'> = async (_, asked) => {
  const { tx, visit, caller } = asked;
  const { id } = sessionOf(asked);
  if (caller.kind !== 'account' || !caller.by)
    throw new Problem('wrong-status', 'you are signed in as nobody else', { hint: 'There is nothing to end.' });
  const { rows } = await sql<{ bySession: string }>`
    update session set revoked_at = now() where id = ${id} returning by_session`.execute(tx);
  await renewSession(tx, visit, one(rows, 'this session is over').bySession, { isConfirmed: false });
  await tell(asked, caller);
  return { account: caller.by.name, csrf: csrfOf(visit.newSession ?? '') };
};

/** Nobody gets more by being another, and nobody else is an administrator: what those do is only ever their own. */
async function demandNoMore(
  { tx, caller }: Asked,
  target: { readonly id: string; readonly name: string; readonly status: string },
): Promise<void> {
  if (caller.kind === 'account' && caller.accountId === target.id)
    throw new Problem('wrong-status', `you are ${target.name} already`, { hint: 'Name another account.' });
  const grants = await grantsOf(tx, target.id, { evenLocked: true });
  if (grants.some(({ permissions }) => permissions.has(everything)))
    throw refused(caller, 'sign in as an administrator');
  if (!grants.every((grant) => covers(caller, grant)))
    throw refused(caller, 'sign in as an account that may more than you');
  if (target.status === 'enabled') return;
  throw new Problem('wrong-status', `account ${target.name} is ${target.status}`, {
    hint: `aegir account set ${target.name} --status enabled`,
  });
}

/** With both names, for both, and for the clients that the account has roles for. */
const tell = ({ tx, visit, endpoint }: Asked, who: SignedIn): Promise<void> =>
  auditAccount(tx, {
    actor: actorOf({ ...who, grants: [] }, visit.address ?? ''),
    what: endpoint,
    subject: { id: who.accountId, name: who.name, noun: 'account', client: null },
    result: 'done',
  });

const shownMax = 10;

/** Who was signed in as this account in the last month, the latest first: its person is told, whatever they may. */
export async function helpersOf(db: Kysely<Tables>, accountId: string): Promise<Answer<'session get'>['helpers']> {
  const { rows } = await sql<{ by: string; startedAt: Date; endedAt: Date | null }>`
    select account.name as by, session.created_at as started_at,
      least(session.revoked_at, case when ${endsAt} < now() then ${endsAt} end) as ended_at
    from session join account on account.id = session.by_id
    where session.account_id = ${accountId} order by session.id desc limit ${shownMax}`.execute(db);
  return rows.map(({ by, startedAt, endedAt }) => ({
    by,
    startedAt: iso(startedAt),
    endedAt: endedAt && iso(endedAt),
  }));
}

const endsAt = sql`(session.created_at + make_interval(mins => ${settingSql('impersonation.minutes')}::int))`;

/** Of the session that asks; null: it is its account's own person. */
export async function impersonationOf({
  tx,
  caller,
}: Pick<Asked, 'tx' | 'caller'>): Promise<Answer<'session get'>['impersonation']> {
  if (caller.kind !== 'account' || !caller.by || !caller.session) return null;
  const { rows } = await sql<{ until: Date }>`
    select ${endsAt} as until from session where id = ${caller.session.id}`.execute(tx);
  return { by: caller.by.name, until: iso(one(rows, 'this session is over').until) };
}

export const impersonationHandlers = { 'account impersonate': begin, 'session end-impersonation': end };
