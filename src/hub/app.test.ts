import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { testHub } from '../../tests/kit/hub.ts';
import { endpointNames, endpointOf } from '../api/endpoints.ts';
import { may } from './access.ts';
import { hubApp } from './app.ts';
import type { Panel } from './panel.ts';

test('without a token nothing is answered, at no endpoint but those by which one comes in', async (t) => {
  const { app } = await testHub(t);
  for (const name of endpointNames) {
    const { method, path, open } = endpointOf(name);
    const response = await app.request(path.replace(/:\w+/g, '1'), { method }, { local: false });
    assert.ok(
      open ? [200, 404, 422].includes(response.status) : response.status === 401,
      `${name}: ${response.status}`,
    );
    if (open) continue;
    assert.equal(response.headers.get('www-authenticate'), 'Bearer realm="aegir"');
  }
});

test('nothing in a request makes it a local one', async (t) => {
  const { app } = await testHub(t);
  const headers = { local: 'true', 'x-local': '1', 'x-forwarded-for': '127.0.0.1', host: 'localhost' };
  assert.equal((await app.request('/api/sites?local=true', { headers })).status, 401);
  assert.equal((await app.request('/api/sites', { headers }, {})).status, 401);
});

test('a token opens the API until it expires, is revoked, or its account is locked', async (t) => {
  const { good, problem, hub } = await testHub(t);
  await good('POST', '/api/accounts', { name: 'ada', role: 'viewer' });
  const { token, about } = await good('POST', '/api/tokens', { account: 'ada', expiresAt: '2099-01-01T00:00:00Z' });
  assert.match(token, /^aegir_[A-Za-z0-9_-]{43}$/);
  await good('GET', '/api/sites', undefined, { token });
  assert.equal(JSON.stringify(await good('GET', '/api/tokens')).includes(token), false);

  await good('PATCH', '/api/accounts/ada', { status: 'locked' });
  await problem('unauthenticated', 'GET', '/api/sites', undefined, { token });
  await good('PATCH', '/api/accounts/ada', { status: 'enabled' });
  await good('GET', '/api/sites', undefined, { token });

  await sql`update token set expires_at = now() - interval '1 second'`.execute(hub.database.db);
  await problem('unauthenticated', 'GET', '/api/sites', undefined, { token });
  await sql`update token set expires_at = null`.execute(hub.database.db);
  await good('DELETE', `/api/tokens/${about.id}`);
  await problem('unauthenticated', 'GET', '/api/sites', undefined, { token });
});

test('a token is stored as its hash only, and one that is not whole opens nothing', async (t) => {
  const { good, problem, hub } = await testHub(t);
  const { token } = await good('POST', '/api/tokens', {});
  const { rows } = await sql<{ text: string }>`select token::text as text from token`.execute(hub.database.db);
  assert.equal(rows[0]?.text.includes(token.slice(6)), false);
  for (const wrong of [
    token.slice(0, -1),
    `${token}x`,
    token.toUpperCase(),
    '',
    'aegir_',
    `${token} ${token}`,
    "' or 1=1 --",
  ])
    await problem('unauthenticated', 'GET', '/api/sites', undefined, { token: wrong });
  await problem('invalid', 'POST', '/api/tokens', { expiresAt: '2001-01-01T00:00:00Z' });
});

test('deleting an account revokes its tokens', async (t) => {
  const { good, problem } = await testHub(t);
  await good('POST', '/api/accounts', { name: 'ada', role: 'viewer' });
  const { token } = await good('POST', '/api/tokens', { account: 'ada' });
  await good('DELETE', '/api/accounts/ada');
  await problem('unauthenticated', 'GET', '/api/sites', undefined, { token });
  await good('POST', '/api/accounts', { name: 'ada', role: 'viewer' }); // The name is free again, and the old token stays dead.
  await problem('unauthenticated', 'GET', '/api/sites', undefined, { token });
});

test('who may ask is decided for every endpoint, and what is not known is refused', () => {
  for (const name of endpointNames) assert.equal(may({ kind: 'local' }, name), true, name);
  for (const name of ['site explode', '', 'toString', '__proto__', 'constructor'])
    assert.equal(may({ kind: 'local' }, name), false, name);
  // A kind of caller that is not known, as a later version or a mistake would make it.
  for (const kind of ['guest', 'toString']) assert.equal(may({ kind } as never, 'site list'), false);
});

test('what is not JSON, too large or of another type is a problem document', async (t) => {
  const { problem, counts } = await testHub(t);
  const before = await counts();
  const broken = await problem('invalid', 'POST', '/api/clients', undefined, { raw: '{"name": ' });
  assert.match(broken.detail, /not JSON/);
  await problem('invalid', 'POST', '/api/clients', undefined, { raw: '' });
  const headers = { 'content-type': 'text/plain' };
  await problem('invalid', 'POST', '/api/clients', undefined, { raw: '{"name":"acme"}', headers });
  await problem('invalid', 'POST', '/api/clients', undefined, { raw: new Uint8Array([0x7b, 0xff, 0x7d]) });
  const large = JSON.stringify({ name: 'acme', title: 'x'.repeat(1_000_001) });
  await problem('too-large', 'POST', '/api/clients', undefined, { raw: large });
  const deep = `{"name":"acme","title":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
  await problem('invalid', 'POST', '/api/clients', undefined, { raw: deep });
  assert.deepEqual(await counts(), before);
});

test('a field that is not known, missing or wrong is named', async (t) => {
  const { problem } = await testHub(t);
  const { fields } = await problem('invalid', 'POST', '/api/clients', { title: 5, colour: 'red' });
  assert.deepEqual(fields.map(({ path }: { path: string }) => path).toSorted(), ['colour', 'name', 'title']);
  await problem('invalid', 'GET', '/api/sites?colour=red');
  await problem('invalid', 'GET', '/api/sites?limit=201');
  await problem('invalid', 'GET', '/api/sites?limit=10&limit=20');
  await problem('invalid', 'GET', '/api/sites?after=nonsense');
  await problem('not-found', 'GET', '/api/colours');
});

test('a fault in Aegir is answered by a number that is logged, and by nothing else', async (t) => {
  const { hub } = await testHub(t);
  const logged: { id: string; error: unknown }[] = [];
  const db = new Proxy({} as never, { get: () => assert.fail('secret: /etc/aegir/key') });
  const app = hubApp({ ...hub, database: { ...hub.database, db }, onBug: (id, error) => logged.push({ id, error }) });
  const response = await app.request('/api/status', {}, { local: true });
  const text = await response.text();
  assert.equal(response.status, 500);
  assert.equal(JSON.parse(text).code, 'bug');
  assert.doesNotMatch(text, /secret|\.ts|at /);
  assert.equal(logged.length, 1);
  assert.ok(text.includes(logged[0]?.id ?? '?'));
});

test('a request with an Idempotency-Key is done once, and answered alike', async (t) => {
  const { ask, good, problem, counts } = await testHub(t);
  const headers = { 'idempotency-key': 'e7c1' };
  const asked = () => ask('POST', '/api/servers', { name: 'web1' }, { headers });
  const [first, second] = await Promise.all([asked(), asked()]);
  assert.deepEqual([first.status, second.status], [201, 201]);
  assert.deepEqual(first.body, second.body);
  assert.deepEqual((await asked()).body, first.body);
  const { server, task } = await counts();
  assert.deepEqual([server, task], [1, 1]);
  await problem('conflict', 'POST', '/api/servers', { name: 'web2' }, { headers });
  // Another caller's keys are other keys.
  const { token } = await good('POST', '/api/tokens', {});
  await good('POST', '/api/servers', { name: 'web3' }, { headers, token });
});

test('a key whose request failed is free again, and a token is never kept for a second answer', async (t) => {
  const { good, problem, hub } = await testHub(t);
  const headers = { 'idempotency-key': 'k' };
  await problem('not-found', 'POST', '/api/tokens', { account: 'ada' }, { headers });
  await good('POST', '/api/accounts', { name: 'ada', role: 'administrator' });
  const { token } = await good('POST', '/api/tokens', { account: 'ada' }, { headers });
  await problem('conflict', 'POST', '/api/tokens', { account: 'ada' }, { headers });
  const { rows } = await sql<{ all: string }>`select idempotency::text as all from idempotency`.execute(
    hub.database.db,
  );
  assert.equal(JSON.stringify(rows).includes(token), false);
  await problem(
    'invalid',
    'POST',
    '/api/accounts',
    { name: 'bob' },
    { headers: { 'idempotency-key': 'x'.repeat(201) } },
  );
});

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const files: Panel = new Map([
  ['/index.html', { type: 'text/html; charset=utf-8', plain: bytes('<p>panel'), packed: { br: bytes('packed') } }],
  ['/assets/a-1.js', { type: 'text/javascript', plain: bytes('a'), packed: {} }],
]);
const cacheControl: Readonly<Record<string, string>> = {
  '/': 'no-cache',
  '/assets/a-1.js': 'public, max-age=31536000, immutable',
};

test('the panel may load nothing from elsewhere, and is what a browser gets at any address of its own', async (t) => {
  const { app } = await testHub(t, files);
  const get = (path: string, headers = {}) => app.request(path, { headers: { accept: 'text/html,*/*', ...headers } });
  const page = await get('/sites/example.com');
  assert.equal(await page.text(), '<p>panel');
  const policy = page.headers.get('content-security-policy') ?? '';
  assert.match(policy, /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'/);
  assert.doesNotMatch(policy.replace(/style-src[^;]*/, ''), /unsafe|\*/);
  assert.equal(page.headers.get('cache-control'), 'no-cache');
  const packed = await get('/', { 'accept-encoding': 'gzip, br' });
  assert.equal(packed.headers.get('content-encoding'), 'br');
  assert.equal(await packed.text(), 'packed');
  const script = await get('/assets/a-1.js', { accept: '*/*' });
  assert.match(script.headers.get('cache-control') ?? '', /immutable/);
  assert.equal(script.headers.get('x-content-type-options'), 'nosniff');
  assert.equal((await get('/assets/b.js', { accept: '*/*' })).status, 404);
  assert.equal((await get('/api/nothing')).status, 404);
});
test('every answer tells browsers what it is not: pages, files, answers and problems', async (t) => {
  const { app } = await testHub(t, files);
  const answers = [
    '/',
    '/assets/a-1.js',
    '/nowhere',
    '/api/sites',
    '/api/openapi.json',
    '/api/nowhere',
    '/api/sites?limit=x',
  ];
  for (const local of [true, false])
    for (const path of answers) {
      const { headers } = await app.request(path, { headers: path === '/' ? { accept: 'text/html' } : {} }, { local });
      const policy = headers.get('content-security-policy') ?? '';
      assert.match(policy, /^default-src 'none';/, path);
      assert.match(policy, /frame-ancestors 'none'/, path);
      assert.match(policy, /base-uri 'none'/, path);
      assert.doesNotMatch(policy, /script-src[^;]*(?:unsafe|\*|data:|https?:)/, path);
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
      assert.equal(headers.get('x-frame-options'), 'DENY', path);
      assert.equal(headers.get('referrer-policy'), 'no-referrer', path);
      assert.match(headers.get('permissions-policy') ?? '', /camera=\(\)/, path);
      assert.equal(headers.get('cache-control'), cacheControl[path] ?? 'no-store', path);
    }
});
