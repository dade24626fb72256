import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { furnished, setStatus, type TestHub } from '../../tests/kit/hub.ts';
import { endpointNames, endpointOf } from '../api/endpoints.ts';
import { comparedBy } from './etag.ts';

/** A hub with one of each noun that has an etag, and where each is. */
async function oneOfEach(made: TestHub): Promise<Readonly<Record<string, string>>> {
  const { good } = made;
  await good('POST', '/api/clients', { name: 'acme' });
  await good('POST', '/api/clients', { name: 'other' });
  await good('POST', '/api/accounts', { name: 'ada', role: 'viewer' });
  await good('POST', '/api/roles', { name: 'editor', permissions: ['site read'] });
  await good('POST', '/api/sites', { name: 'a.example.com', platform: 'd10' });
  await setStatus(made, 'site', 'a.example.com', 'enabled');
  await good('POST', '/api/sites', { name: 'b.example.com', platform: 'd10' });
  await good('POST', '/api/servers', { name: 'dns1', services: [{ type: 'dns', engine: 'null' }] });
  await good('POST', '/api/certificates', { name: 'shop', client: 'acme', names: ['x.example.com'] });
  await good('POST', '/api/reserves', { name: 'shop', template: 'a.example.com', pattern: 'spare-*.example.com' });
  await good('POST', '/api/reserves', { name: 'more', template: 'a.example.com', pattern: 'more-*.example.com' });
  await good('POST', '/api/offers', { name: 'shops', reserve: 'shop', pattern: '{name}.example.net' });
  return {
    offer: '/api/offers/shops',
    client: '/api/clients/other',
    account: '/api/accounts/ada',
    role: '/api/roles/editor',
    server: '/api/servers/master',
    service: '/api/servers/master/services/http',
    platform: '/api/platforms/d10',
    site: '/api/sites/a.example.com',
    certificate: '/api/certificates/shop',
    reserve: '/api/reserves/shop',
  };
}

/** Another value for each field that can be set. */
const others: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  client: { title: 'New', email: 'a@example.com', status: 'locked', sitesMax: 3, backupsMax: 4, diskMaxMb: 5 },
  account: { title: 'New', email: 'a@example.com', status: 'locked', secondFactorRequired: true },
  role: { title: 'New', permissions: ['site read', 'site operate'] },
  server: { title: 'New', host: 'web1.example.com', data: null, forgetHostKeys: null, sshPort: 2222, tasksMax: 5 },
  // Its platform is in the way of publishing for servers only.
  service: { engine: 'apache', options: { port: 8080 }, publishTo: null },
  platform: { title: 'New', clients: ['acme', 'main'] },
  site: {
    ...{ title: 'New', email: 'a@example.com', client: 'acme', dns: 'dns1', aliases: ['c.example.com'] },
    ...{ certificate: 'shop', redirection: 'c.example.com', tls: 'on', dnsTtl: 300, hsts: 3600 },
    ...{ certificatePath: '/etc/a.pem', keyPath: '/etc/a.key', data: null },
    ...{ cron: '15m', cronBy: 'command', backup: '6h', retention: { last: 7 } },
  },
  certificate: { names: ['y.example.com'], challenge: null, dns: null, chain: null, key: null },
  offer: {
    ...{ title: 'New', status: 'disabled', reserve: 'more', pattern: '{name}.example.org', client: 'acme' },
    ...{ sitesMax: 3, backupsMax: 4, diskMaxMb: 5, dailyMax: 6, variables: { slogan: 'system.site:slogan' } },
    ...{ signUp: true, origins: ['https://www.example.com'] },
  },
  reserve: {
    ...{ template: 'b.example.com', platform: 'd10', client: 'acme', pattern: 'new-*.example.com' },
    ...{ full: 5, emergency: 2, life: '12h', window: '02:00-03:00 UTC' },
  },
};

/** These need each other; null: not tried here, as it needs what is not there, or is nothing that stays. */
const together: Readonly<Record<string, string>> = { certificatePath: 'keyPath', keyPath: 'certificatePath' };

test('whatever is set of a thing changes its etag, which stands in the answer and in its head', async (t) => {
  const made = await furnished(t);
  const { ask, good } = made;
  for (const [noun, path] of Object.entries(await oneOfEach(made))) {
    const set = endpointNames.find((name) => name === `${noun} set`);
    assert.ok(set && endpointOf(set).body instanceof z.ZodObject);
    const fields = Object.keys((endpointOf(set).body as z.ZodObject).shape);
    assert.deepEqual(Object.keys(others[noun] ?? {}).toSorted(), fields.toSorted(), `the fields of ${noun}`);
    for (const [field, value] of Object.entries(others[noun] ?? {})) {
      if (value === null) continue;
      const before = await ask('GET', path);
      assert.match(before.body.etag, /^"[\w-]{22}"$/);
      assert.equal(before.response.headers.get('etag'), before.body.etag);
      const other = together[field];
      const body = { [field]: value, ...(other !== undefined && { [other]: others[noun]?.[other] }) };
      const { response } = await ask('PATCH', path, body);
      assert.equal(response.status, 200, `${field}: ${await response.text()}`);
      const after = await good('GET', path);
      if (other === undefined || before.body[field] === null) assert.notEqual(after.etag, before.body.etag, field);
      assert.equal(response.headers.get('etag'), after.etag, field);
    }
  }
});

test('a secret that is set changes the etag, and does not show in it', async (t) => {
  const { good } = await furnished(t);
  const path = '/api/servers/master/services/db';
  const tags: string[] = [];
  for (const password of ['one', 'two', 'one']) {
    await good('PATCH', path, { options: { password } });
    tags.push((await good('GET', path)).etag);
  }
  assert.equal(new Set(tags).size, 3, 'also the same one again: who compares tags learns nothing of it');
});

test('what happens to it by itself leaves its etag as it is', async (t) => {
  const made = await furnished(t);
  const { good } = made;
  await good('POST', '/api/sites', { name: 'a.example.com', platform: 'd10' });
  const { etag } = await good('GET', '/api/sites/a.example.com');
  await setStatus(made, 'site', 'a.example.com', 'enabled');
  await good('POST', '/api/sites/a.example.com/tasks', { name: 'site verify' });
  assert.equal((await good('GET', '/api/sites/a.example.com')).etag, etag);
  const { items } = await good('GET', '/api/sites');
  assert.equal(items[0].etag, etag, 'lists have it too');
});

test('a change with If-Match is refused when somebody else was quicker, and changes nothing', async (t) => {
  const { good, ask, problem } = await furnished(t);
  await good('POST', '/api/clients', { name: 'acme' });
  const { etag } = await good('GET', '/api/clients/acme');
  const headers = { 'if-match': etag };
  await good('PATCH', '/api/clients/acme', { title: 'First' }, { headers });
  const { status, hint } = await problem('changed', 'PATCH', '/api/clients/acme', { title: 'Second' }, { headers });
  assert.equal(status, 412);
  assert.match(hint, /Look at it again/);
  await problem('changed', 'DELETE', '/api/clients/acme', undefined, { headers });
  assert.equal((await good('GET', '/api/clients/acme')).title, 'First');
  const now = (await good('GET', '/api/clients/acme')).etag;
  await good('PATCH', '/api/clients/acme', { title: 'Third' }, { headers: { 'if-match': `"old", ${now}` } });
  await good('PATCH', '/api/clients/acme', { title: 'Fourth' }, { headers: { 'if-match': '*' } });
  assert.equal((await ask('PATCH', '/api/clients/acme', { title: 'Fifth' })).status, 200, 'nobody has to say it');
  await problem('not-found', 'PATCH', '/api/clients/nobody', { title: 'x' }, { headers: { 'if-match': '*' } });
});

test('of many who have seen the same, one changes it', async (t) => {
  const { good, ask } = await furnished(t);
  await good('POST', '/api/sites', { name: 'a.example.com', platform: 'd10' });
  const { etag } = await good('GET', '/api/sites/a.example.com');
  const all = await Promise.all(
    Array.from({ length: 10 }, (_, at) =>
      // Of an alias, which is a row of another table.
      ask('PATCH', '/api/sites/a.example.com', { aliases: [`a${at}.example.com`] }, { headers: { 'if-match': etag } }),
    ),
  );
  const statuses = all.map(({ status }) => status).toSorted((one, other) => one - other);
  assert.deepEqual(statuses, [200, ...Array.from({ length: 9 }, () => 412)]);
});

test('where nothing can be compared, If-Match is refused, and nothing is done', async (t) => {
  const { problem, counts } = await furnished(t);
  const before = await counts();
  const headers = { 'if-match': '"anything"' };
  await problem('invalid', 'POST', '/api/clients', { name: 'acme' }, { headers });
  await problem('invalid', 'PATCH', '/api/settings/worker.tasks', { value: '3' }, { headers });
  assert.deepEqual(await counts(), before);
  const taking = endpointNames.filter((name) => comparedBy(name));
  assert.ok(taking.includes('site set') && taking.includes('server delete') && taking.length >= 14, taking.join(', '));
});
