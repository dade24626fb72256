import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { browser, goodPassword, invited, secretOf } from '../../../tests/kit/browser.ts';
import { testHub } from '../../../tests/kit/hub.ts';
import { forgetSignIns } from './gc.ts';

const everything = "select string_agg(t::text, '\n') as all from";

test('an invitation lets one person choose a password, once, and signs in', async (t) => {
  const hub = await testHub(t);
  const { invitation, hasPassword } = await hub.good('POST', '/api/accounts', {
    ...{ name: 'ada', role: 'viewer', invite: true },
  });
  assert.equal(hasPassword, false);
  assert.match(invitation.link, /^http:\/\/localhost:8460\/invitation#[\w-]{43}$/);
  const secret = secretOf(invitation.link);
  const ada = browser(hub);
  assert.deepEqual((await ada.good('POST', '/api/invitation', { secret })).account, {
    ...{ name: 'ada', title: 'ada', email: null },
  });
  for (const password of ['short', 'aaaaaaaaaaaaaaaa', 'my name is Ada'.replace('Ada', 'ada1')].slice(0, 2))
    await ada.problem('invalid', 'POST', '/api/invitation/accept', { secret, password });
  await ada.good('POST', '/api/invitation/accept', { secret, password: goodPassword, title: 'Ada Lovelace' });
  const { account, roles, csrf, permissions } = await ada.session();
  assert.deepEqual(roles, [{ role: 'viewer', client: null }]);
  assert.deepEqual([account.name, account.title], ['ada', 'Ada Lovelace']);
  assert.match(csrf, /^[\w-]{43}$/);
  assert.ok(permissions.includes('site list') && !permissions.includes('site create'));
  await ada.problem('not-found', 'POST', '/api/invitation', { secret });
  await browser(hub).problem('not-found', 'POST', '/api/invitation/accept', { secret, password: goodPassword });
  const listed = await hub.good('GET', '/api/accounts/ada');
  assert.deepEqual([listed.hasPassword, listed.invitedUntil], [true, null]);
  const refused = await hub.problem('wrong-status', 'POST', '/api/accounts/ada/invitation');
  assert.match(refused.hint, /reset-password/);
});

test('of two who accept one invitation at once, one has it', async (t) => {
  const hub = await testHub(t);
  const { invitation } = await hub.good('POST', '/api/accounts', { name: 'ada', invite: true });
  const body = { secret: secretOf(invitation.link), password: goodPassword };
  const both = await Promise.all([1, 2].map(() => browser(hub).ask('POST', '/api/invitation/accept', body)));
  assert.deepEqual(both.map(({ status }) => status).toSorted(), [201, 404]);
});

test('a later link, a lock and time end an invitation', async (t) => {
  const hub = await testHub(t);
  const first = await hub.good('POST', '/api/accounts', { name: 'ada', invite: true });
  const { link } = await hub.good('POST', '/api/accounts/ada/invitation');
  const visitor = browser(hub);
  const opens = (one: string) => visitor.ask('POST', '/api/invitation', { secret: secretOf(one) });
  assert.deepEqual([(await opens(first.invitation.link)).status, (await opens(link)).status], [404, 200]);
  await sql`update one_time_link set expires_at = now() - interval '1 second'`.execute(hub.hub.database.db);
  assert.equal((await opens(link)).status, 404);
  const third = await hub.good('POST', '/api/accounts/ada/invitation');
  await hub.good('PATCH', '/api/accounts/ada', { status: 'locked' });
  await hub.good('PATCH', '/api/accounts/ada', { status: 'enabled' });
  assert.equal((await opens(third.link)).status, 404);
});

test('one signs in with name or mail address, and what is kept opens nothing', async (t) => {
  const hub = await testHub(t);
  await invited(hub, 'ada');
  await hub.good('PATCH', '/api/accounts/ada', { email: 'Ada@example.com' });
  const ada = browser(hub);
  await ada.signIn('ada@example.com', goodPassword);
  assert.deepEqual([...ada.cookies.keys()], ['aegir_session']);
  const [cookie = ''] = ada.cookies.values();
  for (const table of ['session', 'password', 'one_time_link', 'guess']) {
    const { rows } = await sql<{ all: string | null }>`${sql.raw(`${everything} ${table} as t`)}`.execute(
      hub.hub.database.db,
    );
    for (const secret of [cookie, Buffer.from(cookie, 'base64url').toString('hex'), goodPassword])
      assert.equal((rows[0]?.all ?? '').includes(secret), false, table);
  }
  // An address that two have is nobody's.
  await hub.good('POST', '/api/accounts', { name: 'bob', email: 'ada@example.com' });
  await browser(hub).problem('unauthenticated', 'POST', '/api/session', {
    name: 'ada@example.com',
    password: goodPassword,
  });
});

test('nothing tells an account that there is not from a wrong password, a locked or an uninvited account', async (t) => {
  const hub = await testHub(t);
  await invited(hub, 'ada');
  await invited(hub, 'eve');
  await hub.good('PATCH', '/api/accounts/eve', { status: 'locked' });
  await hub.good('POST', '/api/accounts', { name: 'bob' });
  const answers = [];
  for (const name of ['ada', 'eve', 'bob', 'nobody']) {
    const password = name === 'eve' ? goodPassword : 'not the password at all';
    const { status, body, response } = await browser(hub).ask('POST', '/api/session', { name, password });
    // What is left of this minute, and of its requests, is less each time, whoever was meant.
    const headers = [...response.headers].filter(([header]) => !header.startsWith('ratelimit-'));
    answers.push({ status, body, headers, cookies: response.headers.getSetCookie() });
  }
  assert.equal(answers[0]?.status, 401);
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
});

test('it takes as long to say that there is no such account', async (t) => {
  const hub = await testHub(t);
  await invited(hub, 'ada');
  // What the processor does is measured, and not how busy the machine is otherwise.
  const timed = async (name: string): Promise<number> => {
    const all: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      await sql`delete from guess`.execute(hub.hub.database.db);
      const before = process.cpuUsage();
      await browser(hub).problem('unauthenticated', 'POST', '/api/session', { name, password: 'not the password' });
      const { user, system } = process.cpuUsage(before);
      all.push((user + system) / 1000);
    }
    return Math.min(...all);
  };
  await timed('nobody');
  const [known, unknown] = [await timed('ada'), await timed('nobody')];
  t.diagnostic(`wrong password ${known.toFixed(0)} ms, no such account ${unknown.toFixed(0)} ms`);
  // An answer without hashing comes in a few ms.
  assert.ok(unknown > known / 2 && known > unknown / 2, `${known} ms and ${unknown} ms`);
});

test('a session is a new one at each sign-in, and what the browser had before ends', async (t) => {
  const hub = await testHub(t);
  await invited(hub, 'ada');
  // What somebody put there to be used later.
  const ada = browser(hub);
  ada.cookies.set('aegir_session', 'A'.repeat(43));
  await ada.signIn('ada', goodPassword);
  const [first = ''] = ada.cookies.values();
  assert.notEqual(first, 'A'.repeat(43));
  await ada.signIn('ada', goodPassword);
  const old = browser(hub);
  old.cookies.set('aegir_session', first);
  await old.problem('unauthenticated', 'GET', '/api/session');
});

test('a session ends by itself, by its person, by its account, and by who rules over accounts', async (t) => {
  const hub = await testHub(t);
  const { db } = hub.hub.database;
  const ada = await invited(hub, 'ada');
  const renew = () => ada.signIn('ada', goodPassword);
  const isOut = () => ada.problem('unauthenticated', 'GET', '/api/session');

  await sql`update session set last_seen_at = now() - interval '12 hours 1 second'`.execute(db);
  await isOut();
  await renew();
  await sql`update session set created_at = now() - interval '7 days 1 second'`.execute(db);
  await isOut();
  await renew();
  await sql`update session set last_seen_at = now() - interval '2 hours'`.execute(db);
  await hub.good('PATCH', '/api/settings/session.idle-hours', { value: 1 });
  await isOut();
  await renew();
  await ada.good('DELETE', '/api/session');
  assert.equal(ada.cookies.size, 0);
  await isOut();
  await renew();
  const [listed] = (await hub.good('GET', '/api/sessions?account=ada')).items;
  await hub.good('DELETE', `/api/sessions/${listed.id}`);
  await isOut();
  await renew();
  await hub.good('PATCH', '/api/accounts/ada', { status: 'locked' });
  await hub.good('PATCH', '/api/accounts/ada', { status: 'enabled' });
  await isOut();
  await renew();
  await hub.good('DELETE', '/api/accounts/ada');
  await isOut();
});

test('one sees where one is signed in, and ends the others', async (t) => {
  const hub = await testHub(t);
  const desk = await invited(hub, 'ada', { address: '127.0.0.9' });
  const phone = browser(hub, { origin: 'https://panel.example.com', address: '2001:db8::7' });
  await phone.signIn('ada', goodPassword);
  await invited(hub, 'bob');
  const { items } = await desk.good('GET', '/api/sessions');
  assert.deepEqual(
    items.map(({ account, way, address, userAgent, current }: Record<string, unknown>) => [
      account,
      way,
      address,
      userAgent,
      current,
    ]),
    [
      ['ada', 'password', '2001:db8::7', 'Test/1.0', false],
      ['ada', 'invitation', '127.0.0.9', 'Test/1.0', true],
    ],
  );
  assert.deepEqual(await desk.good('POST', '/api/sessions/end-others', {}), { ended: 1 });
  await phone.problem('unauthenticated', 'GET', '/api/session');
  assert.equal((await desk.session()).account.name, 'ada');
});

test('changing the password asks for the old one, ends the other sessions, and changes the cookie', async (t) => {
  const hub = await testHub(t);
  const ada = await invited(hub, 'ada');
  const other = browser(hub);
  await other.signIn('ada', goodPassword);
  const [before = ''] = ada.cookies.values();
  await ada.problem('invalid', 'POST', '/api/session/password', {
    old: 'not the old one',
    new: 'another good password',
  });
  await ada.problem('invalid', 'POST', '/api/session/password', { old: goodPassword, new: 'too short' });
  await ada.good('POST', '/api/session/password', { old: goodPassword, new: 'another good password' });
  assert.notEqual([...ada.cookies.values()][0], before);
  assert.equal((await ada.session()).account.name, 'ada');
  await other.problem('unauthenticated', 'GET', '/api/session');
  await other.problem('unauthenticated', 'POST', '/api/session', { name: 'ada', password: goodPassword });
  await other.signIn('ada', 'another good password');
  const { token } = await hub.good('POST', '/api/tokens', { account: 'ada' });
  await hub.problem(
    'forbidden',
    'POST',
    '/api/session/password',
    { old: 'x', new: 'another good password 2' },
    { token },
  );
});

test('a link of an administrator gives who forgot it another password, and ends all sessions', async (t) => {
  const hub = await testHub(t);
  const ada = await invited(hub, 'ada');
  const { link } = await hub.good('POST', '/api/accounts/ada/password');
  assert.equal((await ada.session()).account.name, 'ada');
  const elsewhere = browser(hub);
  await elsewhere.good('POST', '/api/invitation/accept', { secret: secretOf(link), password: 'another good password' });
  assert.equal((await elsewhere.session()).account.name, 'ada');
  await ada.problem('unauthenticated', 'GET', '/api/session');
  await ada.problem('unauthenticated', 'POST', '/api/session', { name: 'ada', password: goodPassword });
});

test('showing once more who one is renews the cookie', async (t) => {
  const hub = await testHub(t);
  const ada = await invited(hub, 'ada');
  await sql`update session set confirmed_at = now() - interval '1 hour'`.execute(hub.hub.database.db);
  assert.ok(Date.parse((await ada.session()).confirmedUntil) < Date.now());
  const [before = ''] = ada.cookies.values();
  await ada.problem('invalid', 'POST', '/api/session/confirm', { password: 'not the password' });
  const { confirmedUntil } = await ada.good('POST', '/api/session/confirm', { password: goodPassword });
  assert.ok(Date.parse(confirmedUntil) > Date.now() + 9 * 60_000);
  const old = browser(hub);
  old.cookies.set('aegir_session', before);
  await old.problem('unauthenticated', 'GET', '/api/session');
  await ada.good('PATCH', '/api/session', { title: 'Ada', language: 'fr', timeZone: 'Europe/Paris' });
  const { account, language, timeZone } = await ada.session();
  assert.deepEqual([account.title, language, timeZone], ['Ada', 'fr', 'Europe/Paris']);
  await ada.problem('invalid', 'PATCH', '/api/session', { timeZone: 'Europe/Atlantis' });
});

test('what opens nothing any more is forgotten, and what is in use is not', async (t) => {
  const hub = await testHub(t);
  const { db } = hub.hub.database;
  const ada = await invited(hub, 'ada');
  await browser(hub).signIn('ada', goodPassword);
  await browser(hub).good('POST', '/api/session/passkey-begin');
  await hub.good('POST', '/api/accounts/ada/password');
  const count = async () => {
    const { rows } = await sql<{ counts: number[] }>`
      select array[(select count(*)::int from session), (select count(*)::int from challenge),
        (select count(*)::int from guess), (select count(*)::int from one_time_link)] as counts`.execute(db);
    return rows[0]?.counts;
  };
  await ada.good('POST', '/api/sessions/end-others', {});
  await forgetSignIns(db);
  assert.deepEqual(await count(), [2, 1, 2, 2]);
  await sql`update challenge set expires_at = now() - interval '1 second'`.execute(db);
  await sql`update guess set last_at = now() - interval '2 days'`.execute(db);
  await sql`update one_time_link set expires_at = now() - interval '31 days' where used_at is null`.execute(db);
  await sql`update session set last_seen_at = now() - interval '31 days' where revoked_at is not null`.execute(db);
  await forgetSignIns(db);
  assert.deepEqual(await count(), [1, 0, 0, 1]);
  assert.equal((await ada.session()).account.name, 'ada');
});

test('who invited an account that may little does not come in by that link when it may more', async (t) => {
  const hub = await testHub(t);
  const ada = await invited(hub, 'ada');
  const { invitation } = await ada.good('POST', '/api/accounts', { name: 'bob', invite: true });
  await hub.good('POST', '/api/memberships', { account: 'bob', role: 'administrator' });
  const secret = secretOf(invitation.link);
  await ada.problem('not-found', 'POST', '/api/invitation', { secret });
  await ada.problem('forbidden', 'POST', '/api/accounts/bob/invitation');
  await ada.problem('forbidden', 'POST', '/api/accounts/bob/password');
  await ada.problem('forbidden', 'DELETE', '/api/accounts/bob/factors');
  const { link } = await hub.good('POST', '/api/accounts/bob/invitation');
  await browser(hub).good('POST', '/api/invitation', { secret: secretOf(link) });
});
