import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { accessWorld } from '../../tests/kit/access-world.ts';
import { testHub } from '../../tests/kit/hub.ts';
import { type EndpointName, endpointNames, endpointOf } from '../api/endpoints.ts';

const cursor = (...keys: unknown[]): string => Buffer.from(JSON.stringify(keys)).toString('base64url');

/** Written as PostgreSQL writes times, and none that it has. */
const noTimes = [
  '2026-02-30 00:00:00+00',
  '2026-01-01 00:00:00+23',
  '0000-01-01 00:00:00+00',
  '2026-01-01 24:59:00+00',
];

test('a time that there is not is a mistake of who asks, in a cursor and elsewhere', async (t) => {
  const { good, problem, bugs } = await testHub(t);
  for (const time of noTimes)
    await problem('invalid', 'GET', `/api/clients?sort=created&after=${cursor(time, 'a', '1')}`);
  for (const time of ['2026-01-01T00:00:00+23:00', '0000-01-01T00:00:00Z']) {
    await problem('invalid', 'GET', `/api/audit?from=${encodeURIComponent(time)}`);
    await problem('invalid', 'POST', '/api/tokens', { expiresAt: time.replace(/^2026/, '9998') });
  }
  for (const time of ['2026-02-28 23:59:59.999999+15:59', '-infinity', '0001-01-01 00:00:00-15:59'])
    await good('GET', `/api/clients?sort=created&after=${cursor(time, 'a', '1')}`);
  assert.deepEqual(bugs, []);
});

/** Lists of many rows that a role for one client may ask for. */
const isList = (name: EndpointName): boolean =>
  endpointOf(name).query?.shape['after'] !== undefined && !endpointOf(name).path.includes(':');

test('a cursor that was made up, or given to somebody else, shows nothing but what is one’s own', async (t) => {
  const { hub, tokens } = await accessWorld(t);
  const ask = async (path: string, token: string): Promise<string> =>
    JSON.stringify((await hub.ask('GET', path, undefined, { token })).body);
  const lists = endpointNames.filter(isList).filter((name) => !name.startsWith('queue') && name !== 'setting list');
  assert.ok(lists.length > 10, lists.join());
  for (const { path } of lists.map(endpointOf)) {
    const { next } = await hub.good('GET', `${path}?limit=1`, undefined, { token: tokens.r });
    const made = [cursor('', '0'), cursor('0'), cursor('9000000000000000000'), cursor(''), cursor('zzz', '0')];
    for (const after of [...made, ...(next ? [next] : [])]) {
      const answer = await ask(`${path}?limit=200&after=${encodeURIComponent(after)}`, tokens.c);
      assert.doesNotMatch(answer, /umbra/, `${path} ${after}`);
    }
  }
  assert.deepEqual(hub.bugs, []);
});

const namesIn = (page: { items: { name: string }[] }): readonly string[] => page.items.map(({ name }) => name);

test('a list is narrowed to one word of several, or to some, said with commas', async (t) => {
  const { good, problem, hub } = await testHub(t);
  for (const name of ['a', 'b', 'c']) await good('POST', '/api/clients', { name });
  await sql`update client set status = 'locked' where name = 'b'`.execute(hub.database.db);
  await sql`update client set status = 'deleted' where name = 'c'`.execute(hub.database.db);
  const found = async (status: string) => namesIn(await good('GET', `/api/clients?status=${status}`));
  assert.deepEqual(await found('locked'), ['b']);
  assert.deepEqual(await found('locked,deleted'), ['b', 'c']);
  assert.deepEqual(
    (await found('enabled,deleted')).filter((name) => name.length === 1),
    ['a', 'c'],
  );
  await problem('invalid', 'GET', '/api/clients?status=locked,broken');
});
