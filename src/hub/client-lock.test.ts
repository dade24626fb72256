import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { endTasks, furnished, setStatus, type TestHub } from '../../tests/kit/hub.ts';
import { advanceBatch } from './batch-run.ts';
import { followLocks } from './client-lock.ts';

async function clientWithSites(t: TestContext): Promise<TestHub> {
  const made = await furnished(t);
  await made.good('POST', '/api/clients', { name: 'acme' });
  for (const name of ['a', 'b', 'off', 'new'])
    await made.good('POST', '/api/sites', { name: `${name}.example.com`, platform: 'd10', client: 'acme' });
  await made.good('POST', '/api/sites', { name: 'o.example.com', platform: 'd10' });
  for (const name of ['a', 'b', 'o']) await setStatus(made, 'site', `${name}.example.com`, 'enabled');
  await setStatus(made, 'site', 'off.example.com', 'disabled');
  await endTasks(made);
  return made;
}

/** As a worker would: every task on sites that waits is done, and the sites are as it leaves them. */
async function work({ hub }: TestHub, status: 'done' | 'failed' = 'done'): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string; site: string }>`
    with ended as (
      update task set status = ${status}, ended_at = now() where status in ('queued', 'running') and subject_type = 'site'
      returning name, subject_id, subject_name),
    changed as (
      update site set status = case ended.name when 'site disable' then 'disabled' else 'enabled' end
      from ended where ended.subject_id = site.id and ${status} = 'done')
    select name, subject_name as site from ended order by subject_name`.execute(hub.database.db);
  return rows.map(({ name, site }) => `${name} ${site}`);
}

const statuses = async ({ good }: TestHub): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await good('GET', '/api/sites')).items.map(({ name, status }: Row) => [name.split('.')[0], status]),
  );
interface Row {
  readonly name: string;
  readonly status: string;
}

test('locking a client disables what it has enabled, unlocking enables that again and nothing else', async (t) => {
  const made = await clientWithSites(t);
  const { good, problem } = made;
  const locked = await good('PATCH', '/api/clients/acme', { status: 'locked' });
  const batch = await good('GET', `/api/batches/${locked.lockBatch}`);
  assert.deepEqual([batch.name, batch.title, batch.members, batch.account], ['site disable', 'lock acme', 2, null]);
  await followLocks(made.hub); // The batch does it.
  await advanceBatch(made.hub, batch.id);
  assert.deepEqual(await work(made), ['site disable a.example.com', 'site disable b.example.com']);
  await advanceBatch(made.hub, batch.id);
  assert.deepEqual(await statuses(made), {
    a: 'disabled',
    b: 'disabled',
    off: 'disabled',
    new: 'queued',
    o: 'enabled',
  });
  await problem('wrong-status', 'POST', '/api/sites', { name: 'c.example.com', platform: 'd10', client: 'acme' });
  const no = await problem('wrong-status', 'POST', '/api/sites/off.example.com/tasks', { name: 'site enable' });
  assert.match(no.hint, /client is locked/);
  const { tasks } = await good('GET', '/api/sites/off.example.com');
  assert.match(tasks.find(({ name }: Row) => name === 'site enable').reason, /client is locked/);
  assert.equal((await good('PATCH', '/api/clients/acme', { status: 'locked' })).lockBatch, batch.id, 'twice is once');

  const unlocked = await good('PATCH', '/api/clients/acme', { status: 'enabled' });
  await advanceBatch(made.hub, unlocked.lockBatch);
  assert.deepEqual(await work(made), ['site enable a.example.com', 'site enable b.example.com']);
  assert.deepEqual(await statuses(made), { a: 'enabled', b: 'enabled', off: 'disabled', new: 'queued', o: 'enabled' });
  await followLocks(made.hub);
  assert.deepEqual(await work(made), []);
});

test('a site that comes to be enabled after the lock is disabled too, and one that failed is tried again later', async (t) => {
  const made = await clientWithSites(t);
  const { good, hub } = made;
  const { lockBatch } = await good('PATCH', '/api/clients/acme', { status: 'locked' });
  await advanceBatch(hub, lockBatch);
  await work(made);
  await advanceBatch(hub, lockBatch);
  await setStatus(made, 'site', 'new.example.com', 'enabled'); // Its installation was on the way.
  await followLocks(hub);
  await followLocks(hub);
  assert.deepEqual(await work(made, 'failed'), ['site disable new.example.com']);
  await followLocks(hub);
  assert.deepEqual(await work(made), [], 'not at once');
  await sql`update task set ended_at = ended_at - interval '11 minutes'`.execute(hub.database.db);
  await followLocks(hub);
  assert.deepEqual(await work(made), ['site disable new.example.com']);
  // It went to who is not locked.
  await good('PATCH', '/api/sites/new.example.com', { client: 'main' });
  await endTasks(made);
  await followLocks(hub);
  assert.deepEqual(await work(made), ['site enable new.example.com']);
});

test('a client that is unlocked while it is being locked has all of its sites enabled in the end', async (t) => {
  const made = await clientWithSites(t);
  const { good, hub } = made;
  const { lockBatch } = await good('PATCH', '/api/clients/acme', { status: 'locked' });
  await advanceBatch(hub, lockBatch);
  await good('PATCH', '/api/clients/acme', { status: 'enabled' });
  await followLocks(hub);
  assert.deepEqual(await work(made), ['site disable a.example.com', 'site disable b.example.com'], 'they were begun');
  await advanceBatch(hub, lockBatch);
  await followLocks(hub);
  await work(made);
  await followLocks(hub);
  assert.deepEqual(await statuses(made), { a: 'enabled', b: 'enabled', off: 'disabled', new: 'queued', o: 'enabled' });
  const { rows } = await sql`select from site where locked`.execute(hub.database.db);
  assert.equal(rows.length, 0);
});

test('who owns the sites does not get them out of the lock: only who may lock clients cancels it or moves them away', async (t) => {
  const made = await clientWithSites(t);
  const { good, problem, hub } = made;
  await good('POST', '/api/clients', { name: 'other' });
  await good('POST', '/api/accounts', { name: 'ada', role: 'client', client: 'acme' });
  await good('POST', '/api/memberships', { account: 'ada', role: 'client', client: 'other' });
  const mine = { token: (await good('POST', '/api/tokens', { account: 'ada' })).token };
  const locked = await good('PATCH', '/api/clients/acme', { status: 'locked' });
  const batch = `/api/batches/${locked.lockBatch}`;
  await problem('forbidden', 'POST', `${batch}/cancel`, undefined, mine);
  await advanceBatch(hub, locked.lockBatch);
  const { items } = await good('GET', '/api/tasks?name=site disable&status=queued', undefined, mine);
  for (const { id } of items) {
    await problem('forbidden', 'POST', `/api/tasks/${id}/cancel`, undefined, mine);
    const { actions } = await good('GET', `/api/tasks/${id}`, undefined, mine);
    assert.match(actions[0].reason, /client is locked/);
  }
  assert.equal(items.length, 2);
  await work(made);
  await problem('forbidden', 'PATCH', '/api/sites/a.example.com', { client: 'other' }, mine);
  const clone = { name: 'z.example.com', client: 'other' };
  await problem('forbidden', 'POST', '/api/sites/a.example.com/clone', clone, mine);
  // Who may lock them may.
  await good('PATCH', '/api/sites/a.example.com', { client: 'other' });
  await good('POST', '/api/sites/b.example.com/clone', clone);
});
