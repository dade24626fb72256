import assert from 'node:assert/strict';
import { test } from 'node:test';
import { furnished } from '../../tests/kit/hub.ts';

test('views are one’s own: nobody else sees or forgets them', async (t) => {
  const { good, app } = await furnished(t);
  const as = async (name: string) => {
    await good('POST', '/api/accounts', { name, role: 'viewer' });
    const { token } = await good('POST', '/api/tokens', { account: name });
    return async (method: string, path: string, body?: object) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const response = await app.request(path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
      return { ...JSON.parse(await response.text()), status: response.status };
    };
  };
  const [ada, bob] = [await as('ada'), await as('bob')];
  const failed = { list: 'site list', name: 'Failed', search: { status: 'failed' } };
  const made = await ada('POST', '/api/views', failed);
  assert.equal(made.status, 201);
  await bob('POST', '/api/views', failed);
  await ada('POST', '/api/views', { ...failed, search: { status: 'failed', sort: '-created' } });
  await ada('POST', '/api/views', { ...failed, list: 'task list' });
  const { items } = await ada('GET', '/api/views?list=site%20list');
  assert.deepEqual(
    items.map(({ id, search }: { id: string; search: object }) => [id, search]),
    [[made.id, { status: 'failed', sort: '-created' }]],
    'one of the same name has become the new one',
  );
  assert.equal((await bob('DELETE', `/api/views/${made.id}`)).status, 404);
  assert.equal((await ada('DELETE', `/api/views/${made.id}`)).status, 200);
  assert.equal((await ada('GET', '/api/views')).total, 1);
  assert.equal((await good('GET', '/api/views')).total, 0);
});
