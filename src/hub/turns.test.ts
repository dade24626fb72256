import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { manySites } from '../../tests/kit/many-sites.ts';
import { testDatabase } from '../../tests/kit/postgres.ts';
import { Problem, problemJson } from '../model/problem.ts';
import { sweepNamed } from './sweeps.ts';
import { endTurn, forgetRuns, type Moment, placeTurns, type Turn, takeTurns } from './turns.ts';

const cron = sweepNamed({ sweeps: [] }, 'cron');
const [minute, hour] = [60_000, 3_600_000];
const start = Date.parse('2026-03-10T12:00:00Z');
const problem = problemJson(new Problem('timeout', 'it hangs'));
const isLost = (error: unknown): boolean => error instanceof Problem && error.code === 'lost';

/** A queue whose clock only the test moves. */
async function farm(t: TestContext, sites: number, servers = 1) {
  const database = await testDatabase(t);
  const { db } = database;
  await manySites(database, sites, servers);
  let ms = start;
  const moment = (): Moment => sql<Date>`${new Date(ms)}::timestamptz`;
  const place = () => placeTurns(db, cron, { moment: moment() });
  await place();
  return {
    ...{ db, place, moment },
    pass(by: number): void {
      ms += by;
    },
    take: (more: { worker?: string; most?: number; mostFailing?: number } = {}) =>
      takeTurns(db, cron, {
        worker: 'w1',
        most: 1000,
        mostFailing: 1000,
        timeoutMs: 5 * minute,
        moment: moment(),
        ...more,
      }),
    end: (turn: Turn, status: 'done' | 'failed' = 'done', afterMs = 1000) =>
      endTurn(
        db,
        cron,
        turn,
        { status, ...(status === 'failed' && { problem }), lines: 'said' },
        { endedAt: new Date(turn.begunAt.getTime() + afterMs), window: null },
      ),
    runs: async () => (await sql<{ status: string }>`select * from run order by id`.execute(db)).rows,
    turn: async (id: string) =>
      (
        await sql<{ dueAt: Date; failures: number; lastProblem: unknown; everyS: number }>`
        select * from turn where subject_id = ${id}`.execute(db)
      ).rows[0],
  };
}

test('each site has one turn in each period, and never two at once', async (t) => {
  const { take, end, pass, runs } = await farm(t, 60);
  const seen = new Map<string, number>();
  for (let at = 0; at < 90; at++) {
    pass(2 * minute);
    const taken = [...(await take({ most: 2 })), ...(await take({ worker: 'w2' }))];
    for (const turn of taken) seen.set(turn.subjectId, (seen.get(turn.subjectId) ?? 0) + 1);
    for (const turn of taken) await end(turn);
  }
  assert.equal(seen.size, 60);
  assert.ok([...seen.values()].every((count) => count === 3));
  assert.ok((await runs()).every(({ status }) => status === 'done'));
});

test('workers that ask at once take no turn twice, and no server more than its limit', async (t) => {
  const { take, pass, db } = await farm(t, 60, 2);
  await sql`update queue set looked_at = ${new Date(start + hour)} where name = 'cron'`.execute(db);
  pass(hour);
  const all = (await Promise.all([1, 2, 3, 4, 5].map((n) => take({ worker: `w${n}` })))).flat();
  assert.equal(new Set(all.map(({ subjectId }) => subjectId)).size, all.length);
  assert.equal(all.length, 8, 'four on each of two servers');
  assert.deepEqual(await take(), []);
});

test('sites that hang take half of a server at most, back off, and are done with when they answer', async (t) => {
  const { take, end, pass, turn, db } = await farm(t, 40);
  await sql`update turn set failures = 1, due_at = ${new Date(start - minute)} where subject_id <= 20`.execute(db);
  await sql`update turn set due_at = ${new Date(start)} where subject_id > 20`.execute(db);
  const taken = await take();
  assert.equal(taken.length, 4);
  assert.equal(taken.filter(({ failures }) => failures > 0).length, 2);
  assert.deepEqual(await take(), [], 'the server has as many as it may');
  const hanging = taken.find(({ failures }) => failures > 0);
  assert.ok(hanging);
  await end(hanging, 'failed', 5 * minute);
  const after = await turn(hanging.subjectId);
  assert.equal(after?.failures, 2);
  assert.deepEqual(after?.lastProblem, problem);
  assert.ok((after?.dueAt.getTime() ?? 0) > start + 3 * hour);
  pass(5 * hour);
  await sql`update turn set due_at = ${new Date(start)} where subject_id = ${hanging.subjectId}`.execute(db);
  const again = (await take()).find(({ subjectId }) => subjectId === hanging.subjectId);
  assert.ok(again === undefined, 'two others of those that failed are still at it');
});

test('a worker takes no more of those that failed than it has room for, and others in their place', async (t) => {
  const { take, db } = await farm(t, 8, 4);
  await sql`update turn set due_at = ${new Date(start - minute)}, failures = 1 where subject_id <= 4`.execute(db);
  await sql`update turn set due_at = ${new Date(start)} where subject_id > 4`.execute(db);
  const taken = await take({ most: 4, mostFailing: 1 });
  assert.deepEqual(
    taken.map(({ failures }) => failures),
    [1, 0, 0, 0],
  );
});

test('a turn of a worker that is lost is due again, and what the worker says afterwards is not heard', async (t) => {
  const { take, end, pass, runs, db } = await farm(t, 1);
  pass(hour);
  await sql`update turn set due_at = ${new Date(start)}`.execute(db);
  const [turn] = await take();
  assert.ok(turn);
  pass(5 * minute);
  assert.deepEqual(await take({ worker: 'w2' }), []);
  pass(2 * minute);
  await take({ worker: 'w2' });
  assert.deepEqual(
    (await runs()).map(({ status }) => status),
    ['lost'],
  );
  await assert.rejects(end(turn), isLost);
  pass(3 * hour);
  await sql`update queue set looked_at = ${new Date(start + 4 * hour)}`.execute(db);
  const [again] = await take({ worker: 'w2' });
  assert.equal(again?.attempt, 2);
  await assert.rejects(end({ ...turn, worker: 'w2' }), isLost, 'the same worker, but an older attempt');
});

test('a subject waits while a task is at work on it', async (t) => {
  const { take, db } = await farm(t, 2);
  await sql`update turn set due_at = ${new Date(start)}`.execute(db);
  const { rows } = await sql<{ id: string }>`
    insert into task (name, subject_type, subject_id, subject_name, locks, timeout_ms, status)
    values ('site migrate', 'site', 1, 'x', '{site:1}', 1, 'running') returning id`.execute(db);
  await sql`insert into lock values ('site:1', ${rows[0]?.id})`.execute(db);
  assert.deepEqual(
    (await take()).map(({ subjectId }) => subjectId),
    ['2'],
  );
  await sql`delete from lock`.execute(db);
  assert.deepEqual(
    (await take()).map(({ subjectId }) => subjectId),
    ['1'],
  );
});

test('what became due during an outage or a pause is spread, and nothing begins while the queue is paused', async (t) => {
  const { take, end, pass, db } = await farm(t, 600);
  pass(minute);
  for (const turn of await take()) await end(turn);
  await sql`update queue set paused = true`.execute(db);
  pass(20 * minute);
  assert.deepEqual(await take(), []);
  await sql`update queue set paused = false, at_once = 1000`.execute(db);
  pass(1000);
  const counts: number[] = [];
  for (let at = 0; at < 60; at++) {
    const taken = await take();
    counts.push(taken.length);
    for (const turn of taken) await end(turn);
    pass(minute);
  }
  assert.ok(Math.max(...counts) <= 24, `ten are due in a minute, twice as many while it catches up: ${counts.join()}`);
  assert.ok(counts.slice(0, 20).reduce((a, b) => a + b) > 350, 'it does catch up');
});

test('who is new, has another period or is disabled is seen; a period of its own goes before that of its application', async (t) => {
  const { place, turn, db } = await farm(t, 4);
  assert.equal((await turn('1'))?.everyS, 3600);
  const before = await turn('2');
  await sql`update site set cron_every_s = 300 where id = 1`.execute(db);
  await sql`update site set cron_every_s = 0 where id = 3`.execute(db);
  await sql`update site set status = 'disabled' where id = 4`.execute(db);
  await place();
  const own = await turn('1');
  assert.ok(own);
  assert.equal(own.everyS, 300);
  assert.ok(own.dueAt.getTime() - start <= 5 * minute && own.dueAt.getTime() > start);
  assert.deepEqual(await turn('2'), before);
  assert.equal(await turn('3'), undefined);
  assert.equal(await turn('4'), undefined);
  await sql`update site set status = 'enabled' where id = 4`.execute(db);
  await sql`insert into setting (name, value) values ('cron.every', '{"wordpress": "1h"}')`.execute(db);
  await sql`update queue set every_s = 7200`.execute(db);
  await place();
  assert.deepEqual([(await turn('1'))?.everyS, (await turn('4'))?.everyS], [300, 7200]);
});

test('of each site the newest runs are kept', async (t) => {
  const { take, end, pass, runs, db } = await farm(t, 3);
  for (let at = 0; at < 200; at++) {
    pass(minute);
    for (const turn of await take()) await end(turn, at > 130 ? 'failed' : 'done');
  }
  await forgetRuns(db, 2);
  const kept = await runs();
  assert.equal(kept.length, 6);
  assert.ok(kept.some(({ status }) => status === 'failed'));
});
