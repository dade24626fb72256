import { createHash, randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import { Problem } from '../model/problem.ts';
import type { SignedIn } from './access.ts';
import { demandOver } from './administrators.ts';
import type { Asked, Handler, Reader } from './hub.ts';
import { contains, equals, listPage } from './list.ts';
import { resolve } from './resolve.ts';
import { one } from './rows.ts';
import type { Tables } from './tables.ts';
import { iso, isoOrNull } from './time.ts';
import { visible } from './visible.ts';

/** 256 random bits, so a plain SHA-256 keeps it safe; the prefix lets scanners find one that was lost. */
const prefix = 'aegir_';
const shape = /^aegir_[A-Za-z0-9_-]{43}$/;
const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** The account that a bearer token belongs to. Throws Problem 'unauthenticated', which never says what was wrong with it. */
export async function authenticate(db: Kysely<Tables>, authorization: string | undefined): Promise<SignedIn> {
  const [, token = ''] = /^Bearer ([^\s]+)$/i.exec(authorization ?? '') ?? [];
  if (shape.test(token)) {
    const { rows } = await sql<{ id: string; accountId: string; name: string; stale: boolean }>`
      select token.id, account.id as account_id, account.name,
             coalesce(token.last_used_at < now() - interval '1 minute', true) as stale
      from token join account on account.id = token.account_id
      where token.hash = ${hashOf(token)} and token.revoked_at is null
        and (token.expires_at is null or token.expires_at > now()) and account.status = 'enabled'`.execute(db);
    const [found] = rows;
    if (found?.stale) await sql`update token set last_used_at = now() where id = ${found.id}`.execute(db);
    if (found) return { kind: 'account', accountId: found.accountId, name: found.name };
  }
  throw new Problem('unauthenticated', 'this request carries no valid token', {
    hint: 'Make one on the hub with `aegir token create` and send it as `Authorization: Bearer aegir_…`.',
  });
}

interface TokenRow {
  readonly id: string;
  readonly account: string;
  readonly title: string;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly createdAt: Date;
}
const columns = sql`token.id, account.name as account, token.title, token.expires_at, token.revoked_at,
  token.last_used_at, token.created_at`;
const from = sql`token join account on account.id = token.account_id`;
const answer = (row: TokenRow): Answer<'token create'>['about'] => ({
  ...row,
  expiresAt: isoOrNull(row.expiresAt),
  revokedAt: isoOrNull(row.revokedAt),
  lastUsedAt: isoOrNull(row.lastUsedAt),
  createdAt: iso(row.createdAt),
});

const list: Handler<'token list'> = async ({ query }, asked) => {
  const { tx, caller } = asked;
  const account = query.account === undefined ? undefined : await resolve(asked, 'account', query.account);
  const where = [visible('token', caller), equals('token.account_id', account?.id), contains(['token.title'], query.q)];
  const keys = [{ column: 'token.id', type: 'bigint' }] as const;
  const page = await listPage<TokenRow>(tx, { columns, from, where, keys }, query);
  return { ...page, items: page.items.map(answer) };
};

const create: Handler<'token create'> = async ({ body }, asked) => {
  const { tx } = asked;
  const { title = 'made by aegir token create', expiresAt } = body;
  if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.now())
    throw new Problem('invalid', 'this token would be expired already', {
      hint: 'Give a time in the future.',
      fields: [{ path: 'expiresAt', message: 'is in the past' }],
    });
  const {
    id: accountId,
    name,
    status,
  } = await resolve(asked, 'account', body.account ?? (await ownAccount(asked)), {
    lock: true,
  });
  await demandOver(asked, accountId);
  if (status !== 'enabled')
    throw new Problem('wrong-status', `account ${name} is ${status}`, {
      hint: `aegir account set ${name} --status enabled`,
    });
  const token = prefix + randomBytes(32).toString('base64url');
  const { rows } = await sql<{ id: string }>`
    insert into token (account_id, title, hash, expires_at)
    values (${accountId}, ${title}, ${hashOf(token)}, ${expiresAt ?? null}) returning id`.execute(tx);
  return { token, about: await tokenById(tx, one(rows, 'the token just inserted').id) };
};

/** Through the socket nobody is signed in: there it is an administrator, made when it is first needed. */
async function ownAccount({ tx, caller }: Asked): Promise<string> {
  if (caller.kind === 'account') return caller.name;
  await sql`
    with made as (insert into account (name) values ('admin') on conflict do nothing returning id)
    insert into membership (account_id, role_id)
    select made.id, role.id from made, role where role.built_in and role.name = 'administrator'`.execute(tx);
  return 'admin';
}

async function tokenById(db: Reader, id: string): Promise<Answer<'token create'>['about']> {
  const { rows } = await sql<TokenRow>`select ${columns} from ${from} where token.id = ${id}`.execute(db);
  return answer(one(rows, `there is no token ${id}`));
}

const remove: Handler<'token delete'> = async ({ params }, asked) => {
  const { tx, caller } = asked;
  const { rows } = await sql<{ id: string; accountId: string }>`
    select id, account_id from token where id = ${params.token} and ${visible('token', caller)}`.execute(tx);
  const { id, accountId } = one(rows, `there is no token ${params.token}`);
  await demandOver(asked, accountId);
  await sql`update token set revoked_at = coalesce(revoked_at, now()) where id = ${id}`.execute(tx);
  return { deleted: id };
};

export const tokenHandlers = { 'token list': list, 'token create': create, 'token delete': remove };
