import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { invited } from '../../tests/kit/browser.ts';
import { type TestHub, testHub } from '../../tests/kit/hub.ts';
import { permissions } from '../model/permission.ts';

const reading = Object.keys(permissions).filter((name) => name.endsWith(' read'));

async function withToken(hub: TestHub, scopes: readonly string[]): Promise<string> {
  return (await hub.good('POST', '/api/tokens', { scopes })).token;
}

test('a token expires after 90 days unless it says when, or that it never does', async (t) => {
  const { good, problem } = await testHub(t);
  const days = async (body: object): Promise<number | null> => {
    const { expiresAt } = (await good('POST', '/api/tokens', body)).about;
    return expiresAt && Math.round((Date.parse(expiresAt) - Date.now()) / 86_400_000);
  };
  assert.equal(await days({}), 90);
  assert.equal(await days({ expiresAt: null }), null);
  assert.equal(await days({ expiresAt: new Date(Date.now() + 2 * 86_400_000).toISOString() }), 2);
  await good('PATCH', '/api/settings/token.valid-days', { value: 7 });
  assert.equal(await days({}), 7);
  await problem('invalid', 'POST', '/api/tokens', { scopes: ['site explode'] });
  await problem('invalid', 'POST', '/api/tokens', { scopes: ['*'] });
});

test('a token that is limited does what it is limited to, and no more than its account', async (t) => {
  const hub = await testHub(t);
  const look = await withToken(hub, ['read']);
  for (const path of ['/api/sites', '/api/servers', '/api/accounts', '/api/status'])
    await hub.good('GET', path, undefined, { token: look });
  await hub.problem('forbidden', 'POST', '/api/clients', { name: 'acme' }, { token: look });
  await hub.problem('forbidden', 'GET', '/api/settings', undefined, { token: look });
  const one = await withToken(hub, ['client change']);
  await hub.good('POST', '/api/clients', { name: 'acme' }, { token: one });
  await hub.problem('forbidden', 'GET', '/api/clients', undefined, { token: one });
  // Its account may no more than look.
  await hub.good('POST', '/api/accounts', { name: 'ada', role: 'viewer' });
  const body = { account: 'ada', scopes: ['client change', 'client read'] };
  const { token, about } = await hub.good('POST', '/api/tokens', body);
  assert.deepEqual(about.scopes, ['client read', 'client change']);
  await hub.good('GET', '/api/clients', undefined, { token });
  await hub.problem('forbidden', 'POST', '/api/clients', { name: 'umbra' }, { token });
  assert.deepEqual((await hub.good('GET', '/api/session', undefined, { token })).session, null);
});

test('a token makes none that may more than itself, and knows no other', async (t) => {
  const hub = await testHub(t);
  const token = await withToken(hub, ['read', 'site task']);
  const make = (body: object) => hub.ask('POST', '/api/tokens', body, { token });
  for (const scopes of [['read'], ['site task'], ['site login'], ['read', 'site task'], reading])
    assert.equal((await make({ scopes })).status, 201, `${scopes}`);
  for (const body of [{}, { scopes: ['site change'] }, { scopes: ['backup task'] }, { scopes: ['read', 'hub change'] }])
    assert.equal((await make(body)).status, 403, JSON.stringify(body));
  const { items } = await hub.good('GET', '/api/tokens', undefined, { token });
  assert.deepEqual(items.length, 1);
  const { about } = await hub.good('POST', '/api/tokens', {});
  await hub.problem('not-found', 'DELETE', `/api/tokens/${about.id}`, undefined, { token });
  for (const path of ['/api/sessions', '/api/sessions?account=admin'])
    await hub.problem('forbidden', 'GET', path, undefined, { token });
  await hub.good('DELETE', `/api/tokens/${items[0].id}`, undefined, { token });
  await hub.problem('unauthenticated', 'GET', '/api/sites', undefined, { token });
});

test('an account makes, sees and revokes its own tokens; an administrator anyone’s', async (t) => {
  const hub = await testHub(t);
  const ada = await invited(hub, 'ada');
  await hub.good('POST', '/api/accounts', { name: 'bob', role: 'viewer' });
  const { token, about } = await ada.good('POST', '/api/tokens', { title: 'laptop' });
  assert.equal(about.account, 'ada');
  // She rules over accounts, and yet makes no token of another: it would grow with what he may.
  await ada.problem('forbidden', 'POST', '/api/tokens', { account: 'bob' });
  const of = await hub.good('POST', '/api/tokens', { account: 'bob' });
  await hub.problem('not-found', 'DELETE', `/api/tokens/${about.id}`, undefined, { token: of.token });
  assert.equal((await hub.good('GET', '/api/tokens', undefined, { token: of.token })).total, 1);
  await hub.good('GET', '/api/sites', undefined, { token });
  await sql`update token set last_used_at = null`.execute(hub.hub.database.db);
  await hub.good('GET', '/api/sites', undefined, { token });
  const [listed] = (await ada.good('GET', '/api/tokens?account=ada')).items;
  assert.ok(Date.parse(listed.lastUsedAt) > Date.now() - 60_000);
  await ada.good('DELETE', `/api/tokens/${about.id}`);
  await hub.problem('unauthenticated', 'GET', '/api/sites', undefined, { token });
  await hub.good('DELETE', `/api/tokens/${of.about.id}`);
});
