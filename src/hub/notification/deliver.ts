import { sql } from 'kysely';
import type { Clock } from '../../model/clock.ts';
import { Problem, problemJson } from '../../model/problem.ts';
import type { Hub } from '../hub.ts';
import { unseal } from '../seal.ts';
import { settingValue } from '../setting.ts';
import { addressOfPanel } from '../sign-in/one-time-link.ts';
import { deliverConfirmations } from '../sign-up/mails.ts';
import { sendMail } from './mail.ts';
import { mailText } from './mail-text.ts';
import { messagesFor } from './message.ts';
import { type Claimed, type ClaimedRequest, claimMail, claimRequest, drop, markFailed, markSent } from './outbox.ts';
import { spread } from './spread.ts';
import { sendWebhook, webhookBody } from './webhook-request.ts';
import { secretPurpose, webhookAnswered, webhookFailed } from './webhook-rows.ts';

export type Delivering = Pick<Hub, 'database' | 'sealKey' | 'address'>;

const lookEveryMs = 2000;
const mailsAtOnce = 4;
const requestsAtOnce = 8;

/** Tells people of what has happened, until told to stop: at once, and every two seconds. Any number of hubs may do it. */
export async function runNotifications(hub: Delivering, clock: Clock, stop: AbortSignal): Promise<void> {
  const wakers = new Set<() => void>();
  const wake = (): void => {
    for (const one of wakers) one();
  };
  const unlisten = await hub.database.listen('happening', wake, wake);
  const again = async (round: () => Promise<unknown>): Promise<void> => {
    while (!stop.aborted) {
      const woken = new AbortController();
      const waker = (): void => woken.abort();
      wakers.add(waker);
      await round().catch(
        (error: unknown) => void process.stderr.write(`notifications: ${problemJson(error).message}\n`),
      );
      // Aborting is how this sleep is ended early.
      await clock.sleep(lookEveryMs, AbortSignal.any([woken.signal, stop])).catch(() => undefined);
      wakers.delete(waker);
    }
  };
  const spreadAndWake = async (): Promise<void> => {
    if (await spreadAll(hub)) wake();
  };
  // Beside each other: a mail server that hangs keeps no webhook waiting.
  await Promise.all([
    again(spreadAndWake),
    again(() => deliverMails(hub, stop)),
    again(() => deliverRequests(hub, stop)),
    again(() => deliverConfirmations(hub, stop)),
  ]);
  await unlisten();
}

/** Answers whether there was anything. */
export async function spreadAll({ database }: Pick<Hub, 'database'>): Promise<boolean> {
  for (let total = 0; ; ) {
    const count = await spread(database);
    total += count;
    if (count === 0) return total > 0;
  }
}

const atOnce = (count: number, worker: () => Promise<void>): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, worker));

/** All that are due. */
export const deliverMails = (hub: Delivering, stop?: AbortSignal): Promise<unknown> =>
  atOnce(mailsAtOnce, async () => {
    for (;;) {
      const claimed = stop?.aborted ? null : await claimMail(hub.database.db);
      if (!claimed) return;
      if (claimed.ids.length > 0) await deliverMail(hub, claimed);
    }
  });

export const deliverRequests = (hub: Delivering, stop?: AbortSignal): Promise<unknown> =>
  atOnce(requestsAtOnce, async () => {
    for (;;) {
      const claimed = stop?.aborted ? null : await claimRequest(hub.database.db);
      if (!claimed) return;
      if (claimed.ids.length > 0) await deliverRequest(hub, claimed);
    }
  });

interface How {
  /** Of a test: whoever has asked for it reads why not, and it is not tried again. */
  readonly once?: boolean;
}

/** What they say is read here, and with it whether their account may still see it: rights change. */
export async function deliverMail(hub: Delivering, { accountId, ids }: Claimed, { once = false }: How = {}) {
  const { db } = hub.database;
  const messages = await messagesFor(db, hub, accountId, ids);
  const to = await mailAddress(db, accountId);
  const seen = new Set(to === null ? [] : messages.map(({ id }) => id));
  await drop(
    db,
    ids.filter((id) => !seen.has(id)),
  );
  const [first] = messages;
  if (to === null || !first) return;
  const sent = [...seen];
  const text = mailText(messages, await addressOfPanel(db, hub));
  await sendMail(db, hub, { to, id: `notification ${first.id}`, ...text }).then(
    () => markSent(db, sent, { byMail: true }),
    (error: unknown) => {
      const problem = expected(error);
      return markFailed(db, sent, problem, { forGood: once || problem.code === 'invalid' });
    },
  );
}

async function mailAddress(db: Delivering['database']['db'], accountId: string): Promise<string | null> {
  const { rows } = await sql<{ email: string | null }>`
    select email from account where id = ${accountId} and status = 'enabled'`.execute(db);
  return rows[0]?.email ?? null;
}

export async function deliverRequest(hub: Delivering, claimed: ClaimedRequest, { once = false }: How = {}) {
  const { db } = hub.database;
  const { accountId, ids, webhook } = claimed;
  const [message] = await messagesFor(db, hub, accountId, ids);
  if (!message) return void (await drop(db, ids));
  try {
    const secret = unseal(hub.sealKey, webhook.secret, secretPurpose(webhook.id));
    const request = { url: webhook.url, secret, id: `msg_${message.id}`, body: webhookBody(message) };
    await sendWebhook(request, await settingValue(db, 'webhook.networks'));
  } catch (error) {
    const problem = expected(error);
    return db.transaction().execute(async (tx) => {
      await markFailed(tx, ids, problem, { forGood: once });
      if (!once) await webhookFailed(tx, webhook.id, problem, { forGood: problem.code === 'not-found' });
    });
  }
  await db.transaction().execute(async (tx) => {
    await markSent(tx, ids, { byMail: false });
    await webhookAnswered(tx, webhook.id);
  });
}

/** What is not, is a fault of ours: the outbox keeps it, and its lease ends. */
function expected(error: unknown): Problem {
  if (error instanceof Problem) return error;
  throw error;
}
