import { type Kysely, sql } from 'kysely';
import { Problem, problemJson } from '../../model/problem.ts';
import { jsonb } from '../database.ts';
import type { Tables } from '../tables.ts';
import { attemptsMax, waitS } from './outbox.ts';

export const secretPurpose = (webhook: string): string => `webhook.secret:${webhook}`;

export const webhookAnswered = (db: Kysely<Tables>, id: string): Promise<unknown> =>
  sql`update webhook set failures = 0, next_at = now() where id = ${id} and failures > 0`.execute(db);

/**
 * It is left alone for a while, longer each time; whoever has not answered for a day, or wants no more (`forGood`), is
 * not asked again until its account enables it. The caller has marked the notification.
 */
export async function webhookFailed(
  tx: Kysely<Tables>,
  id: string,
  problem: Problem,
  { forGood }: { readonly forGood: boolean },
): Promise<void> {
  const { rows } = await sql<{ failures: number }>`
    update webhook set failures = failures + 1 where id = ${id} and status = 'enabled' returning failures`.execute(tx);
  const [row] = rows;
  if (!row) return;
  if (!forGood && row.failures < attemptsMax) {
    await sql`update webhook set next_at = now() + make_interval(secs => ${waitS(row.failures)}) where id = ${id}`.execute(
      tx,
    );
    return;
  }
  const note = forGood
    ? problem.message
    : `It failed ${row.failures} times in a row. The last time: ${problem.message}`;
  await sql`update webhook set status = 'disabled', note = ${note.toWellFormed().slice(0, 1000)} where id = ${id}`.execute(
    tx,
  );
  const disabled = new Problem('wrong-status', 'the webhook was disabled before this was sent', {
    hint: 'Its note says why; when that is mended, enable it.',
  });
  await sql`
    update notification set status = 'failed', ended_at = now(), problem = coalesce(problem, ${jsonb(problemJson(disabled))}::jsonb)
    where webhook_id = ${id} and status = 'waiting'`.execute(tx);
}
