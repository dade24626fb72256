import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { type Browser, browser, invited } from '../../../tests/kit/browser.ts';
import { type TestHub, testHub } from '../../../tests/kit/hub.ts';
import { type OpenidProvider, openidClient, openidProvider } from '../../../tests/kit/openid-provider.ts';

const back = 'http://localhost:8460/sign-in/return';

async function withProvider(t: TestContext, more: object = {}): Promise<{ hub: TestHub; provider: OpenidProvider }> {
  const [hub, provider] = [await testHub(t), await openidProvider(t, back)];
  await set(hub, provider, more);
  await hub.good('PATCH', '/api/settings/sign-in.single-sign-on-secret', { value: openidClient.secret });
  return { hub, provider };
}

const set = (hub: TestHub, { issuer }: OpenidProvider, more: object): Promise<unknown> =>
  hub.good('PATCH', '/api/settings/sign-in.single-sign-on', {
    value: { issuer, client: openidClient.client, ...more },
  });

/** There and back again. */
async function goThere(one: Browser, provider: OpenidProvider, person: string): Promise<string> {
  const { location } = await one.good('POST', '/api/session/single-sign-on');
  return (await provider.visit(location, person)).search.slice(1);
}

async function signIn({ hub, provider }: { hub: TestHub; provider: OpenidProvider }, person: string) {
  const one = browser(hub);
  const search = await goThere(one, provider, person);
  const { status, body } = await one.ask('POST', '/api/session/single-sign-on/finish', { search });
  return { one, search, status, body };
}

const verified = (email: string) => ({ email, email_verified: true });

test('whom the provider knows by a verified mail address of ours comes in, and is known by its own name for them then', async (t) => {
  const all = await withProvider(t, { title: 'Example', domains: ['example.com'] });
  const { hub, provider } = all;
  assert.deepEqual(await browser(hub).good('GET', '/api/session/ways'), { singleSignOn: { title: 'Example' } });
  await hub.good('POST', '/api/accounts', { name: 'ada', email: 'ada@example.com', role: 'viewer' });
  Object.assign(provider.people, {
    a1: verified('Ada@example.com'),
    b2: { email: 'ada@example.com', email_verified: false },
    c3: verified('ada@example.com.evil.example'),
    d4: verified('nobody@example.com'),
  });
  const first = await signIn(all, 'a1');
  assert.equal(first.status, 201, JSON.stringify(first.body));
  assert.equal((await first.one.session()).account.name, 'ada');
  assert.equal((await first.one.good('GET', '/api/sessions')).items[0].way, 'single sign-on');
  for (const person of ['b2', 'c3', 'd4']) {
    const { status, body, one } = await signIn(all, person);
    assert.deepEqual([status, body.code, one.cookies.has('aegir_session')], [401, 'unauthenticated', false], person);
  }
  // The address may change on either side.
  await hub.good('PATCH', '/api/accounts/ada', { email: null });
  provider.people['a1'] = verified('ada.lovelace@example.com');
  assert.equal((await signIn(all, 'a1')).status, 201);
  await hub.good('PATCH', '/api/accounts/ada', { status: 'locked' });
  assert.equal((await signIn(all, 'a1')).status, 401);
});

test('only the browser that began it finishes it, once, with what the provider has sent for it', async (t) => {
  const all = await withProvider(t, { domains: ['example.com'] });
  const { hub, provider } = all;
  await hub.good('POST', '/api/accounts', { name: 'ada', email: 'ada@example.com' });
  provider.people['a1'] = verified('ada@example.com');
  const path = '/api/session/single-sign-on/finish';
  const ada = browser(hub);
  const search = await goThere(ada, provider, 'a1');
  // One comes back to the panel, by whatever name the hub was asked.
  const { location } = await browser(hub, { origin: 'http://evil.localhost' }).good(
    'POST',
    '/api/session/single-sign-on',
  );
  assert.equal(new URL(location).searchParams.get('redirect_uri'), back);
  // Somebody else is led to this address, to be signed in as her; or has begun themselves.
  const victim = browser(hub);
  await victim.problem('unauthenticated', 'POST', path, { search });
  await victim.good('POST', '/api/session/single-sign-on');
  await victim.problem('unauthenticated', 'POST', path, { search });
  const changed = new URLSearchParams(search);
  changed.set('state', 'x'.repeat(43));
  await ada.problem('unauthenticated', 'POST', path, { search: changed.toString() });
  await ada.problem('unauthenticated', 'POST', path, { search: 'error=access_denied' });
  await ada.good('POST', path, { search });
  await ada.problem('unauthenticated', 'POST', path, { search });
  assert.equal((await ada.session()).account.name, 'ada');
});

test('unknown people get an account only where that is set, and only those who are let in', async (t) => {
  const claim = { name: 'groups', value: 'hosting' };
  const all = await withProvider(t, { create: { role: 'viewer' }, claim });
  const { hub, provider } = all;
  const groups = ['staff', 'hosting'];
  Object.assign(provider.people, {
    a1: { ...verified('ada@example.com'), preferred_username: 'Ada L.', name: 'Ada <b>Lovelace</b>', groups },
    b2: { ...verified('bob@example.com'), preferred_username: 'Ada L.', groups },
    c3: { ...verified('eve@example.com'), groups: ['staff'] },
  });
  const { one } = await signIn(all, 'a1');
  const { account, roles } = await one.session();
  assert.deepEqual([account.name, account.title, account.email], ['ada-l', 'Ada <b>Lovelace</b>', 'ada@example.com']);
  assert.deepEqual(roles, [{ role: 'viewer', client: null }]);
  assert.equal((await (await signIn(all, 'b2')).one.session()).account.name, 'ada-l-2');
  assert.equal((await signIn(all, 'c3')).status, 401);
  await set(hub, provider, {});
  provider.people['d4'] = verified('dan@example.com');
  assert.equal((await signIn(all, 'd4')).status, 401);
  // Nothing of domains is set: an address alone is nobody.
  await hub.good('POST', '/api/accounts', { name: 'dan', email: 'dan@example.com' });
  assert.equal((await signIn(all, 'd4')).status, 401);
});

test('its secret is kept sealed and shown to nobody, and its setting is for who may everything', async (t) => {
  const { hub } = await withProvider(t);
  const { items } = await hub.good('GET', '/api/settings');
  assert.equal(JSON.stringify(items).includes(openidClient.secret), false);
  const secret = items.find(({ name }: { name: string }) => name === 'sign-in.single-sign-on-secret');
  assert.deepEqual([secret.value, secret.isDefault], ['••••', false]);
  const { rows } = await sql<{ all: string }>`select string_agg(setting::text, '') as all from setting`.execute(
    hub.hub.database.db,
  );
  assert.equal(rows[0]?.all.includes(openidClient.secret), false);
  await hub.good('POST', '/api/roles', { name: 'tuner', permissions: ['hub change'] });
  await hub.good('POST', '/api/accounts', { name: 'tom', role: 'tuner' });
  const { token } = await hub.good('POST', '/api/tokens', { account: 'tom' });
  await hub.good('PATCH', '/api/settings/task.retention-days', { value: 30 }, { token });
  const body = { value: { issuer: 'https://evil.example', client: 'x', create: { role: 'administrator' } } };
  await hub.problem('forbidden', 'PATCH', '/api/settings/sign-in.single-sign-on', body, { token });
  await hub.problem('invalid', 'PATCH', '/api/settings/sign-in.single-sign-on', {
    value: { issuer: 'http://login.example.com', client: 'x' },
  });
  await hub.good('PATCH', '/api/settings/sign-in.single-sign-on', { value: null });
  await browser(hub).problem('not-found', 'POST', '/api/session/single-sign-on');
});

test('nobody says of themselves the mail address by which somebody else would come in', async (t) => {
  const all = await withProvider(t, { domains: ['example.com'] });
  const eve = await invited(all.hub, 'eve');
  await eve.problem('forbidden', 'PATCH', '/api/session', { email: 'Ada@Example.com' });
  await eve.good('PATCH', '/api/session', { email: 'eve@elsewhere.example', title: 'Eve' });
  // As it is anyway, or as who rules over accounts says it.
  await all.hub.good('PATCH', '/api/accounts/eve', { email: 'eve@example.com' });
  await eve.good('PATCH', '/api/session', { email: 'eve@example.com' });
  await eve.good('PATCH', '/api/session', { email: null });
});
