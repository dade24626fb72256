import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { type Browser, browser, goodPassword, invited, secretOf } from '../../../tests/kit/browser.ts';
import { type Answered, furnished, type TestHub } from '../../../tests/kit/hub.ts';

/** An account manager at work, and an account of client acme that needs help. */
async function twoPeople(t: TestContext): Promise<{ hub: TestHub; helper: Browser; ada: Browser }> {
  const hub = await furnished(t);
  await hub.good('POST', '/api/clients', { name: 'acme' });
  const { invitation } = await hub.good('POST', '/api/accounts', {
    ...{ name: 'ada', role: 'client', client: 'acme', invite: true },
  });
  const ada = browser(hub, { address: '192.0.2.1' });
  await ada.good('POST', '/api/invitation/accept', { secret: secretOf(invitation.link), password: goodPassword });
  await ada.session();
  return { hub, ada, helper: await invited(hub, 'helper') };
}

const asAda = (helper: Browser) => helper.good('POST', '/api/accounts/ada/impersonation');
const told = async ({ good }: TestHub, query: string): Promise<readonly Answered[]> =>
  (await good('GET', `/api/audit?limit=200&${query}`)).items.toReversed();

test('who helps is signed in as the other and back again, and both see it', async (t) => {
  const { hub, helper, ada } = await twoPeople(t);
  const before = helper.cookies.get('aegir_session');
  const { account, until } = await asAda(helper);
  assert.equal(account, 'ada');
  const left = Date.parse(until) - Date.now();
  assert.ok(left > 59 * 60_000 && left <= 60 * 60_000, until);
  const there = await helper.session();
  assert.deepEqual([there.account.name, there.impersonation], ['ada', { by: 'helper', until }]);
  assert.deepEqual(there.roles, [{ role: 'client', client: 'acme' }]);
  await helper.good('POST', '/api/sites', { name: 'example.com', platform: 'd10', client: 'acme' });

  const [latest, own] = (await ada.good('GET', '/api/sessions')).items;
  assert.deepEqual([latest.by, latest.way, own.by, own.current], ['helper', 'impersonation', null, true]);
  const seen = await ada.session();
  assert.deepEqual([seen.impersonation, seen.helpers.length], [null, 1]);
  assert.deepEqual([seen.helpers[0].by, seen.helpers[0].endedAt], ['helper', null]);

  const during = helper.cookies.get('aegir_session');
  assert.equal((await helper.good('DELETE', '/api/session/impersonation')).account, 'helper');
  assert.deepEqual((await helper.session()).impersonation, null);
  assert.notEqual((await ada.session()).helpers[0].endedAt, null);
  for (const cookie of [before, during]) {
    const { status } = await browser(hub).ask('GET', '/api/session', undefined, { cookie: `aegir_session=${cookie}` });
    assert.equal(status, 401);
  }
  const lines = await told(hub, 'account=ada');
  const expected = [
    ['ada', 'helper', 'account impersonate', 'done'],
    ['ada', 'helper', 'site create', 'done'],
    ['ada', 'helper', 'session end-impersonation', 'done'],
  ];
  const words = ({ account: who, by, what, result }: Answered) => [who, by, what, result];
  assert.deepEqual(lines.filter(({ by }) => by !== null).map(words), expected);
  assert.deepEqual((await told(hub, 'account=helper')).filter(({ by }) => by !== null).map(words), expected);
  const adas = (await ada.good('GET', '/api/audit')).items.toReversed();
  assert.deepEqual(adas.filter(({ by }: Answered) => by !== null).map(words), expected);
  await helper.problem('wrong-status', 'DELETE', '/api/session/impersonation');
});

test('nothing that lets one in, and nothing that is only theirs, is to be had as another', async (t) => {
  const { helper } = await twoPeople(t);
  await asAda(helper);
  const password = { old: goodPassword, new: 'another good password' };
  for (const [method, path, body] of [
    ['PATCH', '/api/session', { email: 'helper@example.com' }],
    ['POST', '/api/session/confirm', { password: goodPassword }],
    ['POST', '/api/session/password', password],
    ['GET', '/api/sessions'],
    ['DELETE', '/api/sessions/1'],
    ['POST', '/api/sessions/end-others', {}],
    ['GET', '/api/factors'],
    ['POST', '/api/factors/totp/begin'],
    ['DELETE', '/api/factors/totp'],
    ['POST', '/api/factors/passkeys/begin'],
    ['GET', '/api/tokens'],
    ['POST', '/api/tokens', {}],
    ['POST', '/api/accounts/ada/impersonation'],
  ] as const) {
    const { status, body: answer } = await helper.ask(method, path, body);
    assert.equal(status, 403, `${method} ${path}: ${JSON.stringify(answer)}`);
    assert.match(answer.hint, /signed in as ada/);
  }
});

test('nobody is somebody who may more, an administrator, themselves, one that is locked, or anybody with a token', async (t) => {
  const { hub, helper } = await twoPeople(t);
  await hub.good('POST', '/api/accounts', { name: 'root', role: 'administrator' });
  await hub.good('POST', '/api/accounts', { name: 'platforms', role: 'platform-manager' });
  const boss = await invited(hub, 'boss');
  await hub.good('POST', '/api/memberships', { account: 'boss', role: 'administrator' });
  const become = (who: Browser, code: string, name: string) =>
    who.problem(code, 'POST', `/api/accounts/${name}/impersonation`);
  assert.match((await become(helper, 'forbidden', 'platforms')).detail, /may more than you/);
  assert.match((await become(boss, 'forbidden', 'root')).detail, /administrator/);
  await become(helper, 'wrong-status', 'helper');
  await become(helper, 'not-found', 'nobody');
  await hub.good('PATCH', '/api/accounts/ada', { status: 'locked' });
  await become(helper, 'wrong-status', 'ada');
  await hub.good('PATCH', '/api/accounts/ada', { status: 'enabled' });
  const { token } = await hub.good('POST', '/api/tokens', { account: 'helper' });
  await hub.problem('forbidden', 'POST', '/api/accounts/ada/impersonation', undefined, { token });
  await hub.problem('forbidden', 'POST', '/api/accounts/ada/impersonation');
  await sql`update session set confirmed_at = now() - interval '11 minutes'`.execute(hub.hub.database.db);
  await become(helper, 'unconfirmed', 'ada');
});

test('as another one has what both may, at every moment', async (t) => {
  const { hub, helper } = await twoPeople(t);
  const { db } = hub.hub.database;
  await hub.good('POST', '/api/accounts', { name: 'root', role: 'administrator' });
  await asAda(helper);
  await helper.problem('forbidden', 'GET', '/api/servers');
  // Ada may now look at servers, and the helper may not.
  await hub.good('POST', '/api/roles', { name: 'looker', permissions: ['server read', 'site read'] });
  await hub.good('POST', '/api/memberships', { account: 'ada', role: 'looker' });
  await helper.problem('forbidden', 'GET', '/api/servers');
  await helper.good('GET', '/api/sites');
  await hub.good('POST', '/api/memberships', { account: 'helper', role: 'platform-manager' });
  await helper.good('GET', '/api/servers');
  // One that becomes an administrator is nobody else.
  const { id } = await hub.good('POST', '/api/memberships', { account: 'ada', role: 'administrator' });
  await helper.problem('unauthenticated', 'GET', '/api/sites');
  await hub.good('DELETE', `/api/memberships/${id}`);
  await helper.good('GET', '/api/sites');
  const { items } = await hub.good('GET', '/api/memberships?account=helper&role=account-manager');
  await hub.good('DELETE', `/api/memberships/${items[0].id}`);
  await helper.problem('unauthenticated', 'GET', '/api/sites');
  assert.ok(
    (await sql`select from session where by_id is not null and revoked_at is null`.execute(db)).rows.length > 0,
  );
});

const ends: Readonly<Record<string, (world: { hub: TestHub; ada: Browser }) => Promise<unknown>>> = {
  time: ({ hub }) =>
    sql`update session set created_at = now() - interval '61 minutes' where by_id is not null`.execute(
      hub.hub.database.db,
    ),
  'a shorter setting': async ({ hub }) => {
    await sql`update session set created_at = now() - interval '6 minutes' where by_id is not null`.execute(
      hub.hub.database.db,
    );
    await hub.good('PATCH', '/api/settings/impersonation.minutes', { value: 5 });
  },
  'the other, who ends it': async ({ ada }) => {
    const { items } = await ada.good('GET', '/api/sessions');
    await ada.good('DELETE', `/api/sessions/${items[0].id}`);
  },
  'the other, who ends all': ({ ada }) => ada.good('POST', '/api/sessions/end-others', {}),
  'a lock of the other': ({ hub }) => hub.good('PATCH', '/api/accounts/ada', { status: 'locked' }),
  'a lock of who helps': ({ hub }) => hub.good('PATCH', '/api/accounts/helper', { status: 'locked' }),
  'whoever ends the sessions of who helps': ({ hub }) =>
    hub.good('POST', '/api/sessions/end-others', { account: 'helper' }),
};

for (const [what, end] of Object.entries(ends))
  test(`it is ended by ${what}`, async (t) => {
    const world = await twoPeople(t);
    await asAda(world.helper);
    await world.helper.good('GET', '/api/sites');
    await end(world);
    await world.helper.problem('unauthenticated', 'GET', '/api/sites');
    await world.helper.problem('unauthenticated', 'DELETE', '/api/session/impersonation');
  });

test('who signs out as another is out as oneself too', async (t) => {
  const { hub, helper } = await twoPeople(t);
  await asAda(helper);
  await helper.good('DELETE', '/api/session');
  const { rows } = await sql`
    select from session join account on account.id = session.account_id or account.id = session.by_id
    where account.name = 'helper' and revoked_at is null`.execute(hub.hub.database.db);
  assert.equal(rows.length, 0);
});

test('a key that the other has used for a request answers nothing of it', async (t) => {
  const { helper, ada } = await twoPeople(t);
  const ask = (who: Browser, name: string) =>
    who.ask('POST', '/api/sites', { name, platform: 'd10', client: 'acme' }, { 'idempotency-key': 'one' });
  assert.equal((await ask(ada, 'example.com')).status, 201);
  await asAda(helper);
  assert.equal((await ask(helper, 'example.com')).body.code, 'conflict');
  assert.equal((await ask(helper, 'other.example.com')).status, 201);
});
