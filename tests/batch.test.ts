import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import type { Answer } from '../src/api/endpoints.ts';
import { advanceBatch } from '../src/hub/batch-run.ts';
import { type HubWithWorker, installedSite, verifiedFarm } from './kit/hub-with-worker.ts';
import { heldAt } from './kit/looks.ts';
import { until } from './kit/machines.ts';
import { terminal } from './kit/terminal.ts';

type Batch = Answer<'batch get'>;

async function farmWithSites(t: TestContext, count: number): Promise<HubWithWorker> {
  const farm = await verifiedFarm(t, { http: 'nginx', db: 'mysql', application: 'drupal' });
  for (let number = 1; number <= count; number++) await installedSite(farm, `s${number}.example.com`);
  return farm;
}

async function ended({ call }: HubWithWorker, { id }: Batch): Promise<Batch> {
  let batch: Batch | undefined;
  await until(async () => {
    batch = await call('batch get', { params: { batch: id } });
    return batch.status !== 'running';
  });
  assert.ok(batch);
  return batch;
}

const statuses = async ({ call }: HubWithWorker, { id }: Batch): Promise<Readonly<Record<string, string>>> => {
  const { items } = await call('batch members', { params: { batch: id }, query: {} });
  return Object.fromEntries(items.map(({ subject, status }) => [subject.name.split('.')[0] ?? '', status]));
};

const logOf = async ({ call }: HubWithWorker, { id }: Batch): Promise<readonly string[]> => {
  const { items } = await call('batch log', { params: { batch: id }, query: {} });
  return items.map(({ event }) => `${event.type} ${String(event['subject'] ?? event['status'])}`);
};

test('a batch does its task on every site that matches: the canary first and alone, then so many at once', async (t) => {
  const farm = await farmWithSites(t, 5);
  let most = 0;
  const watch = async (): Promise<void> => {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from batch_member where status = 'running'`.execute(farm.database.db);
    most = Math.max(most, rows[0]?.n ?? 0);
  };
  const { batch } = await farm.call('batch create', {
    body: { name: 'site verify', matching: { platform: 'p1' }, canary: 1, parallel: 2 },
  });
  assert.deepEqual([batch.members, batch.counts, batch.status], [5, { waiting: 5 }, 'running']);
  await until(async () => {
    await watch();
    return (await farm.call('batch get', { params: { batch: batch.id } })).status !== 'running';
  });
  assert.equal((await ended(farm, batch)).status, 'done');
  assert.deepEqual(Object.values(await statuses(farm, batch)), ['done', 'done', 'done', 'done', 'done']);
  assert.ok(most <= 2, `${most} at once`);
  const log = await logOf(farm, batch);
  assert.deepEqual(log.slice(0, 2), ['begun s1.example.com', 'done s1.example.com']);
  assert.equal(log.at(-1), 'ended done');
  const tasks = await farm.call('task list', { query: { name: 'site verify' } });
  assert.equal(tasks.items.length, 5);
});

test('a canary that fails leaves all others untouched, and retry makes a new batch of what is not done', async (t) => {
  const farm = await farmWithSites(t, 3);
  let failures = 1;
  farm.before = ({ method, what }) => {
    // Once: putting back works.
    if (method === 'write' && what.includes('/vhost.d/') && failures-- > 0) throw new Error('the disk is on fire');
  };
  const { batch } = await farm.call('batch create', { body: { name: 'site disable', matching: {}, parallel: 3 } });
  const after = await ended(farm, batch);
  assert.deepEqual([after.status, after.why], ['stopped', 'one of those that went first failed']);
  assert.deepEqual(await statuses(farm, batch), { s1: 'failed', s2: 'skipped', s3: 'skipped' });
  const { items } = await farm.call('site list', { query: {} });
  assert.deepEqual(
    items.map(({ status }) => status),
    ['enabled', 'enabled', 'enabled'],
  );
  farm.before = () => undefined;
  const again = await farm.call('batch retry', { params: { batch: batch.id } });
  assert.equal((await ended(farm, again.batch)).status, 'done');
  assert.deepEqual(await statuses(farm, again.batch), { s1: 'done', s2: 'done', s3: 'done' });
});

test('what cannot even be asked for is refused with its reason, and the others go on', async (t) => {
  const farm = await farmWithSites(t, 3);
  await farm.done(
    (await farm.call('site task', { params: { name: 's1.example.com' }, body: { name: 'site disable' } })).task,
  );
  const { batch } = await farm.call('batch create', {
    body: { name: 'site disable', sites: ['s1.example.com', '@s2.example.com', 's3.example.com', 's3.example.com'] },
  });
  assert.equal((await ended(farm, batch)).status, 'done');
  assert.deepEqual(await statuses(farm, batch), { s1: 'refused', s2: 'done', s3: 'done' });
  const [first] = (await farm.call('batch members', { params: { batch: batch.id }, query: { status: 'refused' } }))
    .items;
  assert.match(JSON.stringify(first?.problem), /wrong-status/);
});

test('cancel ends what waits, and has what runs put back', async (t) => {
  const farm = await farmWithSites(t, 3);
  const held = heldAt(farm, (what, method) => method === 'write' && what.includes('vhost.d'));
  const { batch } = await farm.call('batch create', {
    body: { name: 'site disable', matching: {}, canary: 0, parallel: 1 },
  });
  await held.reached;
  const told = await farm.call('batch cancel', { params: { batch: batch.id } });
  assert.deepEqual([told.status, told.cancelRequested], ['running', true]);
  held.go();
  const after = await ended(farm, batch);
  assert.equal(after.status, 'cancelled');
  const became = await statuses(farm, batch);
  // The one in hand was in its only step: that is finished, as it cannot be stopped in its middle.
  assert.match(became['s1'] ?? '', /^(done|cancelled)$/);
  assert.deepEqual([became['s2'], became['s3']], ['skipped', 'skipped']);
  await assert.rejects(farm.call('batch cancel', { params: { batch: batch.id } }), { code: 'wrong-status' });
});

test('two hubs that move a batch on begin each member once', async (t) => {
  const farm = await farmWithSites(t, 4);
  farm.busy = 'nobody works here for a moment';
  const { batch } = await farm.call('batch create', {
    body: { name: 'site disable', matching: {}, canary: 0, parallel: 4, failuresMax: 4 },
  });
  const begun = async (): Promise<number> =>
    (await farm.call('task list', { query: { name: 'site disable' } })).items.length;
  // Whoever finds another at it leaves it alone, so it may take more than one look.
  await until(async () => {
    await Promise.all(Array.from({ length: 8 }, () => advanceBatch(farm.hub, batch.id)));
    return (await begun()) > 0;
  });
  assert.equal(await begun(), 4);
  farm.busy = null;
  assert.equal((await ended(farm, batch)).status, 'done');
});

test('nonsense is refused and leaves nothing: no sites, both ways to name them, unknown task, bad arguments', async (t) => {
  const farm = await farmWithSites(t, 1);
  const { call } = farm;
  const bad = [
    { name: 'site verify' },
    { name: 'site verify', sites: ['s1.example.com'], matching: {} },
    { name: 'site verify', matching: { q: 'nothing-is-called-this' } },
    { name: 'site frobnicate', matching: {} },
    { name: 'site verify', matching: {}, args: { x: 1 } },
    { name: 'site verify', matching: {}, parallel: 0 },
  ];
  for (const body of bad)
    await assert.rejects(call('batch create', { body }), { code: 'invalid' }, JSON.stringify(body));
  await assert.rejects(call('batch create', { body: { name: 'site verify', sites: ['no.example.com'] } }), {
    code: 'not-found',
  });
  assert.equal((await call('batch list', { query: {} })).total, 0);
});

test('the CLI makes a batch, follows it to its end, and says what became of it', async (t) => {
  const farm = await farmWithSites(t, 2);
  const { run } = await terminal(t, farm);
  await farm.done(
    (await farm.call('site task', { params: { name: 's2.example.com' }, body: { name: 'site disable' } })).task,
  );
  const { code, out } = await run([
    'batch',
    'create',
    'site disable',
    '--matching',
    'platform=p1',
    '--title',
    'all off',
  ]);
  assert.equal(code, 6);
  assert.match(out, /^Batch 1: site disable, all off: 2 sites\n/);
  assert.match(out, /✓ s1\.example\.com done {2}task \d+\n/);
  assert.match(
    out,
    /– s2\.example\.com refused, and left as it was\n +Problem: .*\n +Now: Not possible while it is disabled/,
  );
  assert.match(out, /Batch 1 done \(1 done, 1 refused\)\nThose that are not done again: aegir batch retry 1\n$/);
  const list = await run(['batch', 'list']);
  assert.match(list.out, /1 +site disable +all off +done +done=1 refused=1/);
  const members = await run(['batch', 'members', '1']);
  assert.match(members.out, /2 +s2\.example\.com +refused/);
  const log = await run(['batch', 'log', '1']);
  assert.match(log.out, /s1\.example\.com begun/);
  assert.equal((await run(['batch', 'log', '1', '--json'])).code, 0);
});
