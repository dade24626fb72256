import { type Kysely, sql } from 'kysely';
import { email as emailShape } from '../../api/text.ts';
import { Problem } from '../../model/problem.ts';
import { giveRole } from '../membership.ts';
import { one } from '../rows.ts';
import { settingValue } from '../setting.ts';
import type { Tables } from '../tables.ts';
import type { SingleSignOn } from './single-sign-on-setting.ts';

/** Who somebody is, as the provider says it. */
export interface Person {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * Whose account that is: by the provider's own name for the person; the first time by a verified mail address in one of the
 * domains that are trusted; else a new one, if those are to be had. Throws Problem 'unauthenticated'.
 */
export async function accountOf(tx: Kysely<Tables>, setting: SingleSignOn, person: Person): Promise<string> {
  if (!isLetIn(setting, person)) throw noAccount();
  const { issuer, subject } = person;
  const { rows } = await sql<{ id: string; status: string }>`
    select account.id, account.status from identity join account on account.id = identity.account_id
    where issuer = ${issuer} and subject = ${subject} and account.status <> 'deleted'`.execute(tx);
  const [known] = rows;
  if (known?.status === 'enabled') return known.id;
  if (known) throw noAccount();
  const accountId = (await byEmail(tx, setting, person)) ?? (await created(tx, setting, person));
  await sql`
    insert into identity (issuer, subject, account_id) values (${issuer}, ${subject}, ${accountId})
    on conflict (issuer, subject) do update set account_id = excluded.account_id`.execute(tx);
  return accountId;
}

function isLetIn({ domains, claim }: SingleSignOn, { claims }: Person): boolean {
  const domain = domainOf(verifiedEmail(claims) ?? '');
  if (domains.length > 0 && !domains.includes(domain)) return false;
  if (!claim) return true;
  const said = claims[claim.name];
  return Array.isArray(said) ? said.includes(claim.value) : said === claim.value;
}

const domainOf = (email: string): string => email.split('@').at(-1)?.toLowerCase() ?? '';

function verifiedEmail(claims: Person['claims']): string | null {
  const { data } = emailShape.safeParse(claims['email']);
  return claims['email_verified'] === true && data !== undefined ? data : null;
}

/**
 * Nobody says of themselves an address by which single sign-on would find their account: somebody else may be who comes with
 * it. Throws Problem 'forbidden'.
 */
export async function demandUntrusted(tx: Kysely<Tables>, accountId: string, email: string): Promise<void> {
  const { domains = [] } = (await settingValue(tx, 'sign-in.single-sign-on')) ?? {};
  if (!domains.includes(domainOf(email))) return;
  const { rows } = await sql`
    select from account where id = ${accountId} and lower(email) = lower(${email})`.execute(tx);
  if (rows.length > 0) return;
  throw new Problem('forbidden', `who has an address of ${domainOf(email)} comes in with it by single sign-on`, {
    hint: 'Ask an administrator to set it: aegir account set.',
  });
}

/** An address that two have is nobody's. */
async function byEmail(tx: Kysely<Tables>, { domains }: SingleSignOn, { claims }: Person): Promise<string | null> {
  const email = verifiedEmail(claims);
  if (email === null || domains.length === 0) return null;
  const { rows } = await sql<{ id: string; status: string }>`
    select id, status from account where lower(email) = lower(${email}) and status <> 'deleted' limit 2`.execute(tx);
  if (rows.length === 0) return null;
  const [found] = rows;
  if (rows.length > 1 || found?.status !== 'enabled') throw noAccount();
  return found.id;
}

async function created(tx: Kysely<Tables>, { create }: SingleSignOn, { claims }: Person): Promise<string> {
  if (!create) throw noAccount();
  const email = verifiedEmail(claims);
  const wanted = shortName(String(claims['preferred_username'] ?? email?.split('@')[0] ?? ''));
  const title = typeof claims['name'] === 'string' ? claims['name'].replace(/\p{C}/gu, '').slice(0, 255) : null;
  for (let number = 1; number <= 100; number += 1) {
    const name = number === 1 ? wanted : `${wanted.slice(0, 58)}-${number}`;
    const { rows } = await sql<{ id: string }>`
      insert into account (name, email, title) values (${name}, ${email}, ${title || null})
      on conflict do nothing returning id`.execute(tx);
    if (!rows[0]) continue;
    const { id } = one(rows, name);
    const { role, client } = create;
    // An administrator has said so, in the setting.
    await giveRole(
      { tx, caller: { kind: 'local' }, endpoint: 'membership create' },
      { accountId: id, role, client: client ?? undefined },
    );
    return id;
  }
  throw new Problem('conflict', 'there are too many accounts of that name', { hint: 'An administrator makes one.' });
}

function shortName(text: string): string {
  const short = text
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[-_]+|[-_]+$/g, '')
    .slice(0, 63);
  return short === '' || /^\d+$/.test(short) ? `person-${short}`.replace(/-$/, '') : short;
}

const noAccount = (): Problem =>
  new Problem('unauthenticated', 'you have no account here', {
    hint: 'The provider knows you, and this hub does not let you in. Ask an administrator for an account.',
  });
