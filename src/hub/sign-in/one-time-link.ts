import { type Kysely, sql } from 'kysely';
import { Problem } from '../../model/problem.ts';
import { mayDo } from '../access.ts';
import { mayAllOf } from '../administrators.ts';
import { type Asked, accountOf, type Hub } from '../hub.ts';
import { withRights } from '../rights.ts';
import { one } from '../rows.ts';
import { settingValue } from '../setting.ts';
import type { Tables } from '../tables.ts';
import { iso } from '../time.ts';
import { demandConfirmed } from './confirmed.ts';
import { hashOf, isSecret, newSecret } from './sessions.ts';

/** - invitation: who has none yet chooses a password. - password: who has forgotten it chooses another. */
export type LinkKind = 'invitation' | 'password';

export interface Link {
  readonly link: string;
  readonly expiresAt: string;
}

/**
 * A new one for this account; those of before open nothing any more. The secret stands behind '#', which browsers send to
 * nobody: it is in no log of a server.
 */
export async function makeLink(
  asked: Pick<Asked, 'tx' | 'hub' | 'caller'>,
  accountId: string,
  kind: LinkKind,
): Promise<Link> {
  const { tx, hub } = asked;
  demandConfirmed(asked);
  const secret = newSecret();
  const days = kind === 'invitation' ? await settingValue(tx, 'invitation.valid-days') : 1;
  await dropLinks(tx, accountId);
  const { rows } = await sql<{ expiresAt: Date }>`
    insert into one_time_link (account_id, kind, hash, made_by, expires_at)
    values (${accountId}, ${kind}, ${hashOf(secret)}, ${accountOf(asked)}, now() + make_interval(days => ${days}))
    returning expires_at`.execute(tx);
  const { expiresAt } = one(rows, 'the link just inserted');
  return { link: `${await addressOfPanel(tx, hub)}/invitation#${secret}`, expiresAt: iso(expiresAt) };
}

export const dropLinks = (tx: Kysely<Tables>, accountId: string): Promise<unknown> =>
  sql`delete from one_time_link where account_id = ${accountId} and used_at is null`.execute(tx);

/** Whoever made one for an account that may little must not come in by it when it may more. */
export const dropLinksOfOthers = (
  { tx, ...asking }: Pick<Asked, 'caller'> & { tx: Kysely<Tables> },
  accountId: string,
): Promise<unknown> =>
  sql`delete from one_time_link where account_id = ${accountId} and used_at is null
      and made_by is distinct from ${accountOf(asking)}::bigint and made_by is not null`.execute(tx);

/** 'https://panel.example.com': as it is set, or where the hub itself listens. */
export const addressOfPanel = async (db: Kysely<Tables>, { address }: Pick<Hub, 'address'>): Promise<string> =>
  (await settingValue(db, 'hub.address')) ?? address;

export interface Invited {
  readonly id: string;
  readonly kind: LinkKind;
  readonly expiresAt: Date;
  readonly accountId: string;
  /** Null: through the socket. */
  readonly madeBy: string | null;
  readonly name: string;
  readonly title: string | null;
  readonly email: string | null;
}

/**
 * Whom a secret invites; `use` makes that nobody can come with it again. Whoever made it must still have power over the
 * account: it is good for no longer than their own. Throws Problem 'not-found', the same for whatever reason.
 */
export async function readLink(
  tx: Kysely<Tables>,
  secret: string,
  { use = false }: { readonly use?: boolean } = {},
): Promise<Invited> {
  const live = sql`one_time_link.used_at is null and one_time_link.expires_at > now()`;
  const columns = sql`one_time_link.id, one_time_link.kind, one_time_link.expires_at, one_time_link.made_by,
    account.id as account_id, account.name, account.title, account.email`;
  const hash = hashOf(isSecret(secret) ? secret : '');
  const { rows } = use
    ? await sql<Invited>`
        update one_time_link set used_at = now() from account
        where account.id = one_time_link.account_id and account.status = 'enabled'
          and one_time_link.hash = ${hash} and ${live} returning ${columns}`.execute(tx)
    : await sql<Invited>`
        select ${columns} from one_time_link join account on account.id = one_time_link.account_id
        where account.status = 'enabled' and one_time_link.hash = ${hash} and ${live}`.execute(tx);
  const [invited] = rows;
  if (invited && (await isGood(tx, invited))) return invited;
  throw new Problem('not-found', 'this link opens nothing (any more)', {
    hint: 'It opens once, and for a few days only. Ask an administrator for a new one.',
  });
}

async function isGood(tx: Kysely<Tables>, { madeBy, accountId }: Invited): Promise<boolean> {
  if (madeBy === null) return true;
  const caller = await withRights(tx, { kind: 'account', accountId: madeBy, name: '' });
  return mayDo(caller, 'account change', { client: null }) && (await mayAllOf({ tx, caller }, accountId));
}
