import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { dying } from '../../tests/kit/dying-hub.ts';
import { endTasks, furnished, setStatus, type TestHub } from '../../tests/kit/hub.ts';
import { releaseAllocated } from './allocated.ts';
import { hubApp } from './app.ts';
import type { Hub } from './hub.ts';
import { runReserves } from './reserve-run.ts';

// The state machine on real tables, with a clock of its own; tasks end as a test says.

const template = 'template.example.com';
const noon = new Date('2030-01-10T12:00:00Z');
const night = new Date('2030-01-11T02:00:00Z');
const later = (at: Date, minutes: number): Date => new Date(at.getTime() + minutes * 60_000);

async function withReserve(t: TestContext, rules: object = {}): Promise<TestHub> {
  const made = await furnished(t);
  await made.good('POST', '/api/clients', { name: 'acme' });
  await made.good('POST', '/api/sites', { name: template, platform: 'd10' });
  await setStatus(made, 'site', template, 'enabled');
  await endTasks(made);
  await made.good('POST', '/api/reserves', { name: 'shops', template, pattern: 'spare-*.example.net', ...rules });
  return made;
}

/** All tasks end as a worker would end them: sites are made, renamed, deleted. */
async function work({ hub }: TestHub, fails: (name: string) => boolean = () => false): Promise<void> {
  const { db } = hub.database;
  const { rows } = await sql<Queued>`
    select id, name, subject_id as site, args ->> 'name' as to from task where status = 'queued' order by id`.execute(
    db,
  );
  for (const task of rows) {
    const failed = fails(task.name);
    await sql`
      update task set status = ${failed ? 'failed' : 'done'}, ended_at = now(),
        problem = case when ${failed} then '{"code": "application-failed", "message": "the test wants it"}'::jsonb end
      where id = ${task.id}`.execute(db);
    await releaseAllocated(db, task.id);
    await outcomes[task.name]?.(db, task, failed);
  }
}

interface Queued {
  readonly id: string;
  readonly name: string;
  readonly site: string;
  readonly to: string | null;
}
type Db = Hub['database']['db'];

const outcomes: { readonly [task: string]: (db: Db, task: Queued, failed: boolean) => Promise<unknown> } = {
  'site clone': (db, { site }, failed) =>
    sql`update site set status = ${failed ? 'failed' : 'enabled'} where id = ${site}`.execute(db),
  async 'site delete'(db, { site }, failed) {
    if (failed) return;
    await sql`delete from alias where site_id = ${site}`.execute(db);
    await sql`update site set status = 'deleted', deleted_at = now() where id = ${site}`.execute(db);
  },
  async 'site rename'(db, { site, to }, failed) {
    if (failed) return;
    await sql`delete from alias where site_id = ${site} and kind = 'canonical'`.execute(db);
    await sql`update alias set kind = 'canonical' where site_id = ${site} and name = ${to}`.execute(db);
    await sql`update site set name = ${to} where id = ${site}`.execute(db);
  },
};

/** Until nothing moves any more at that time. */
async function settle(made: TestHub, at: Date, fails?: (name: string) => boolean): Promise<void> {
  for (let round = 0; round < 12; round++) {
    await runReserves(made.hub, at);
    await work(made, fails);
  }
}

const states = async ({ good }: TestHub): Promise<readonly string[]> =>
  (await good('GET', '/api/reserves/shops/spares?limit=200')).items
    .map(({ state, wanted }: { state: string; wanted: string | null }) => (wanted ? `${state} ${wanted}` : state))
    .toSorted();

const claimed = (made: TestHub, name: string, more: object = {}) =>
  made.good('POST', '/api/reserves/shops/sites', { name, client: 'acme', ...more });

/** Spares were made at the test's time, and a flush is at the hub's: both must be before one another. */
const asOf = async ({ hub }: TestHub): Promise<void> =>
  void (await sql`update spare set created_at = now() - interval '1 minute' where state = 'ready'`.execute(
    hub.database.db,
  ));

test('spares are there before they are asked for, one is claimed, handed over at once and renamed in the window', async (t) => {
  const made = await withReserve(t);
  await settle(made, noon);
  assert.deepEqual(await states(made), ['ready']);
  await settle(made, night);
  assert.deepEqual(await states(made), ['ready', 'ready', 'ready']);
  const answer = await claimed(made, 'shop.example.com', { title: 'Shop', email: 'owner@example.com' });
  assert.deepEqual(
    [answer.spare, answer.site.name, answer.site.url, answer.site.client, answer.site.title, answer.site.email],
    [true, 'spare-1.example.net', 'http://shop.example.com', 'acme', 'Shop', 'owner@example.com'],
  );
  assert.deepEqual([answer.task.name, answer.task.status, answer.task.priority], ['site hand-over', 'queued', -10]);
  await settle(made, later(night, 24 * 60 - 14 * 60));
  assert.deepEqual(await states(made), ['claimed shop.example.com', 'ready', 'ready']);
  await settle(made, later(night, 24 * 60));
  assert.deepEqual(
    (await states(made)).filter((state) => state.includes('shop')),
    ['done shop.example.com'],
  );
  const site = await made.good('GET', '/api/sites/shop.example.com');
  assert.deepEqual([site.client, site.aliases], ['acme', []]);
  const reserve = await made.good('GET', '/api/reserves/shops');
  assert.deepEqual([reserve.claims, reserve.late, reserve.problem], [1, 0, null]);
});

test('nobody waits for what a reserve does for itself: its clones, names and deletions come after what people ask for', async (t) => {
  const made = await withReserve(t);
  await settle(made, night);
  await claimed(made, 'shop.example.com', {});
  await settle(made, later(night, 24 * 60));
  const { rows } = await sql<{ name: string; priority: number }>`
    select distinct name, priority from task where subject_type = 'site' and name <> 'site install'
    order by name`.execute(made.hub.database.db);
  assert.deepEqual(rows, [
    { name: 'site clone', priority: 10 },
    { name: 'site delete', priority: 10 },
    { name: 'site hand-over', priority: -10 },
    { name: 'site rename', priority: 10 },
  ]);
});

test('with more requests than spares each gets a site of its own, the others by the ordinary way', async (t) => {
  const made = await withReserve(t, { full: 3, emergency: 3 });
  await settle(made, noon);
  const names = Array.from({ length: 8 }, (_, at) => `s${at}.example.com`);
  const answers = await Promise.all(names.map((name) => claimed(made, name)));
  assert.equal(new Set(answers.map(({ site }) => site.id)).size, 8);
  const spares = answers.filter(({ spare }) => spare).length;
  assert.ok(spares >= 1 && spares <= 3);
  for (const [at, { site, spare, task }] of answers.entries()) {
    assert.equal(site.url, `http://${names[at]}`);
    assert.equal(task.name, spare ? 'site hand-over' : 'site clone');
  }
  await settle(made, night);
  for (const [at, name] of names.entries())
    assert.equal((await made.good('GET', `/api/sites/${name}`)).id, answers[at].site.id);
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from task where name = 'site hand-over' and status = 'done'`.execute(
    made.hub.database.db,
  );
  assert.equal(rows[0]?.n, 8, 'each was handed over once');
  const reserve = await made.good('GET', '/api/reserves/shops');
  assert.deepEqual([reserve.claims, reserve.late], [8, 8 - spares]);
});

test('a clone that fails is tried later and later, shown, and cleaned away in the window', async (t) => {
  const made = await withReserve(t);
  const clones = (name: string): boolean => name === 'site clone';
  await settle(made, noon, clones);
  const first = await made.good('GET', '/api/reserves/shops');
  assert.deepEqual([first.failures, first.usable, first.problem.message], [1, 0, 'the test wants it']);
  assert.deepEqual(await states(made), ['failed'], 'not one after the other');
  await settle(made, later(noon, 1), clones);
  await settle(made, later(noon, 2), clones);
  assert.equal((await made.good('GET', '/api/reserves/shops')).failures, 2);
  await settle(made, later(noon, 3));
  assert.deepEqual(await states(made), ['failed', 'failed', 'ready']);
  assert.equal((await made.good('GET', '/api/reserves/shops')).problem, null);
  await settle(made, night);
  assert.deepEqual(await states(made), ['expired', 'expired', 'ready', 'ready', 'ready']);
  // What cannot even be asked for is told too, and a change of the rules tries at once.
  await setStatus(made, 'site', template, 'failed');
  await made.good('POST', '/api/reserves/shops/flush');
  await sql`update reserve set flushed_at = ${night}`.execute(made.hub.database.db);
  await settle(made, later(noon, 24 * 60));
  assert.match((await made.good('GET', '/api/reserves/shops')).problem.message, /cannot be cloned: it is failed/);
  await made.problem('wrong-status', 'POST', '/api/reserves/shops/sites', { name: 'x.example.com' });
});

test('a flush deletes all that nobody has asked for, at once, and a reserve that is deleted ends with its spares', async (t) => {
  const made = await withReserve(t, { full: 2, emergency: 2 });
  await settle(made, noon);
  await asOf(made);
  await claimed(made, 'shop.example.com');
  await made.good('POST', '/api/reserves/shops/flush');
  await settle(made, noon);
  const after = await states(made);
  assert.deepEqual(
    after.filter((state) => !state.startsWith('ready')),
    ['claimed shop.example.com', 'expired'],
  );
  await made.good('DELETE', '/api/reserves/shops');
  await settle(made, noon);
  const { rows } = await sql<{ state: string }>`
    select state from spare where ended_at is null`.execute(made.hub.database.db);
  assert.deepEqual(rows, [{ state: 'claimed' }]);
  await settle(made, night);
  assert.equal((await made.good('GET', '/api/sites/shop.example.com')).client, 'acme');
  await made.good('POST', '/api/reserves', { name: 'shops', template, pattern: 'spare-*.example.net' });
});

test('names of spares pass over those that others have', async (t) => {
  const made = await withReserve(t, { full: 2, emergency: 2 });
  await made.good('POST', '/api/sites', { name: 'spare-1.example.net', platform: 'd10' });
  await settle(made, noon);
  const { items } = await made.good('GET', '/api/reserves/shops/spares');
  assert.deepEqual(items.map(({ site }: { site: string }) => site).toSorted(), [
    'spare-2.example.net',
    'spare-3.example.net',
  ]);
});

test('a hub that dies at any step of a claim, or of what follows, gives no site twice, deletes none and forgets none', async (t) => {
  const made = await withReserve(t, { full: 2, emergency: 2, life: 'off' });
  await settle(made, noon);
  const owners = new Map<string, string>();
  let cut = 0;
  for (let step = 0, died = true; died; step++) {
    await settle(made, noon);
    const name = `c${step}.example.com`;
    const { hub, left } = dying(made.hub, step);
    const response = await hubApp(hub).request(
      '/api/reserves/shops/sites',
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name, client: 'acme' }),
      },
      { local: true },
    );
    died = left() < 0;
    cut += 1;
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from spare where wanted = ${name}`.execute(made.hub.database.db);
    if (response.status !== 201) {
      assert.equal(rows[0]?.n, 0, `step ${step}`);
      await made.problem('not-found', 'GET', `/api/sites/${name}`);
      const again = await claimed(made, name);
      assert.equal(again.spare, true);
      owners.set(name, again.site.id);
    } else owners.set(name, ((await response.json()) as { site: { id: string } }).site.id);
  }
  // And what follows, by a hub that dies after one query more each time.
  for (let step = 0, died = true; died; step++) {
    const at = later(night, step);
    const { hub, left } = dying(made.hub, step);
    await runReserves(hub, at).catch(() => undefined);
    died = left() < 0;
    cut += 1;
    if (step % 3 === 2) await work(made);
    if (step > 500) assert.fail('it never comes to an end');
  }
  await settle(made, later(night, 10));
  assert.equal(new Set(owners.values()).size, owners.size, 'no site was given twice');
  for (const [name, id] of owners) {
    const site = await made.good('GET', `/api/sites/${name}`);
    assert.deepEqual([site.id, site.client, site.status], [id, 'acme', 'enabled'], name);
  }
  const { rows } = await sql`
    select task.id from task join spare on spare.site_id = task.subject_id
    where task.name = 'site delete' and spare.claimed_at is not null`.execute(made.hub.database.db);
  assert.deepEqual(rows, []);
  assert.ok(owners.size >= 15, `${owners.size} claims`);
  t.diagnostic(`${cut} power cuts, ${owners.size} claims`);
});

test('bad rules and bad claims are refused, and nothing comes of them', async (t) => {
  const made = await withReserve(t);
  await settle(made, noon);
  const before = await made.counts();
  const whole = { name: 'other', template, pattern: 's-*.example.net' };
  for (const bad of [
    { pattern: 'spare.example.net' },
    { pattern: '*-*.example.net' },
    { pattern: 'Spare-*.example.net' },
    { pattern: '../*' },
    { full: 1, emergency: 2 },
    { window: '01:00-01:00' },
    { life: '30s' },
    { template: 'spare-1.example.net' },
  ])
    await made.problem('invalid', 'POST', '/api/reserves', { ...whole, ...bad });
  await made.problem('conflict', 'POST', '/api/reserves', { ...whole, name: 'shops' });
  await made.problem('invalid', 'PATCH', '/api/reserves/shops', { emergency: 9 });
  await made.problem('conflict', 'POST', '/api/reserves/shops/sites', { name: template });
  await made.problem('invalid', 'POST', '/api/reserves/shops/sites', { name: 'not a host' });
  await made.problem('not-found', 'POST', '/api/reserves/nowhere/sites', { name: 'x.example.com' });
  await made.good('PATCH', '/api/clients/acme', { sitesMax: 0 });
  await made.problem('over-quota', 'POST', '/api/reserves/shops/sites', { name: 'x.example.com', client: 'acme' });
  assert.deepEqual(await made.counts(), before);
});
