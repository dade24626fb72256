import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'kysely';
import { sweepNamed } from '../src/hub/sweeps.ts';
import { placeTurns } from '../src/hub/turns.ts';
import { installedSite, verifiedFarm } from './kit/hub-with-worker.ts';

test('what sites have is counted in their turns, kept as history, summed by day and client, and exported', async (t) => {
  const farm = await verifiedFarm(t, { http: 'nginx', db: 'mysql', application: 'drupal' });
  const {
    call,
    send,
    database: { db },
  } = farm;
  await call('client create', { body: { name: 'acme' } });
  await installedSite(farm, 'a.example.com');
  await installedSite(farm, 'b.example.com', { client: 'acme' });
  const queue = sweepNamed({ sweeps: [] }, 'statistics');
  await placeTurns(db, queue);
  assert.equal((await call('queue get', { params: { name: 'statistics' } })).every, '1d');
  for (let round = 1; round <= 2; round++) {
    await sql`update turn set due_at = now() - interval '1 second' where queue = 'statistics'`.execute(db);
    for (let tries = 0; (await call('statistic list', {})).total < 2 * round && tries < 200; tries++) await wait(50);
  }
  const { items, total } = await call('statistic list', { query: { site: 'b.example.com' } });
  assert.equal(total, 2);
  const { at, diskBytes, databaseBytes, ...rest } = items[0] ?? assert.fail();
  assert.deepEqual(rest, {
    ...{ site: 'b.example.com', client: 'acme' },
    ...{ usersRegistered: 1, usersActive: 0, posts: 0, comments: 0, requests: null },
  });
  assert.ok(diskBytes > 0 && databaseBytes >= 0 && Math.abs(Date.parse(at) - Date.now()) < 60_000);

  await sql`
    insert into statistic select site_id, at - interval '1 day', client_id, 7, 3, 2, 1, 1000, 500 from statistic
    where site_id = (select id from site where name = 'b.example.com')`.execute(db);
  const days = await call('statistic days', {});
  assert.deepEqual(
    days.items.map(({ sites, usersRegistered }) => [sites, usersRegistered]),
    [
      [2, 2],
      [1, 7],
    ],
    'of each site the last of a day counts',
  );
  const acme = await call('statistic days', { query: { client: 'acme', limit: 1 } });
  assert.deepEqual([acme.total, acme.items[0]?.sites], [2, 1]);
  const next = await call('statistic days', { query: { client: 'acme', limit: 1, after: acme.next ?? '' } });
  assert.equal(next.items[0]?.diskBytes, 1000);

  const response = await send('/api/statistics/export?client=acme', { method: 'GET' });
  assert.match(response.headers.get('content-type') ?? '', /^text\/csv/, await response.clone().text());
  const lines = (await response.text()).split('\r\n');
  assert.equal(lines[0], 'site,client,at,usersRegistered,usersActive,posts,comments,diskBytes,databaseBytes,requests');
  assert.equal(lines.length, 4 + 2);
  assert.match(lines[1] ?? '', /^b\.example\.com,acme,\d{4}-\d\d-\d\dT[^,]+Z,7,3,2,1,1000,500,$/);
  const since = new Date(Date.now() - 3_600_000).toISOString();
  const recent = await send(`/api/statistics/export?since=${since}`, { method: 'GET' });
  assert.equal((await recent.text()).split('\r\n').length, 4 + 2);
});
