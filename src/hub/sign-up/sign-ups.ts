import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { short } from '../../api/text.ts';
import type { Json } from '../../model/json.ts';
import { customerName, hostOf, type OfferedVariables } from '../../model/offer.ts';
import { Problem } from '../../model/problem.ts';
import { demandFree } from '../alias.ts';
import { countOneMore, demandLeft } from '../allowance.ts';
import { audit } from '../audit.ts';
import { jsonb } from '../database.ts';
import type { Hub } from '../hub.ts';
import { inTransaction } from '../in-transaction.ts';
import { ownerOf, placeOrder, type Wanted } from '../order-place.ts';
import { keyed, type SealKey } from '../seal.ts';
import { settingValue } from '../setting.ts';
import { guessFrom } from '../sign-in/guesses.ts';
import { setSignUpCookie, type Visit } from '../sign-in/visit.ts';
import type { Tables } from '../tables.ts';

/** What the page has to know of an offer. */
export interface SoldHere {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly pattern: string;
  readonly dailyMax: number;
  readonly variables: OfferedVariables;
  readonly origins: readonly string[];
}

/** Throws Problem 'not-found' for what nobody can sign up for, whatever the reason. */
export async function soldHere(db: Kysely<Tables>, name: string): Promise<SoldHere> {
  // What is no name at all is not asked for either.
  const known = short.safeParse(name).success ? name : '';
  const { rows } = await sql<SoldHere>`
    select id, name, title, pattern, daily_max, variables, origins from offer
    where name = ${known} and status = 'enabled' and sign_up`.execute(db);
  // Without a mail server nobody could confirm anything.
  if (rows[0] && (await settingValue(db, 'mail.smtp')) !== null) return rows[0];
  throw new Problem('not-found', 'there is nothing to sign up for here (any more)', {
    hint: 'Ask whoever has given you this address.',
  });
}

export const validHours = 24;
/** To one mail address in a day: whatever else is asked for, nobody is flooded by us. */
const mailsMax = 3;
const dayS = 24 * 60 * 60;
const stranger = { kind: 'stranger' } as const;

/**
 * Keeps what somebody wants, and has a mail with a link sent to the address that they gave: nothing is made before that is opened.
 * Throws Problem 'invalid' or 'conflict' with the fields, 'throttled'. Whether the address has had its mails today is not told.
 */
export async function signUp(
  hub: Pick<Hub, 'database'>,
  offer: SoldHere,
  wanted: Wanted,
  { language, address }: { readonly language: string; readonly address: string | null },
): Promise<void> {
  const { db } = hub.database;
  const fromHere = { most: await settingValue(db, 'sign-up.hourly-max'), withinS: 3600 };
  demandLeft(await countOneMore(db, `sign-ups of ${guessFrom(address).key}`, fromHere));
  ownerOf(offer, wanted);
  await demandFree({ tx: db, caller: stranger }, new Map([[hostOf(offer.pattern, wanted.name), 'canonical']]));
  const ofOffer = { most: Math.max(100, offer.dailyMax * 5), withinS: dayS };
  demandLeft(await countOneMore(db, `sign-ups of offer ${offer.id}`, ofOffer));
  const toIt = { most: mailsMax, withinS: dayS };
  const digest = createHash('sha256').update(wanted.email.toLowerCase()).digest('hex').slice(0, 32);
  if ((await countOneMore(db, `sign-ups of mail ${digest}`, toIt)).used > mailsMax) return;
  await sql`
    insert into sign_up (offer_id, nonce, wanted, email, language, expires_at)
    values (${offer.id}, ${randomBytes(16)}, ${jsonb({ ...wanted } as Json)}::jsonb, ${wanted.email}, ${language},
            now() + make_interval(hours => ${validHours}))`.execute(db);
  await sql`select pg_notify('happening', '')`.execute(db);
}

export interface SignUp {
  readonly id: string;
  readonly offerId: string;
  readonly nonce: Buffer;
  readonly wanted: Wanted;
  readonly title: string;
  readonly pattern: string;
  readonly status: string;
  readonly isOver: boolean;
  readonly orderId: string | null;
}

type Purpose = 'code' | 'progress';

/** 'code' is in the mail, and good once; 'progress' is in a cookie of the browser that has used it. */
export const secretOf = (key: SealKey, { id, nonce }: Pick<SignUp, 'id' | 'nonce'>, purpose: Purpose): string =>
  `${id}.${keyed(key, `sign-up ${purpose}:${id}:${nonce.toString('hex')}`)}`;

/** Whose secret this is. Throws Problem 'not-found', the same for whatever reason. */
export async function readSecret(
  db: Kysely<Tables>,
  key: SealKey,
  secret: string,
  purpose: Purpose,
  { lock = false } = {},
): Promise<SignUp> {
  const [, id] = /^([1-9]\d{0,17})\.[\w-]{43}$/.exec(secret) ?? [];
  if (id !== undefined) {
    const { rows } = await sql<SignUp>`
      select sign_up.id, sign_up.offer_id, sign_up.nonce, sign_up.wanted, offer.title, offer.pattern, sign_up.status,
             sign_up.expires_at <= now() or offer.status <> 'enabled' or not offer.sign_up as is_over, sign_up.order_id
      from sign_up join offer on offer.id = sign_up.offer_id
      where sign_up.id = ${id} ${lock ? sql`for no key update of sign_up, offer` : sql``}`.execute(db);
    const [found] = rows;
    const wanted = found && Buffer.from(secretOf(key, found, purpose));
    const given = Buffer.from(secret);
    if (found && wanted?.length === given.length && timingSafeEqual(wanted, given)) return found;
  }
  throw noLink();
}

const noLink = (): Problem =>
  new Problem('not-found', 'this link opens nothing (any more)', {
    hint: `It is good once, for ${validHours} hours. Sign up again.`,
  });

/**
 * Who has come with the link of the mail orders the site: once, however often and from wherever it is sent. The browser is given a
 * cookie to see how far it is. `name`: another one, where theirs is taken meanwhile. False: the link was used before.
 * Throws what an order throws.
 */
export async function confirm(
  hub: Hub,
  code: string,
  { name, visit }: { readonly name: string | undefined; readonly visit: Visit },
): Promise<boolean> {
  return inTransaction(hub.database.db, async (tx) => {
    const found = await readSecret(tx, hub.sealKey, code, 'code', { lock: true });
    if (found.orderId !== null) return false;
    if (found.isOver) throw noLink();
    const wanted = { ...found.wanted, ...(name !== undefined && { name: demandName(name) }) };
    const order = await placeOrder({ tx, hub, caller: stranger }, found.offerId, wanted);
    await sql`update sign_up set status = 'confirmed', order_id = ${order}, leased_until = null where id = ${found.id}`.execute(
      tx,
    );
    await audit(tx, {
      actor: { accountId: null, account: '', address: visit.address ?? '', means: 'sign-up' },
      what: 'order create',
      subject: { noun: 'order', id: order, name: hostOf(found.pattern, wanted.name), client: null },
      result: 'done',
    });
    setSignUpCookie(visit, secretOf(hub.sealKey, found, 'progress'), dayS);
    return true;
  });
}

function demandName(name: string): string {
  if (customerName.safeParse(name).success) return name;
  throw new Problem('invalid', 'this is not a name that a site can have', {
    hint: 'Choose another one.',
    fields: [{ path: 'name', message: 'is not a name' }],
  });
}

/** Who has confirmed nothing is not kept. */
export const forgetSignUps = (db: Kysely<Tables>): Promise<unknown> =>
  sql`delete from sign_up where created_at < now() - interval '7 days'`.execute(db);
