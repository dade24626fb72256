import { randomBytes } from 'node:crypto';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import { everything, permissions } from '../model/permission.ts';
import { Problem } from '../model/problem.ts';
import { type Caller, covers, inScope, refused, type SignedIn } from './access.ts';
import { demandOver } from './administrators.ts';
import type { Asked, Handler, Reader } from './hub.ts';
import { contains, equals, listPage } from './list.ts';
import { resolve } from './resolve.ts';
import { knownPermissions } from './role.ts';
import { one } from './rows.ts';
import { settingValue } from './setting.ts';
import { demandConfirmed } from './sign-in/confirmed.ts';
import { hashOf } from './sign-in/sessions.ts';
import type { Tables } from './tables.ts';
import { iso, isoOrNull } from './time.ts';
import { visible } from './visible.ts';

/** 256 random bits, so a plain SHA-256 keeps it safe; the prefix lets scanners find one that was lost. */
const prefix = 'aegir_';
const shape = /^aegir_[A-Za-z0-9_-]{43}$/;

/** The account that a bearer token belongs to. Throws Problem 'unauthenticated', which never says what was wrong with it. */
export async function authenticate(db: Kysely<Tables>, authorization: string | undefined): Promise<SignedIn> {
  const [, token = ''] = /^Bearer ([^\s]+)$/i.exec(authorization ?? '') ?? [];
  if (shape.test(token)) {
    const { rows } = await sql<FoundToken>`
      select token.id, account.id as account_id, account.name, token.scopes, token.offer_id,
             coalesce(token.last_used_at < now() - interval '1 minute', true) as stale
      from token join account on account.id = token.account_id
      where token.hash = ${hashOf(token)} and token.revoked_at is null
        and (token.expires_at is null or token.expires_at > now()) and account.status = 'enabled'`.execute(db);
    const [found] = rows;
    if (found?.stale) await sql`update token set last_used_at = now() where id = ${found.id}`.execute(db);
    if (found) return signedInWith(found);
  }
  throw new Problem('unauthenticated', 'this request carries no valid token', {
    hint: 'Make one on the hub with `aegir token create` and send it as `Authorization: Bearer aegir_…`.',
  });
}

interface FoundToken {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly scopes: readonly string[] | null;
  readonly offerId: string | null;
  readonly stale: boolean;
}

const signedInWith = ({ id, accountId, name, scopes, offerId }: FoundToken): SignedIn => ({
  ...{ kind: 'account', accountId, name, token: id },
  ...(scopes && { scopes: scopes.flatMap(meant) }),
  ...(offerId !== null && { offer: offerId }),
});

/** 'read' means also what there will be to look at later. */
const meant = (scope: string): readonly string[] => (scope === readOnly ? allReading : [scope]);
const readOnly = 'read';
const allReading = Object.keys(permissions).filter((name) => name.endsWith(' read'));

interface TokenRow {
  readonly id: string;
  readonly account: string;
  readonly title: string;
  readonly scopes: readonly string[] | null;
  readonly offer: string | null;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly createdAt: Date;
}
const columns = sql`token.id, account.name as account, token.title, token.scopes, offer.name as offer, token.expires_at, token.revoked_at,
  token.last_used_at, token.created_at`;
const from = sql`token join account on account.id = token.account_id left join offer on offer.id = token.offer_id`;
const answer = (row: TokenRow): Answer<'token create'>['about'] => ({
  ...row,
  scopes: row.scopes && [...row.scopes],
  expiresAt: isoOrNull(row.expiresAt),
  revokedAt: isoOrNull(row.revokedAt),
  lastUsedAt: isoOrNull(row.lastUsedAt),
  createdAt: iso(row.createdAt),
});

const list: Handler<'token list'> = async ({ query }, asked) => {
  const { tx, caller } = asked;
  const account = query.account === undefined ? undefined : await resolve(asked, 'account', query.account);
  const where = [
    ownOnly(caller),
    visible('token', caller),
    equals('token.account_id', account?.id),
    contains(['token.title'], query.q),
  ];
  const keys = [{ column: 'token.id', type: 'bigint' }] as const;
  const page = await listPage<TokenRow>(tx, { columns, from, where, keys }, query);
  return { ...page, items: page.items.map(answer) };
};

const create: Handler<'token create'> = async ({ body }, asked) => {
  const { tx } = asked;
  demandConfirmed(asked);
  const { title = 'made by aegir token create', expiresAt } = body;
  if (expiresAt && Date.parse(expiresAt) <= Date.now())
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
  demandOwn(asked, accountId, name);
  const offer = body.offer === undefined ? null : await resolve(asked, 'offer', body.offer);
  const scopes = scopesOf(asked, offer ? forOffer(body.scopes) : body.scopes);
  if (status !== 'enabled')
    throw new Problem('wrong-status', `account ${name} is ${status}`, {
      hint: `aegir account set ${name} --status enabled`,
    });
  const token = prefix + randomBytes(32).toString('base64url');
  const { rows } = await sql<{ id: string }>`
    insert into token (account_id, title, hash, scopes, offer_id, expires_at)
    values (${accountId}, ${title}, ${hashOf(token)}, ${scopes}, ${offer?.id ?? null}, ${
      expiresAt === undefined
        ? sql`now() + make_interval(days => ${await settingValue(tx, 'token.valid-days')})`
        : expiresAt
    }) returning id`.execute(tx);
  return { token, about: await tokenById(tx, one(rows, 'the token just inserted').id) };
};

/**
 * Of somebody else only who may everything makes one: else who knows a token of an account that may little could do more
 * when its account may more.
 */
function demandOwn({ caller }: Asked, accountId: string, name: string): void {
  const isOwn = caller.kind === 'account' && caller.accountId === accountId;
  if (!isOwn && !covers(caller, { permissions: new Set([everything]), client: null }))
    throw refused(caller, `make a token of ${name}`);
}

const orders = 'offer order';

function forOffer(scopes: readonly string[] | undefined): readonly string[] {
  if (scopes === undefined || (scopes.length === 1 && scopes[0] === orders)) return [orders];
  throw new Problem('invalid', 'a token of an offer is for its orders, and nothing else', {
    hint: 'Leave the scopes out, or make another token.',
    fields: [{ path: 'scopes', message: 'goes not with an offer' }],
  });
}

/** Known ones, and of a token that is limited no others than its own. Null: not limited. */
function scopesOf({ hub, caller }: Asked, wanted: readonly string[] | undefined): readonly string[] | null {
  const limits = caller.kind === 'account' ? caller.scopes : undefined;
  if (wanted === undefined) {
    if (limits === undefined) return null;
    throw refused(caller, 'make a token that may more than the one that you have sent');
  }
  const named = wanted.filter((scope) => scope !== readOnly);
  const all = [...(wanted.includes(readOnly) ? [readOnly] : []), ...knownPermissions(hub, named, 'scopes')];
  if (!all.flatMap(meant).every((scope) => inScope(limits, scope)))
    throw refused(caller, 'make a token that may more than the one that you have sent');
  return all;
}

/** A token that is limited knows itself only. */
const ownOnly = (caller: Caller): RawBuilder<unknown> =>
  caller.kind === 'account' && caller.scopes ? sql`token.id = ${caller.token}` : sql`true`;

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
  const { rows } = await sql<{ id: string; accountId: string; title: string }>`
    select id, account_id, title from token
    where id = ${params.token} and ${ownOnly(caller)} and ${visible('token', caller)}`.execute(tx);
  const { id, accountId, title } = one(rows, `there is no token ${params.token}`);
  asked.met.push({ noun: 'token', id, name: title, client: null });
  // One that is limited has found no other than itself.
  if (caller.kind !== 'account' || caller.accountId !== accountId) await demandOver(asked, accountId);
  await sql`update token set revoked_at = coalesce(revoked_at, now()) where id = ${id}`.execute(tx);
  return { deleted: id };
};

export const tokenHandlers = { 'token list': list, 'token create': create, 'token delete': remove };
