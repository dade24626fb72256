import { type Kysely, sql } from 'kysely';
import { Problem, problemJson } from '../../model/problem.ts';
import { jsonb } from '../database.ts';
import type { Hub } from '../hub.ts';
import { sendMail } from '../notification/mail.ts';
import { mailOf } from '../notification/mail-text.ts';
import { leaseS, waitS } from '../notification/outbox.ts';
import { addressOfPanel } from '../sign-in/one-time-link.ts';
import type { Tables } from '../tables.ts';
import { type SignUp, secretOf, validHours } from './sign-ups.ts';
import { signUpText } from './text.ts';

interface Due extends Pick<SignUp, 'id' | 'nonce' | 'title'> {
  readonly email: string;
  readonly language: string;
  readonly attempts: number;
}

/** All that are due. Any number of hubs may do it: a lease says who is at it. */
export async function deliverConfirmations(
  hub: Pick<Hub, 'database' | 'sealKey' | 'address'>,
  stop?: AbortSignal,
): Promise<void> {
  const { db } = hub.database;
  while (!stop?.aborted) {
    const due = await claim(db);
    if (!due) return;
    const { title, text } = { title: due.title, text: signUpText(due.language).mail };
    const link = `${await addressOfPanel(db, hub)}/sign-up/-/confirm?code=${secretOf(hub.sealKey, due, 'code')}`;
    const lines = [{ title }, { text: text.about }, { link }, { text: text.ignore(validHours) }];
    const mail = { to: due.email, id: `sign-up ${due.id}`, ...mailOf(text.subject(title), lines) };
    await sendMail(db, hub, mail).then(
      () => ended(db, due.id, 'sent', null),
      (error: unknown) => {
        // What is not expected is a fault of ours: its lease ends, and it is tried again.
        if (!(error instanceof Problem)) throw error;
        return error.code === 'invalid' ? ended(db, due.id, 'failed', error) : again(db, due, error);
      },
    );
  }
}

async function claim(db: Kysely<Tables>): Promise<Due | undefined> {
  const { rows } = await sql<Due>`
    update sign_up set attempts = attempts + 1, leased_until = now() + make_interval(secs => ${leaseS})
    from offer
    where offer.id = sign_up.offer_id and sign_up.id = (
      select id from sign_up
      where status = 'waiting' and next_at <= now() and expires_at > now() and coalesce(leased_until <= now(), true)
      order by id limit 1 for update skip locked)
    returning sign_up.id, sign_up.nonce, sign_up.email, sign_up.language, sign_up.attempts, offer.title`.execute(db);
  return rows[0];
}

/** It may have been confirmed already: a mail server can be quicker than we are. */
const ended = (db: Kysely<Tables>, id: string, status: 'sent' | 'failed', problem: Problem | null): Promise<unknown> =>
  sql`
    update sign_up set status = ${status}, leased_until = null,
      problem = ${problem === null ? null : jsonb(problemJson(problem))}::jsonb
    where id = ${id} and status = 'waiting'`.execute(db);

const again = (db: Kysely<Tables>, { id, attempts }: Due, problem: Problem): Promise<unknown> =>
  sql`
    update sign_up set leased_until = null, problem = ${jsonb(problemJson(problem))}::jsonb,
      next_at = now() + make_interval(secs => ${waitS(attempts)})
    where id = ${id} and status = 'waiting'`.execute(db);
