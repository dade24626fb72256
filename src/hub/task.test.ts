import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { endTasks, furnished, setStatus, testHub } from '../../tests/kit/hub.ts';
import { connect, type Send } from '../api/call.ts';
import { followTask } from '../api/follow.ts';
import type { TaskEvent } from '../model/event.ts';
import { appendEvents } from './log.ts';
import { claimTask, endTask } from './queue.ts';

test('a task is asked for by its name, and its arguments are checked', async (t) => {
  const made = await furnished(t);
  const { good, problem, counts } = made;
  await good('POST', '/api/sites', { name: 'example.com', platform: 'd10' });
  await setStatus(made, 'site', 'example.com', 'enabled');
  await endTasks(made);
  const before = await counts();
  const path = '/api/sites/@example.com/tasks';
  assert.match((await problem('invalid', 'POST', path, { name: 'site explode' })).hint, /site verify/);
  await problem('invalid', 'POST', path, { name: 'server verify' });
  await problem('invalid', 'POST', path, { name: 'site delete', args: { force: 'yes' } });
  await problem('invalid', 'POST', path, { name: 'site delete', args: { colour: 1 } });
  await problem('invalid', 'POST', path, { name: 'site verify', priority: 1e9 });
  await problem('invalid', 'POST', path, { name: 'site verify', runAt: 'tomorrow' });
  await problem('wrong-status', 'POST', path, { name: 'site enable' });
  assert.deepEqual(await counts(), before);
  const runAt = '2099-01-01T00:00:00.000Z';
  const later = await good('POST', path, { name: 'site verify', runAt, priority: 5 });
  assert.deepEqual([later.task.runAt, later.task.priority, later.task.account], [runAt, 5, null]);
  const first = await good('POST', path, { name: 'site verify' });
  const second = await good('POST', path, { name: 'site verify' });
  assert.deepEqual([first.coalesced, second.coalesced, second.task.id], [false, true, first.task.id]);
  assert.notEqual(first.task.id, later.task.id);
  const hurry = await good('POST', path, { name: 'site verify', priority: -5 });
  assert.deepEqual([hurry.task.id, hurry.task.priority], [first.task.id, -5]);
  const dry = await good('POST', path, { name: 'site delete', args: { force: true }, dryRun: true });
  assert.deepEqual([dry.task.dryRun, dry.task.args], [true, { force: true, backup: true }]);
});

test('who asked for a task is written down', async (t) => {
  const { good } = await testHub(t);
  await good('POST', '/api/accounts', { name: 'ada', role: 'administrator' });
  const { token } = await good('POST', '/api/tokens', { account: 'ada' });
  const { task } = await good('POST', '/api/servers', { name: 'web1' }, { token });
  assert.equal(task.account, 'ada');
});

test('tasks are listed newest first, by status, name and subject', async (t) => {
  const { good } = await furnished(t);
  for (const name of ['example.com', 'example.com.au']) await good('POST', '/api/sites', { name, platform: 'd10' });
  const found = async (query: string) =>
    (await good('GET', `/api/tasks?${query}`)).items.map((task: { subject: { name: string } }) => task.subject.name);
  assert.deepEqual(await found(''), ['example.com.au', 'example.com']);
  assert.deepEqual(await found('subject=example.com'), ['example.com']);
  assert.deepEqual(await found('subject=@example.com'), ['example.com']);
  assert.deepEqual(await found('subject=@example'), []);
  assert.deepEqual(await found('name=site install&status=queued&noun=site&limit=1'), ['example.com.au']);
  const first = await good('GET', '/api/tasks?limit=1');
  assert.deepEqual(await found(`limit=1&after=${first.next}`), ['example.com']);
});

test('a task shows its steps, what it waits for, and what can be done about it', async (t) => {
  const { good, problem, hub } = await furnished(t);
  const { task } = await good('POST', '/api/sites', { name: 'example.com', platform: 'd10' });
  await good('POST', '/api/sites/example.com/tasks', { name: 'site delete' });
  const { items } = await good('GET', '/api/tasks');
  assert.deepEqual((await good('GET', `/api/tasks/${items[0].id}`)).waitsFor, [task.id]);
  const claim = await claimTask(hub.database.db, 'w1');
  assert.ok(claim);
  assert.equal(claim.taskId, task.id);
  await appendEvents(hub.database.db, claim, 1, [
    { type: 'task.started', worker: 'w1', attempt: 1, steps: ['create database', 'write settings', 'publish'] },
    { type: 'step.started', step: 'create database' },
    { type: 'step.done', step: 'create database', result: {} },
    { type: 'step.started', step: 'write settings' },
  ]);
  const running = await good('GET', `/api/tasks/${task.id}`);
  assert.deepEqual(running.steps, [
    { name: 'create database', status: 'done' },
    { name: 'write settings', status: 'running' },
    { name: 'publish', status: 'waiting' },
  ]);
  assert.deepEqual(
    running.actions.filter((one: { possible: boolean }) => one.possible).map((one: { name: string }) => one.name),
    ['cancel'],
  );
  await problem('wrong-status', 'POST', `/api/tasks/${task.id}/retry`);
  await problem('wrong-status', 'POST', `/api/tasks/${task.id}/settle`);
  await good('POST', `/api/tasks/${task.id}/cancel`);
  assert.equal((await good('GET', `/api/tasks/${task.id}`)).status, 'running'); // It stops after the step in hand.
});

test('a cancelled task is asked for again; a stuck one goes on, or is settled and then asked for again', async (t) => {
  const { good, problem, hub } = await furnished(t);
  const { task } = await good('POST', '/api/sites', { name: 'example.com', platform: 'd10' });
  assert.equal((await good('POST', `/api/tasks/${task.id}/cancel`)).status, 'cancelled');
  const again = await good('POST', `/api/tasks/${task.id}/retry`);
  assert.notEqual(again.id, task.id);
  await problem('wrong-status', 'POST', `/api/tasks/${task.id}/retry`); // The new one does it already.
  await sql`update task set status = 'stuck', ended_at = now() where id = ${again.id}`.execute(hub.database.db);
  const stuck = await problem('wrong-status', 'POST', '/api/sites/example.com/tasks', { name: 'site delete' });
  assert.match(stuck.hint, /aegir task settle/);
  const resumed = await good('POST', `/api/tasks/${again.id}/retry`);
  assert.deepEqual([resumed.id, resumed.status, resumed.endedAt], [again.id, 'queued', null], 'it goes on');
  await sql`update task set status = 'stuck', ended_at = now() where id = ${again.id}`.execute(hub.database.db);
  assert.equal((await good('POST', `/api/tasks/${again.id}/settle`)).status, 'failed');
  await good('POST', `/api/tasks/${again.id}/retry`);
  for (const verb of ['cancel', 'retry', 'settle']) await problem('not-found', 'POST', `/api/tasks/999/${verb}`);
});

test('a stream resumes behind the last number seen, and ends with the task', async (t) => {
  const { good, problem, app, hub } = await testHub(t);
  const { task } = await good('POST', '/api/servers', { name: 'web1' });
  const { db } = hub.database;
  const claim = await claimTask(db, 'w1');
  assert.ok(claim);
  const say = (first: number, ...texts: string[]): Promise<void> =>
    appendEvents(
      db,
      claim,
      first,
      texts.map((text): TaskEvent => ({ type: 'note', level: 'info', text })),
    );
  await say(1, 'one', 'two', 'three');
  // Breaks the first connection after its second event, as a proxy might.
  let connections = 0;
  const send: Send = async (path, request) => {
    const response = await app.request(path, request, { local: true });
    connections += 1;
    return connections > 1 ? response : new Response(cutBehind(response, 'id: 2\n'), response);
  };
  const seen: string[] = [];
  for await (const { seq, event } of followTask(send, task.id)) {
    seen.push(`${seq} ${event.type === 'note' ? String(event['text']) : event.type}`);
    if (seq === 3) {
      await say(4, 'four');
      await appendEvents(db, claim, 5, [{ type: 'task.done', result: {} }]);
      await db.transaction().execute((tx) => endTask(tx, claim, 'done', { result: {}, problem: null }));
    }
  }
  assert.deepEqual(seen, ['1 one', '2 two', '3 three', '4 four', '5 task.done']);
  assert.equal(connections, 2);
  const rest = await app.request(
    `/api/tasks/${task.id}/stream`,
    { headers: { 'last-event-id': '5' } },
    { local: true },
  );
  assert.doesNotMatch(await rest.text(), /^id:/m);
  for (const wrong of ['-1', 'x', '1e99', '1.5'])
    await problem('invalid', 'GET', `/api/tasks/${task.id}/stream`, undefined, { headers: { 'last-event-id': wrong } });
  await problem('not-found', 'GET', '/api/tasks/999/stream');
});

/** The body up to the end of the block that begins so; then the connection is gone. */
function cutBehind(response: Response, mark: string): ReadableStream {
  let text = '';
  const cut = new TransformStream<string, string>({
    transform(chunk, controller) {
      text += chunk;
      controller.enqueue(chunk);
      if (text.includes(mark)) controller.terminate();
    },
  });
  assert.ok(response.body);
  return response.body.pipeThrough(new TextDecoderStream()).pipeThrough(cut).pipeThrough(new TextEncoderStream());
}

test('a log is read page by page', async (t) => {
  const { good, problem, hub, app } = await testHub(t);
  const { task } = await good('POST', '/api/servers', { name: 'web1' });
  const claim = await claimTask(hub.database.db, 'w1');
  assert.ok(claim);
  const notes = Array.from({ length: 5 }, (_, n): TaskEvent => ({ type: 'note', level: 'info', text: `line ${n}` }));
  await appendEvents(hub.database.db, claim, 1, notes);
  const call = connect((path, request) => Promise.resolve(app.request(path, request, { local: true })));
  const first = await call('task log', { params: { task: task.id }, query: { limit: 3 } });
  assert.deepEqual([first.items.map(({ seq }) => seq), first.next, first.total], [[1, 2, 3], '3', 5]);
  const second = await call('task log', { params: { task: task.id }, query: { limit: 3, after: 3 } });
  assert.deepEqual([second.items.map(({ seq }) => seq), second.next], [[4, 5], null]);
  await problem('not-found', 'GET', '/api/tasks/999/log');
});
