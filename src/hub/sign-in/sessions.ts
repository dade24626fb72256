import { createHash, createHmac, randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { settingSql, settingValue } from '../setting.ts';
import type { Tables } from '../tables.ts';
import { factorIsRequired, hasFactor } from './factors.ts';
import { clearSessionCookie, setSessionCookie, type Visit } from './visit.ts';

/** 256 random bits, so a plain SHA-256 keeps it safe. */
export const newSecret = (): string => randomBytes(32).toString('base64url');
export const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();
export const isSecret = (text: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(text);

/** What a page of ours must say with each request that changes something: another page cannot know it. */
export const csrfOf = (cookie: string): string => createHmac('sha256', cookie).update('aegir csrf').digest('base64url');

export type Way =
  | 'password'
  | 'password and code'
  | 'password and passkey'
  | 'password and recovery code'
  | 'passkey'
  | 'single sign-on'
  | 'invitation'
  | 'password link';

const dayS = 24 * 60 * 60;

/** Always a new one, and what the browser had before ends: nobody can give a person a session to sign in to. */
export async function beginSession(
  db: Kysely<Tables>,
  visit: Visit,
  { accountId, way }: { readonly accountId: string; readonly way: Way },
): Promise<void> {
  const secret = newSecret();
  setSessionCookie(visit, secret, (await settingValue(db, 'session.longest-days')) * dayS);
  if (visit.session !== null)
    await sql`update session set revoked_at = now() where hash = ${hashOf(visit.session)} and revoked_at is null`.execute(
      db,
    );
  await sql`
    insert into session (account_id, hash, way, address, user_agent)
    values (${accountId}, ${hashOf(secret)}, ${way}, ${visit.address}, ${visit.userAgent})`.execute(db);
}

/** Its person has shown once more who they are: the same session under a new cookie. */
export async function renewSession(db: Kysely<Tables>, visit: Visit, id: string): Promise<void> {
  const secret = newSecret();
  setSessionCookie(visit, secret, (await settingValue(db, 'session.longest-days')) * dayS);
  await sql`update session set hash = ${hashOf(secret)}, confirmed_at = now() where id = ${id}`.execute(db);
}

export interface Session {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly confirmedAt: Date;
  readonly lacksFactor: boolean;
}

/** One that nobody ended and that is not too old. What is shortened in the settings is short at once. */
export const liveSession = sql`session.revoked_at is null
  and session.last_seen_at > now() - make_interval(hours => ${settingSql('session.idle-hours')}::int)
  and session.created_at > now() - make_interval(days => ${settingSql('session.longest-days')}::int)`;

export async function findSession(db: Kysely<Tables>, cookie: string): Promise<Session | null> {
  if (!isSecret(cookie)) return null;
  const { rows } = await sql<Session & { readonly stale: boolean }>`
    select session.id, account.id as account_id, account.name, session.confirmed_at,
           session.way <> 'single sign-on' and ${factorIsRequired} and not ${hasFactor} as lacks_factor,
           session.last_seen_at < now() - interval '1 minute' as stale
    from session join account on account.id = session.account_id
    where session.hash = ${hashOf(cookie)} and account.status = 'enabled' and ${liveSession}`.execute(db);
  const [found] = rows;
  if (!found) return null;
  const { stale, ...session } = found;
  if (stale) await sql`update session set last_seen_at = now() where id = ${session.id}`.execute(db);
  return session;
}

/** Those of an account, perhaps but one. Answers how many. */
export async function endSessions(
  db: Kysely<Tables>,
  accountId: string,
  { but = null }: { readonly but?: string | null } = {},
): Promise<number> {
  const ended = await sql`
    update session set revoked_at = now()
    where account_id = ${accountId} and revoked_at is null and id is distinct from ${but}::bigint`.execute(db);
  return Number(ended.numAffectedRows);
}

export async function endSession(db: Kysely<Tables>, visit: Visit, id: string): Promise<void> {
  await sql`update session set revoked_at = now() where id = ${id} and revoked_at is null`.execute(db);
  clearSessionCookie(visit);
}
