import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { testHub } from '../../tests/kit/hub.ts';
import { seedFarm } from '../../tests/kit/seeded-farm.ts';
import { type EndpointName, endpointNames, endpointOf } from '../api/endpoints.ts';

const sortsOf = (name: EndpointName): readonly string[] => {
  const sort = endpointOf(name).query?.shape['sort'];
  return sort ? (sort as unknown as { unwrap(): { options: readonly string[] } }).unwrap().options : [];
};

test('every list goes on page by page in every order that it has, and shows each row once', async (t) => {
  const { good, hub, databaseUrl } = await testHub(t);
  await seedFarm(databaseUrl, { sites: 43, tasks: 90, eventsOfTask: 10 });
  await sql`update site set verified_at = null where id % 3 = 0`.execute(hub.database.db);
  await sql`update platform set version = null where id % 5 = 0`.execute(hub.database.db);
  const lists = endpointNames.filter((name) => sortsOf(name).length > 0);
  assert.ok(lists.length >= 7, lists.join());
  for (const name of lists)
    for (const sort of sortsOf(name)) {
      const ids: string[] = [];
      let [after, total]: [string | null, number] = [null, 0];
      do {
        const page = await good(
          'GET',
          `${endpointOf(name).path}?limit=17&sort=${sort}${after ? `&after=${after}` : ''}`,
        );
        ids.push(...page.items.map(({ id }: { id: string }) => id));
        [after, total] = [page.next, page.total];
      } while (after !== null);
      assert.equal(new Set(ids).size, ids.length, `${name} ${sort} shows a row twice`);
      assert.equal(ids.length, total, `${name} ${sort} leaves rows out`);
    }
});

test('a list is in the order that was asked for, both ways', async (t) => {
  const { good, databaseUrl } = await testHub(t);
  await seedFarm(databaseUrl, { sites: 20, tasks: 10, eventsOfTask: 10 });
  const values = async (path: string, key: string): Promise<string[]> =>
    (await good('GET', path)).items.map((item: Record<string, string>) => item[key]);
  const statuses = await values('/api/sites?sort=status&limit=200', 'status');
  assert.deepEqual(statuses, statuses.toSorted());
  const created = await values('/api/sites?sort=-created&limit=200', 'createdAt');
  assert.deepEqual(created, created.toSorted().toReversed());
});

test('what no page gave out is refused, and so is an order that a list does not have', async (t) => {
  const { problem } = await testHub(t);
  const cursor = (keys: unknown) => Buffer.from(JSON.stringify(keys)).toString('base64url');
  for (const wrong of [['yesterday', 'a', '1'], ['2026-13-40 00:00:00+00', 'a', '1'], ['2026-01-01', 'a', '1'], ['1']])
    await problem('invalid', 'GET', `/api/sites?sort=created&after=${cursor(wrong)}`);
  await problem('invalid', 'GET', '/api/sites?sort=db_password');
  await problem('invalid', 'GET', '/api/packages?sort=name');
});
