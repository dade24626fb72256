import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { z } from 'zod';
import { testDatabase } from '../../tests/kit/postgres.ts';
import type { TaskType } from '../tasks/task-type.ts';
import type { HubDatabase } from './database.ts';
import { appendEvents, followLog, readLog } from './log.ts';
import { requeueLost } from './lost-tasks.ts';
import { type Asked, addTask, claimTask, endTask, heartbeat } from './queue.ts';
import { cancelTask, forgetTasks, settleTask } from './task-control.ts';

const locking = (locks: readonly string[], more: Partial<TaskType> = {}): TaskType => ({
  name: 'site test',
  noun: 'site',
  title: 'Test site',
  args: z.strictObject({ n: z.number().optional() }),
  from: ['queued'],
  timeoutMs: 60_000,
  priority: 0,
  coalesce: false,
  locks: () => locks,
  hasCopy: false,
  backup: () => null,
  copy: () => null,
  open: () => assert.fail('not opened here'),
  ...more,
});

const add = async ({ db }: HubDatabase, type: TaskType, id = '1', asked: Asked = {}): Promise<string> =>
  (await db.transaction().execute((tx) => addTask(tx, type, { id, name: `s${id}.test`, status: 'queued' }, asked)))
    .task;
const end = (
  { db }: HubDatabase,
  claim: Parameters<typeof endTask>[1],
  status: Parameters<typeof endTask>[2] = 'done',
) => db.transaction().execute((tx) => endTask(tx, claim, status, { result: null, problem: null }));
const claimed = async (hub: HubDatabase, worker = 'w1') => {
  const task = await claimTask(hub.db, worker);
  assert.ok(task, 'there should be a task');
  return task;
};
const statusOf = async (hub: HubDatabase, id: string) =>
  (await hub.db.selectFrom('task').select('status').where('id', '=', id).executeTakeFirstOrThrow()).status;

test('the row and its task are added together or not at all', async (t) => {
  const hub = await testDatabase(t);
  const broken = hub.db.transaction().execute(async (tx) => {
    await sql`insert into client (name, title) values ('a', 'A')`.execute(tx);
    await addTask(tx, locking(['site:1']), { id: '1', name: 'a.test', status: 'queued' });
    throw new Error('rolled back');
  });
  await assert.rejects(broken, /rolled back/);
  const { rows } = await sql<{ n: number }>`
    select (select count(*) from client)::int + (select count(*) from task)::int as n`.execute(hub.db);
  assert.equal(rows[0]?.n, 0);
});

test('a task that the status does not allow is refused with the statuses that do', async (t) => {
  const hub = await testDatabase(t);
  const asked = hub.db
    .transaction()
    .execute((tx) => addTask(tx, locking([]), { id: '1', name: 'a.test', status: 'enabled' }));
  await assert.rejects(asked, { code: 'wrong-status', hint: 'It is possible when a.test is queued.' });
  await assert.rejects(add(hub, locking([]), '1', { args: { x: 1 } }), { code: 'invalid' });
});

test('eight workers, overlapping locks: never two at once, always in the order they were asked for', async (t) => {
  const hub = await testDatabase(t);
  const wanted = 160;
  for (let i = 0; i < wanted; i++)
    await add(hub, locking(i % 7 === 0 ? [`server:${i % 3}`, `site:${i % 12}`] : [`site:${i % 12}`]));
  const held = new Map<string, string>();
  const order = new Map<string, number[]>();
  let done = 0;
  const locksOf = async (id: string): Promise<readonly string[]> =>
    (await hub.db.selectFrom('task').select('locks').where('id', '=', id).executeTakeFirstOrThrow()).locks;
  const worker = async (name: string): Promise<void> => {
    while (done < wanted) {
      const claim = await claimTask(hub.db, name);
      if (!claim) {
        await sleep(1);
        continue;
      }
      const locks = await locksOf(claim.taskId);
      for (const key of locks) {
        assert.equal(held.get(key), undefined, `${key} was already held`);
        held.set(key, claim.taskId);
        order.set(key, [...(order.get(key) ?? []), Number(claim.taskId)]);
      }
      await appendEvents(hub.db, claim, 1, [{ type: 'note', level: 'info', text: name }]);
      for (const key of locks) held.delete(key);
      await end(hub, claim);
      done++;
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, i) => worker(`w${i}`)));
  for (const [key, ids] of order)
    assert.deepEqual(
      ids,
      ids.toSorted((a, b) => a - b),
      key,
    );
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from lock`.execute(hub.db);
  assert.equal(rows[0]?.n, 0);
});

test('two claims in the same moment: the lock decides', async (t) => {
  const hub = await testDatabase(t);
  const [older, newer] = [await add(hub, locking(['site:77'])), await add(hub, locking(['site:77']))];
  const inserted = Promise.withResolvers<void>();
  const commit = Promise.withResolvers<void>();
  // A worker that chose `newer` just before `older` became due, and has not committed yet.
  const other = hub.db.transaction().execute(async (tx) => {
    await sql`insert into lock values ('site:77', ${newer})`.execute(tx);
    inserted.resolve();
    await commit.promise;
  });
  await inserted.promise;
  const attempt = claimTask(hub.db, 'me');
  await untilBlocked(hub);
  commit.resolve();
  await other;
  assert.equal(await attempt, undefined);
  assert.equal(await statusOf(hub, older), 'queued');
});

async function untilBlocked(hub: HubDatabase): Promise<void> {
  for (;;) {
    const { rows } =
      await sql`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`.execute(
        hub.db,
      );
    if (rows.length > 0) return;
    await sleep(5);
  }
}

test('lower priority numbers run first; a task in the future waits; a paused queue hands out nothing', async (t) => {
  const hub = await testDatabase(t);
  await add(hub, locking(['a']));
  const urgent = await add(hub, locking(['b'], { priority: -10 }));
  await add(hub, locking(['c'], { priority: -99 }), '1', { runAt: new Date(Date.now() + 3_600_000) });
  await sql`update queue set paused = true where name = 'task'`.execute(hub.db);
  assert.equal(await claimTask(hub.db, 'w'), undefined);
  await sql`update queue set paused = false where name = 'task'`.execute(hub.db);
  assert.equal((await claimed(hub)).taskId, urgent);
  assert.notEqual((await claimed(hub)).taskId, urgent);
  assert.equal(await claimTask(hub.db, 'w'), undefined);
});

test('a task that comes after another waits for its end, whatever that is', async (t) => {
  const hub = await testDatabase(t);
  const first = await add(hub, locking(['server:1']));
  const second = await add(hub, locking(['site:1']), '1', { after: first });
  const claim = await claimed(hub);
  assert.equal(claim.taskId, first);
  assert.equal(await claimTask(hub.db, 'w'), undefined);
  await end(hub, claim, 'failed');
  assert.equal((await claimed(hub)).taskId, second);
});

test('three edits in a row are one verify, but not once it runs', async (t) => {
  const hub = await testDatabase(t);
  const verify = locking(['site:1'], { coalesce: true });
  const first = await add(hub, verify);
  assert.equal(await add(hub, verify), first);
  assert.equal(await add(hub, verify), first);
  assert.notEqual(await add(hub, verify, '2'), first, 'another subject');
  assert.notEqual(await add(hub, verify, '1', { args: { n: 1 } }), first, 'other arguments');
  assert.notEqual(await add(hub, verify, '1', { dryRun: true }), first, 'a dry run');
  await claimed(hub);
  assert.notEqual(await add(hub, verify), first);
});

test('a worker given up for dead cannot write any more, and its task goes on where its log ends', async (t) => {
  const hub = await testDatabase(t);
  const id = await add(hub, locking(['site:1']));
  const old = await claimed(hub, 'old');
  await appendEvents(hub.db, old, 1, [{ type: 'check.done' }]);
  assert.deepEqual(await requeueLost(hub.db, 60_000), { requeued: 0, stuck: 0 }, 'it was heard of a moment ago');
  assert.deepEqual(await requeueLost(hub.db, 0), { requeued: 1, stuck: 0 });
  const next = await claimed(hub, 'next');
  assert.deepEqual([next.taskId, next.attempt], [id, 2]);
  await assert.rejects(heartbeat(hub.db, old), { code: 'lost' });
  await assert.rejects(appendEvents(hub.db, old, 9, [{ type: 'check.done' }]), { code: 'lost' });
  await assert.rejects(end(hub, old), { code: 'lost' });
  const log = await readLog(hub.db, id);
  assert.deepEqual(
    log.map(({ seq, data }) => [seq, data.type]),
    [
      [1, 'check.done'],
      [2, 'task.lost'],
    ],
  );
  await end(hub, next);
});

test('a task whose workers die again and again is stuck, keeps its locks, and is settled by a person', async (t) => {
  const hub = await testDatabase(t);
  const id = await add(hub, locking(['site:1']));
  for (let attempt = 1; attempt <= 5; attempt++) {
    await claimed(hub, `w${attempt}`);
    await requeueLost(hub.db, 0);
  }
  assert.equal(await statusOf(hub, id), 'stuck');
  const waiting = await add(hub, locking(['site:1']));
  assert.equal(await claimTask(hub.db, 'w'), undefined, 'the lock is held');
  await settleTask(hub.db, id);
  assert.equal((await claimed(hub)).taskId, waiting);
  await assert.rejects(settleTask(hub.db, id), { code: 'wrong-status' });
});

test('a waiting task is cancelled at once, a running one is told, an ended one cannot be', async (t) => {
  const hub = await testDatabase(t);
  const waiting = await add(hub, locking(['site:1']));
  assert.deepEqual(await cancelTask(hub.db, waiting), { status: 'cancelled' });
  const running = await add(hub, locking(['site:2']));
  const claim = await claimed(hub);
  assert.deepEqual(await heartbeat(hub.db, claim), { cancelRequested: false });
  assert.deepEqual(await cancelTask(hub.db, running), { status: 'running' });
  assert.deepEqual(await heartbeat(hub.db, claim), { cancelRequested: true });
  await end(hub, claim, 'cancelled');
  await assert.rejects(cancelTask(hub.db, running), { code: 'wrong-status' });
  await assert.rejects(cancelTask(hub.db, '999999'), { code: 'not-found' });
});

test('a reader sees the log as it grows, from the number it had, and stops at the end', async (t) => {
  const hub = await testDatabase(t);
  const id = await add(hub, locking(['site:1']));
  const claim = await claimed(hub);
  const never = new AbortController().signal;
  await appendEvents(hub.db, claim, 1, [{ type: 'check.done' }, { type: 'step.started', step: 'a' }]);
  const seen: number[] = [];
  const reading = (async () => {
    for await (const { seq } of followLog(hub, id, 1, never)) seen.push(seq);
  })();
  await appendEvents(hub.db, claim, 3, [{ type: 'step.done', step: 'a', result: {} }]);
  await appendEvents(hub.db, claim, 4, [{ type: 'task.done', result: {} }]);
  await end(hub, claim);
  await reading;
  assert.deepEqual(seen, [2, 3, 4]);
  for await (const event of followLog(hub, id, 4, never)) assert.fail(`nothing follows the end: ${event.seq}`);
});

test('what ended long ago is forgotten; what is stuck stays', async (t) => {
  const hub = await testDatabase(t);
  const old = await add(hub, locking(['a']));
  await end(hub, await claimed(hub));
  const fresh = await add(hub, locking(['b']));
  await end(hub, await claimed(hub));
  const stuck = await add(hub, locking(['c']));
  await end(hub, await claimed(hub), 'stuck');
  await sql`update task set ended_at = now() - interval '100 days' where id in (${old}, ${stuck})`.execute(hub.db);
  assert.equal(await forgetTasks(hub.db, 90 * 86_400_000), 1);
  const { rows } = await sql<{ id: string }>`select id from task order by id`.execute(hub.db);
  assert.deepEqual(
    rows.map(({ id }) => id),
    [fresh, stuck],
  );
});

test('a task that waits is not taken while what it is to see is still being written', async (t) => {
  const hub = await testDatabase(t);
  const type = locking(['site:1'], { coalesce: true });
  const first = await add(hub, type);
  await hub.db.transaction().execute(async (tx) => {
    const again = await addTask(tx, type, { id: '1', name: 's1.test', status: 'queued' });
    assert.deepEqual(again, { task: first, coalesced: true });
    assert.equal(await claimTask(hub.db, 'w1'), undefined);
  });
  assert.equal((await claimed(hub)).taskId, first);
  // It runs now and may have read the old state already: the next edit needs a task of its own.
  const second = await add(hub, type);
  assert.notEqual(second, first);
  // A lost one goes on behind the steps that were done: it is not the place for what is new either.
  await requeueLost(hub.db, 0);
  assert.equal(await add(hub, type), second);
});
