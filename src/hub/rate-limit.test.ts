import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { cakes, withOffer } from '../../tests/kit/offers.ts';

test('no more are sold than an offer allows in a day, and a token or an address in an hour', async (t) => {
  const made = await withOffer(t, { dailyMax: 2 });
  const { token } = made;
  const ask = (name: string) => made.ask('POST', '/api/saas/sites', { ...cakes, name }, { token });
  const first = await ask('one');
  assert.deepEqual(
    [first.status, first.response.headers.get('ratelimit-limit'), first.response.headers.get('ratelimit-remaining')],
    [201, '300', '299'],
  );
  assert.equal((await ask('two')).status, 201);
  const third = await ask('three');
  assert.deepEqual([third.status, third.body.code], [429, 'throttled']);
  assert.ok(Number(third.response.headers.get('retry-after')) > 86_000);
  await made.good('PATCH', '/api/offers/shops', { dailyMax: 100 });
  await made.good('PATCH', '/api/settings/order.hourly-max', { value: 4 });
  assert.equal((await ask('three')).status, 201);
  const { rows } = await sql`select from audit`.execute(made.hub.database.db);
  const last = await ask('four');
  assert.deepEqual([last.status, last.response.headers.get('ratelimit-remaining')], [429, '0']);
  assert.ok(Number(last.response.headers.get('retry-after')) > 3500);
  const { rows: after } = await sql`select from audit`.execute(made.hub.database.db);
  assert.equal(after.length, rows.length, 'nobody fills the audit by it');
  const { token: other } = await made.good('POST', '/api/tokens', { account: 'shop', offer: 'shops' });
  assert.equal(
    (await made.ask('POST', '/api/saas/sites', { ...cakes, name: 'four' }, { token: other })).status,
    429,
    'from the same address',
  );
});

test('each token may ask so often in a minute, and is told how much is left', async (t) => {
  const made = await withOffer(t);
  await made.good('PATCH', '/api/settings/api.requests-per-minute', { value: 60 });
  const { token } = made;
  const ask = () => made.ask('GET', '/api/saas/sites', undefined, { token });
  for (let count = 1; count <= 60; count++) {
    const { status, response } = await ask();
    assert.deepEqual(
      [status, response.headers.get('ratelimit-limit'), response.headers.get('ratelimit-remaining')],
      [200, '60', String(60 - count)],
    );
  }
  const { status, body, response } = await ask();
  assert.deepEqual([status, body.code], [429, 'throttled']);
  const [wait, reset] = [response.headers.get('retry-after'), response.headers.get('ratelimit-reset')].map(Number);
  assert.ok(wait && wait <= 60 && wait === reset);
  const { token: other } = await made.good('POST', '/api/tokens', { account: 'shop' });
  assert.equal((await made.ask('GET', '/api/home', undefined, { token: other })).status, 200);
  assert.equal(
    (await made.ask('GET', '/api/home')).response.headers.get('ratelimit-limit'),
    null,
    'the socket is not counted',
  );
});
