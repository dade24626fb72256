import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { furnished, type TestHub } from '../../tests/kit/hub.ts';

async function waiting(made: TestHub): Promise<() => Promise<{ why: string; tasks: { id: string }[] }>> {
  const { task } = await made.good('POST', '/api/sites', { name: 'example.com', platform: 'd10' });
  return async () => (await made.good('GET', `/api/tasks/${task.id}`)).waits;
}

const addWorker = async ({ hub }: TestHub, name: string, why: string | null): Promise<void> =>
  void (await sql`insert into worker (name, waiting) values (${name}, ${why})`.execute(hub.database.db));

test('a task says why it is not begun: the first reason that is to be got out of the way', async (t) => {
  const made = await furnished(t);
  const waits = await waiting(made);
  assert.equal((await waits()).why, 'no worker');
  await addWorker(made, 'w1', 'load 12.3 is over 10.0');
  assert.deepEqual(await waits(), { why: 'load', until: null, about: 'load 12.3 is over 10.0', tasks: [] });
  await addWorker(made, 'w2', null);
  assert.equal((await waits()).why, 'busy');
  await made.good('POST', '/api/queues/task/pause');
  assert.equal((await waits()).why, 'paused');
});

test('a task that waits for another one names it', async (t) => {
  const made = await furnished(t);
  await addWorker(made, 'w1', null);
  const first = await made.good('POST', '/api/sites', { name: 'example.com', platform: 'd10' });
  const second = await made.good('POST', '/api/sites/example.com/tasks', { name: 'site delete' });
  const { waits } = await made.good('GET', `/api/tasks/${second.task.id}`);
  assert.equal(waits.why, 'tasks');
  assert.deepEqual(waits.tasks, [{ id: first.task.id, name: 'site install', subject: 'example.com' }]);
});

test('a task whose server has as many tasks as it may names that server, whatever the workers do', async (t) => {
  const made = await furnished(t);
  const { db } = made.hub.database;
  await addWorker(made, 'w1', null);
  const waits = await waiting(made);
  const { task } = await made.good('POST', '/api/servers/master/tasks', { name: 'server verify' });
  await sql`update task set status = 'running' where id = ${task.id}`.execute(db);
  assert.equal((await waits()).why, 'busy');
  await sql`update server set tasks_max = 1`.execute(db);
  assert.deepEqual(await waits(), { why: 'server limit', until: null, about: 'master', tasks: [] });
});

test('a task that is to start later says when, and one that has begun waits for nothing', async (t) => {
  const made = await furnished(t);
  const runAt = '2099-01-01T00:00:00.000Z';
  const { task } = await made.good('POST', '/api/servers/master/tasks', { name: 'server verify', runAt });
  const get = () => made.good('GET', `/api/tasks/${task.id}`);
  assert.deepEqual([(await get()).waits.why, (await get()).waits.until], ['later', runAt]);
  await sql`update task set status = 'running' where id = ${task.id}`.execute(made.hub.database.db);
  assert.equal((await get()).waits, null);
});

test('the steps of a task are known before it begins, each with the median time of earlier ones', async (t) => {
  const made = await furnished(t);
  const { db } = made.hub.database;
  const ask = async (): Promise<string> =>
    (await made.good('POST', '/api/servers/master/tasks', { name: 'server verify' })).task.id;
  for (const seconds of [1, 2, 9]) {
    const id = await ask();
    await sql`
      insert into event (task_id, seq, at, data) values
        (${id}, 1, now(), '{"type": "task.started", "worker": "w", "attempt": 1, "steps": ["look", "tidy up"]}'),
        (${id}, 2, now(), '{"type": "step.started", "step": "look"}'),
        (${id}, 3, now() + make_interval(secs => ${seconds}), '{"type": "step.done", "step": "look", "result": {}}'),
        (${id}, 4, now(), '{"type": "step.started", "step": "tidy up"}')`.execute(db);
    await sql`update task set status = 'done', ended_at = now() where id = ${id}`.execute(db);
  }
  const { plan, steps } = await made.good('GET', `/api/tasks/${await ask()}`);
  assert.deepEqual(steps, []);
  assert.deepEqual(plan, [
    { name: 'look', usualMs: 2000 },
    { name: 'tidy up', usualMs: null },
  ]);
});
