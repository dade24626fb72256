import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { Secret, TOTP } from 'otpauth';
import { authenticator } from '../../../tests/kit/authenticator.ts';
import { type Browser, browser, goodPassword, invited, secretOf } from '../../../tests/kit/browser.ts';
import { testHub } from '../../../tests/kit/hub.ts';

/** The code of an app `periods` from now. */
const codeOf = (secret: string, periods = 0): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + periods * 30_000 });

async function withTotp(ada: Browser): Promise<{ secret: string; recoveryCodes: string[] }> {
  const { attempt, secret } = await ada.good('POST', '/api/factors/totp/begin');
  // One period back, so that those of now and later are still to be had.
  const { recoveryCodes } = await ada.good('POST', '/api/factors/totp', { attempt, code: codeOf(secret, -1) });
  return { secret, recoveryCodes };
}

async function withPasskey(ada: Browser, key = authenticator()) {
  const { attempt, options } = await ada.good('POST', '/api/factors/passkeys/begin');
  const made = await ada.good('POST', '/api/factors/passkeys', { attempt, title: 'key', passkey: key.create(options) });
  return { key, ...made };
}

const name = 'ada';
const byPassword = { name, password: goodPassword };

test('an authenticator app is asked for after the password, and no code is taken twice', async (t) => {
  const hub = await testHub(t);
  const ada = await invited(hub, name);
  const begun = await ada.good('POST', '/api/factors/totp/begin');
  assert.match(
    begun.uri,
    /^otpauth:\/\/totp\/Aegir:ada\?issuer=Aegir&secret=[A-Z2-7]{32}&algorithm=SHA1&digits=6&period=30$/,
  );
  await ada.problem('invalid', 'POST', '/api/factors/totp', { attempt: begun.attempt, code: '000000' });
  assert.equal((await ada.good('GET', '/api/factors')).totp, null);
  const { secret, recoveryCodes } = await withTotp(ada);
  assert.equal(recoveryCodes.length, 10);
  assert.ok((await ada.good('GET', '/api/factors')).totp.createdAt);

  const phone = browser(hub);
  const { next, attempt, ways } = await phone.good('POST', '/api/session', byPassword);
  assert.deepEqual([next, ways, phone.cookies.size], ['totp', ['totp', 'recovery-code'], 0]);
  await phone.problem('unauthenticated', 'GET', '/api/session');
  await phone.problem('unauthenticated', 'POST', '/api/session/second-factor', { attempt, code: codeOf(secret, 5) });
  const code = codeOf(secret);
  await phone.good('POST', '/api/session/second-factor', { attempt, code });
  assert.deepEqual((await phone.session()).secondFactor, { ways, required: false, missing: false });

  const [listed] = (await phone.good('GET', '/api/sessions')).items;
  assert.equal(listed.way, 'password and code');
  // Neither the code nor the attempt is good once more, also for who has the password.
  const thief = browser(hub);
  await thief.problem('unauthenticated', 'POST', '/api/session/second-factor', { attempt, code: codeOf(secret, 1) });
  const again = await thief.good('POST', '/api/session', byPassword);
  await thief.problem('unauthenticated', 'POST', '/api/session/second-factor', { attempt: again.attempt, code });
  const { rows } = await sql<{ all: string }>`select string_agg(totp::text, '') as all from totp`.execute(
    hub.hub.database.db,
  );
  assert.equal(rows[0]?.all.includes(secret), false);
});

test('of one code sent many times at once one is taken', async (t) => {
  const hub = await testHub(t);
  const { secret } = await withTotp(await invited(hub, name));
  const attempts = [];
  for (const _ of [1, 2, 3, 4]) attempts.push((await browser(hub).good('POST', '/api/session', byPassword)).attempt);
  const code = codeOf(secret);
  const all = await Promise.all(
    attempts.map((attempt) => browser(hub).ask('POST', '/api/session/second-factor', { attempt, code })),
  );
  assert.deepEqual(all.map(({ status }) => status).toSorted(), [201, 401, 401, 401]);
});

test('who has the password cannot try all codes', async (t) => {
  const hub = await testHub(t);
  const { secret } = await withTotp(await invited(hub, name));
  const thief = browser(hub);
  for (let round = 0; round < 6; round += 1) {
    const { attempt } = await thief.good('POST', '/api/session', byPassword);
    await thief.problem('unauthenticated', 'POST', '/api/session/second-factor', { attempt, code: codeOf(secret, 9) });
  }
  const { attempt } = await thief.good('POST', '/api/session', byPassword);
  await thief.problem('throttled', 'POST', '/api/session/second-factor', { attempt, code: codeOf(secret) });
});

test('each recovery code opens once, however it is written, and new ones end the old', async (t) => {
  const hub = await testHub(t);
  const ada = await invited(hub, name);
  await ada.problem('wrong-status', 'POST', '/api/factors/recovery-codes');
  const { recoveryCodes } = await withTotp(ada);
  const [first = '', second = '', third = ''] = recoveryCodes;
  assert.match(first, /^[2-9a-hjkmnp-z]{4}(?:-[2-9a-hjkmnp-z]{4}){3}$/);
  const signIn = async (recoveryCode: string): Promise<number> => {
    const phone = browser(hub);
    const { attempt } = await phone.good('POST', '/api/session', byPassword);
    return (await phone.ask('POST', '/api/session/second-factor', { attempt, recoveryCode })).status;
  };
  assert.equal(await signIn(first), 201);
  assert.equal(await signIn(first), 401);
  assert.equal(await signIn(` ${second.toUpperCase().replaceAll('-', ' ')}`), 201);
  assert.equal((await ada.good('GET', '/api/factors')).recoveryCodes, 8);
  const made = await ada.good('POST', '/api/factors/recovery-codes');
  assert.equal(await signIn(third), 401);
  assert.equal(await signIn(made.recoveryCodes[0]), 201);
  const { rows } = await sql<{ all: string }>`select string_agg(c::text, '') as all from recovery_code as c`.execute(
    hub.hub.database.db,
  );
  assert.equal(rows[0]?.all.includes(made.recoveryCodes[1].replaceAll('-', '')), false);
});

test('a passkey is a second factor, and alone where it verifies its person', async (t) => {
  const hub = await testHub(t);
  const ada = await invited(hub, name);
  const { key, recoveryCodes } = await withPasskey(ada);
  assert.equal(recoveryCodes.length, 10);
  const phone = browser(hub);
  const { next, attempt, passkey } = await phone.good('POST', '/api/session', byPassword);
  assert.equal(next, 'passkey');
  assert.deepEqual(passkey.allowCredentials.length, 1);
  // Behind a password it need not have verified anybody.
  const shown = key.get(passkey, { verified: false });
  await phone.good('POST', '/api/session/second-factor', { attempt, passkey: shown });
  assert.equal((await phone.session()).account.name, name);
  await phone.problem('unauthenticated', 'POST', '/api/session/second-factor', { attempt, passkey: shown });

  const alone = browser(hub);
  const begin = () => alone.good('POST', '/api/session/passkey-begin');
  const first = await begin();
  assert.equal(first.options.userVerification, 'required');
  const finish = (begun: { attempt: string; options: { challenge: string } }, how = {}) =>
    alone.ask('POST', '/api/session/passkey', { attempt: begun.attempt, passkey: key.get(begun.options, how) });
  assert.equal((await finish(first, { verified: false })).status, 401);
  assert.equal((await finish(first, { origin: 'https://evil.example' })).status, 401);
  assert.equal((await finish({ ...first, options: (await begin()).options })).status, 401);
  assert.equal(alone.cookies.size, 0);
  assert.equal((await finish(first)).status, 201);
  assert.equal((await alone.session()).account.name, name);
  assert.equal((await finish(first)).status, 401); // once
  // A copy of the key is behind: it has not been used as often.
  assert.equal((await finish(await begin(), { counter: 1 })).status, 401);
  await hub.good('PATCH', '/api/accounts/ada', { status: 'locked' });
  assert.equal((await finish(await begin())).status, 401);
});

test('a passkey belongs to its person and its place', async (t) => {
  const hub = await testHub(t);
  const ada = await invited(hub, name);
  const bob = await invited(hub, 'bob');
  const { key, id } = await withPasskey(ada);
  const { attempt, options } = await bob.good('POST', '/api/factors/passkeys/begin');
  await bob.problem('conflict', 'POST', '/api/factors/passkeys', {
    attempt,
    title: 'mine',
    passkey: key.create(options),
  });
  await bob.problem('not-found', 'DELETE', `/api/factors/passkeys/${id}`);
  const stranger = authenticator('https://panel.example.com');
  const wrong = { attempt, title: 'x', passkey: stranger.create(options) };
  await bob.problem('invalid', 'POST', '/api/factors/passkeys', wrong);
  await withPasskey(bob);
  // Another's passkey is no second factor of mine.
  const phone = browser(hub);
  const begun = await phone.good('POST', '/api/session', { ...byPassword, name: 'bob' });
  const shown = { attempt: begun.attempt, passkey: key.get(begun.passkey) };
  await phone.problem('unauthenticated', 'POST', '/api/session/second-factor', shown);
  await ada.good('DELETE', `/api/factors/passkeys/${id}`);
  assert.deepEqual(await ada.good('GET', '/api/factors'), {
    totp: null,
    passkeys: [],
    recoveryCodes: 0,
    required: false,
  });
});

test('factors are changed only by who has just shown who they are, by password or passkey', async (t) => {
  const hub = await testHub(t);
  const ada = await invited(hub, name);
  const { key } = await withPasskey(ada);
  await sql`update session set confirmed_at = now() - interval '11 minutes'`.execute(hub.hub.database.db);
  for (const [method, path] of [
    ['POST', '/api/factors/totp/begin'],
    ['DELETE', '/api/factors/totp'],
    ['POST', '/api/factors/passkeys/begin'],
    ['DELETE', '/api/factors/passkeys/1'],
    ['POST', '/api/factors/recovery-codes'],
  ] as const)
    await ada.problem('unconfirmed', method, path);
  await ada.problem('invalid', 'POST', '/api/session/confirm', {});
  const { attempt, options } = await ada.good('POST', '/api/session/passkey-begin');
  const stranger = { attempt, passkey: authenticator().get(options) };
  await ada.problem('invalid', 'POST', '/api/session/confirm', stranger);
  await ada.good('POST', '/api/session/confirm', { attempt, passkey: key.get(options) });
  await ada.good('POST', '/api/factors/recovery-codes');
  const { token } = await hub.good('POST', '/api/tokens', { account: name });
  await hub.problem('forbidden', 'GET', '/api/factors', undefined, { token });
});

test('who must have a second factor can do nothing before, and all of it afterwards', async (t) => {
  const hub = await testHub(t);
  const ada = await invited(hub, name);
  await hub.good('PATCH', '/api/accounts/ada', { secondFactorRequired: true });
  const refused = await ada.problem('forbidden', 'GET', '/api/sites');
  assert.match(refused.detail, /second factor/);
  assert.deepEqual((await ada.session()).secondFactor, { ways: [], required: true, missing: true });
  await ada.problem('forbidden', 'POST', '/api/tokens', {});
  await withTotp(ada);
  await ada.good('GET', '/api/sites');
  assert.equal((await hub.good('GET', '/api/accounts/ada')).secondFactor, true);

  const bob = await invited(hub, 'bob');
  await bob.good('GET', '/api/sites');
  await hub.good('PATCH', '/api/settings/sign-in.second-factor-roles', { value: ['account-manager'] });
  await bob.problem('forbidden', 'GET', '/api/sites');
  await withTotp(bob);
  await bob.good('GET', '/api/sites');
});

test('a link for another password asks for the second factor too, and an administrator can take it away', async (t) => {
  const hub = await testHub(t);
  const ada = await invited(hub, name);
  const { secret } = await withTotp(ada);
  const link = async () => secretOf((await hub.good('POST', '/api/accounts/ada/password')).link);
  const phone = browser(hub);
  const password = 'another good password';
  const { next, attempt } = await phone.good('POST', '/api/invitation/accept', { secret: await link(), password });
  assert.deepEqual([next, phone.cookies.size], ['totp', 0]);
  await phone.good('POST', '/api/session/second-factor', { attempt, code: codeOf(secret) });
  await hub.good('DELETE', '/api/accounts/ada/factors');
  await phone.problem('unauthenticated', 'GET', '/api/session');
  assert.deepEqual(await phone.signIn(name, password), { next: null });
});

test('a changed password ends what was begun with the old one', async (t) => {
  const hub = await testHub(t);
  const ada = await invited(hub, name);
  const { secret } = await withTotp(ada);
  const thief = browser(hub);
  const { attempt } = await thief.good('POST', '/api/session', byPassword);
  await ada.good('POST', '/api/session/password', { old: goodPassword, new: 'another good password' });
  await thief.problem('unauthenticated', 'POST', '/api/session/second-factor', { attempt, code: codeOf(secret) });
});
