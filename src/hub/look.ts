import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Json } from '../model/json.ts';
import { Problem, type ProblemJson, problemFrom } from '../model/problem.ts';
import { jsonb } from './database.ts';
import type { Asked, Reader } from './hub.ts';
import { one } from './rows.ts';

export interface Look {
  /** Of a look type: 'server load'. */
  readonly name: string;
  readonly subject: string;
  readonly args: Json;
}

/** Longer than a look may take in a worker, so that its own problem is told. */
const waitMs = 15_000;
/** When a notification was lost, this finds the answer. */
const pollMs = 1000;
const waitingMax = 100;

/**
 * Has a worker read something on a server, as the hub has no hands, and waits for it. Throws Problem 'server-unreachable'
 * when no worker runs, 'throttled', 'timeout', or what the worker found to be wrong.
 */
export async function lookBy({ hub, tx, gone }: Pick<Asked<Reader>, 'hub' | 'tx' | 'gone'>, look: Look): Promise<Json> {
  await demandWorker(tx);
  let wake = Promise.withResolvers<void>();
  let asked = '';
  const unlisten = await hub.database.listen('looked', (id) => id === asked && wake.resolve());
  try {
    asked = await put(tx, look);
    for (const until = performance.now() + waitMs; performance.now() < until && !gone.aborted; ) {
      wake = Promise.withResolvers();
      const { rows } = await sql<{ answer: Json; problem: ProblemJson | null }>`
        select answer, problem from look where id = ${asked} and (answer is not null or problem is not null)`.execute(
        tx,
      );
      if (rows[0]?.problem) throw problemFrom(rows[0].problem);
      if (rows[0]) return rows[0].answer;
      await Promise.race([wake.promise, sleep(pollMs, undefined, { ref: false })]);
    }
    throw new Problem('timeout', `no worker has answered within ${waitMs / 1000} s`, {
      hint: 'They may have too much to do, or the server answers slowly: try again.',
    });
  } finally {
    await sql`delete from look where id = ${asked === '' ? null : asked}::bigint`.execute(tx);
    await unlisten();
  }
}

async function demandWorker(db: Reader): Promise<void> {
  const { rows } = await sql<{ workers: number; waiting: number }>`
    select (select count(*)::int from worker where heartbeat_at > now() - interval '15 seconds') as workers,
           (select count(*)::int from look where answer is null and problem is null) as waiting`.execute(db);
  const { workers, waiting } = one(rows, 'the counts');
  if (workers === 0)
    throw new Problem('server-unreachable', 'no worker runs, and nobody else looks at servers', {
      hint: 'Start one: ./up; aegir status shows them.',
    });
  if (waiting >= waitingMax)
    throw new Problem('throttled', `${waiting} others wait for the same`, {
      hint: 'Try again in a few seconds.',
      retryAfterMs: 5000,
    });
}

async function put(db: Reader, { name, subject, args }: Look): Promise<string> {
  // Whoever asked for these is gone with its hub.
  await sql`delete from look where asked_at < now() - interval '1 minute'`.execute(db);
  const { rows } = await sql<{ id: string }>`
    insert into look (name, subject_id, args) values (${name}, ${subject}, ${jsonb(args)}::jsonb) returning id`.execute(
    db,
  );
  await sql`select pg_notify('look', '')`.execute(db);
  return one(rows, 'the look just inserted').id;
}

export interface TakenLook extends Look {
  readonly id: string;
}

/** The next that nobody is at. */
export async function takeLook(db: Reader): Promise<TakenLook | null> {
  const { rows } = await sql<TakenLook>`
    update look set taken_at = now()
    where id = (select id from look where taken_at is null order by id limit 1 for update skip locked)
    returning id, name, subject_id as subject, args`.execute(db);
  return rows[0] ?? null;
}

export async function answerLook(
  db: Reader,
  id: string,
  { answer, problem }: { readonly answer: Json } & { readonly problem: ProblemJson | null },
): Promise<void> {
  await sql`
    update look set answer = ${answer === null ? null : jsonb(answer)}::jsonb,
                    problem = ${problem && jsonb(problem)}::jsonb where id = ${id}`.execute(db);
  await sql`select pg_notify('looked', ${id})`.execute(db);
}
