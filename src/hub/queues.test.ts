import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { furnished, setStatus, type TestHub } from '../../tests/kit/hub.ts';
import { hourly } from './hourly.ts';
import { sweepNamed, sweepQueues } from './sweeps.ts';
import { endTurn, placeTurns, takeTurns } from './turns.ts';

const cron = sweepNamed({ sweeps: [] }, 'cron');

async function withSites({ good, hub, ...made }: TestHub, count: number): Promise<void> {
  for (let number = 1; number <= count; number++) {
    const name = `s${number}.example.com`;
    await good('POST', '/api/sites', { name, platform: 'd10' });
    await setStatus({ good, hub, ...made }, 'site', name, 'enabled');
  }
  await placeTurns(hub.database.db, cron);
}

test('a queue says its rules and how it goes; they are set, checked, and reset by null', async (t) => {
  const made = await furnished(t);
  const { good, problem, hub } = made;
  await withSites(made, 3);
  const first = await good('GET', '/api/queues/cron');
  assert.deepEqual(
    [first.every, first.window, first.limit, first.turns, first.late, first.paused],
    ['1h', null, 4, 3, 0, false],
  );
  const { items } = await good('GET', '/api/queues');
  const names = ['task', 'reserve', ...Object.keys(hourly), ...sweepQueues({ sweeps: [] }).map(({ name }) => name)];
  assert.deepEqual(
    items.map(({ name }: { name: string }) => name),
    names.toSorted(),
  );
  for (const { name, about } of items) assert.doesNotMatch(about, /nothing here any more/, name);
  const set = await good('PATCH', '/api/queues/cron', { window: '22:00-04:00 Europe/Berlin', limit: 9 });
  assert.deepEqual([set.window, set.limit], ['22:00-04:00 Europe/Berlin', 9]);
  const open = await sql<{ hour: number }>`
    select extract(hour from due_at at time zone 'Europe/Berlin')::int as hour from turn`.execute(hub.database.db);
  assert.ok(open.rows.every(({ hour }) => hour >= 22 || hour < 4));
  for (const bad of [{ window: 'night' }, { every: '5' }, { limit: 0 }, { other: 1 }])
    await problem('invalid', 'PATCH', '/api/queues/cron', bad);
  await problem('not-found', 'PATCH', '/api/queues/task', { every: '1h' });
  await problem('not-found', 'GET', '/api/queues/other');
  const reset = await good('PATCH', '/api/queues/cron', { window: null, limit: null });
  assert.deepEqual([reset.window, reset.limit], [null, 4]);
});

test('turns and runs are lists with pages: who is due when, who is late, who fails, and what came of it', async (t) => {
  const made = await furnished(t);
  const { good, hub } = made;
  const { db } = hub.database;
  await withSites(made, 5);
  await sql`
    update turn set due_at = now() - interval '20 minutes' from site
    where site.id = turn.subject_id and site.name in ('s2.example.com', 's4.example.com')`.execute(db);
  const pages: string[] = [];
  for (let after = ''; ; ) {
    const page = await good('GET', `/api/queues/cron/turns?limit=2${after}`);
    pages.push(...page.items.map(({ subject }: { subject: { name: string } }) => subject.name));
    if (page.next === null) break;
    after = `&after=${page.next}`;
  }
  assert.equal(new Set(pages).size, 5);
  assert.deepEqual(pages.slice(0, 2).toSorted(), ['s2.example.com', 's4.example.com']);
  const names = async (query: string): Promise<readonly string[]> =>
    (await good('GET', `/api/queues/cron/turns?${query}`)).items.map(
      (one: { subject: { name: string }; state: string }) => `${one.subject.name} ${one.state}`,
    );
  assert.deepEqual((await names('state=late')).toSorted(), ['s2.example.com late', 's4.example.com late']);
  assert.equal((await good('GET', '/api/queues/cron')).late, 2);

  const [one, other] = await takeTurns(db, cron, { worker: 'w', most: 10, mostFailing: 10, timeoutMs: 60_000 });
  assert.ok(one && other);
  assert.equal((await names('state=running')).length, 2);
  const ended = { endedAt: new Date(one.begunAt.getTime() + 500), window: null };
  await endTurn(db, cron, one, { status: 'done', lines: 'all well' }, ended);
  const why = { code: 'timeout', message: 'it hangs', causes: [] } as const;
  await endTurn(db, cron, other, { status: 'failed', problem: why }, ended);
  assert.equal((await names('state=failing')).length, 1);
  const { items } = await good('GET', '/api/queues/cron/runs?status=failed');
  assert.deepEqual(items[0].problem, why);
  const site = await good('GET', `/api/sites/${items[0].subject.name}`);
  assert.deepEqual([site.cron.every, site.cron.by, site.cron.failures, site.cron.problem], ['1h', 'web', 1, why]);
  const own = await good('GET', `/api/queues/cron/runs?subject=${items[0].subject.name}`);
  assert.equal(own.total, 1);
  assert.equal((await good('GET', '/api/queues/cron/runs')).total, 2);
});

test('a site has a cron of its own if it is said, and so has its clone', async (t) => {
  const made = await furnished(t);
  const { good, problem } = made;
  await withSites(made, 1);
  const { site } = await good('PATCH', '/api/sites/s1.example.com', { cron: '15m', cronBy: 'command' });
  assert.deepEqual([site.cron.every, site.cron.by, site.cron.isOwn], ['15m', 'command', true]);
  await problem('invalid', 'PATCH', '/api/sites/s1.example.com', { cron: 'often' });
  const clone = await good('POST', '/api/sites/s1.example.com/clone', { name: 'clone.example.com' });
  assert.deepEqual([clone.site.cron.every, clone.site.cron.by], ['15m', 'command']);
  const reset = await good('PATCH', '/api/sites/s1.example.com', { cron: null, cronBy: null });
  assert.deepEqual([reset.site.cron.every, reset.site.cron.by, reset.site.cron.isOwn], ['1h', 'web', false]);
  await good('PATCH', '/api/settings/cron.every', { value: { drupal: 'off' } });
  assert.equal((await good('GET', '/api/sites/s1.example.com')).cron.every, 'off');
});
