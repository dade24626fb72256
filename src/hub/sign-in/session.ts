import { sql } from 'kysely';
import { type Answer, endpointNames } from '../../api/endpoints.ts';
import { Problem } from '../../model/problem.ts';
import { may } from '../access.ts';
import { demandOver } from '../administrators.ts';
import type { Asked, Handler } from '../hub.ts';
import { listPage } from '../list.ts';
import { rolesOf } from '../membership.ts';
import { one } from '../rows.ts';
import { iso } from '../time.ts';
import { visible } from '../visible.ts';
import { confirmedUntil, sessionOf } from './confirmed.ts';
import { factorsOf, waysOf } from './factors.ts';
import { helpersOf, impersonationOf } from './impersonation.ts';
import { demandUnlimited, ownOr } from './own.ts';
import { rightsOf } from './own-rights.ts';
import { csrfOf, endSession, endSessions, liveSession } from './sessions.ts';
import { demandUntrusted } from './single-sign-on-account.ts';

interface Person {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly email: string | null;
  readonly language: string | null;
  readonly timeZone: string | null;
}

const get: Handler<'session get'> = async (_, asked) => signedIn(asked);

async function signedIn(asked: Asked): Promise<Answer<'session get'>> {
  const { tx, caller, visit } = asked;
  if (caller.kind !== 'account') throw nobodyHere();
  const { rows } = await sql<Person>`
    select id, name, coalesce(title, name) as title, email, language, time_zone
    from account where id = ${caller.accountId}`.execute(tx);
  const { language, timeZone, ...account } = one(rows, 'there is no such account');
  const { session = null } = caller;
  const factors = await factorsOf(tx, caller.accountId);
  const roles = (await rolesOf(asked, [caller.accountId])).get(caller.accountId) ?? [];
  return {
    account,
    language,
    timeZone,
    roles: roles.map(({ role, client }) => ({ role, client })),
    permissions: endpointNames.filter((name) => may(caller, name)),
    rights: await rightsOf(tx, caller),
    session: session?.id ?? null,
    csrf: session && visit.session !== null ? csrfOf(visit.session) : null,
    confirmedUntil: session && iso(confirmedUntil(session.confirmedAt)),
    impersonation: await impersonationOf(asked),
    helpers: await helpersOf(tx, caller.accountId),
    secondFactor: { ways: [...waysOf(factors)], required: factors.required, missing: session?.lacksFactor ?? false },
  };
}

const nobodyHere = (): Problem =>
  new Problem('unauthenticated', 'nobody is signed in here', {
    hint: 'Through the socket of its own machine the hub asks for nobody. Sign in with a browser, or send a token.',
  });

const set: Handler<'session set'> = async ({ body }, asked) => {
  const { accountId } = sessionOf(asked);
  if (body.email) await demandUntrusted(asked.tx, accountId, body.email);
  const changed = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
  if (Object.keys(changed).length > 0)
    await asked.tx.updateTable('account').set(changed).where('id', '=', accountId).execute();
  return signedIn(asked);
};

const end: Handler<'session end'> = async (_, asked) => {
  const { id } = sessionOf(asked);
  await endSession(asked.tx, asked.visit, id);
  return { deleted: id };
};

interface SessionRow extends Omit<Answer<'session list'>['items'][number], 'current' | 'createdAt' | 'lastSeenAt'> {
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
}

const list: Handler<'session list'> = async ({ query }, asked) => {
  const accountId = await ownOr(asked, query.account);
  const page = await listPage<SessionRow>(
    asked.tx,
    {
      columns: sql`session.id, account.name as account, helper.name as by, session.way, session.address, session.user_agent,
        session.created_at, session.last_seen_at`,
      from: sql`session join account on account.id = session.account_id left join account helper on helper.id = session.by_id`,
      where: [
        visible('session', asked.caller),
        liveSession,
        accountId === null ? null : sql`session.account_id = ${accountId}`,
      ],
      keys: [{ column: 'session.id', type: 'bigint' }],
      descending: true,
    },
    query,
  );
  const current = asked.caller.kind === 'account' ? asked.caller.session?.id : undefined;
  const items = page.items.map((row) => ({
    ...row,
    createdAt: iso(row.createdAt),
    lastSeenAt: iso(row.lastSeenAt),
    current: row.id === current,
  }));
  return { ...page, items };
};

const remove: Handler<'session delete'> = async ({ params }, asked) => {
  demandUnlimited(asked);
  const { tx, caller } = asked;
  const { rows } = await sql<{ id: string; accountId: string }>`
    select id, account_id from session where id = ${params.session} and ${visible('session', caller)}`.execute(tx);
  const { id, accountId } = one(rows, `there is no session ${params.session}`);
  await demandOver(asked, accountId);
  await sql`update session set revoked_at = coalesce(revoked_at, now()) where id = ${id}`.execute(tx);
  return { deleted: id };
};

const endOthers: Handler<'session end-others'> = async ({ body }, asked) => {
  const accountId = await ownOr(asked, body.account);
  if (accountId === null)
    throw new Problem('invalid', 'whose sessions?', {
      hint: 'Name an account: --account ada',
      fields: [{ path: 'account', message: 'is missing' }],
    });
  const but = asked.caller.kind === 'account' ? (asked.caller.session?.id ?? null) : null;
  return { ended: await endSessions(asked.tx, accountId, { but }) };
};

export const sessionHandlers = {
  'session get': get,
  'session set': set,
  'session end': end,
  'session list': list,
  'session delete': remove,
  'session end-others': endOthers,
};
