import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { browser, invited, secretOf } from '../../../tests/kit/browser.ts';
import { testHub } from '../../../tests/kit/hub.ts';

test('nobody makes their own account a new way in without showing who they are', async (t) => {
  const hub = await testHub(t);
  const ada = await invited(hub, 'ada');
  await hub.good('POST', '/api/memberships', { account: 'ada', role: 'administrator' });
  const { token } = await hub.good('POST', '/api/tokens', { account: 'ada' });
  const limited = await hub.good('POST', '/api/tokens', { scopes: ['account change'] }, { token });
  for (const [method, path] of [
    ['POST', '/api/accounts/ada/password'],
    ['POST', '/api/accounts/ada/invitation'],
    ['DELETE', '/api/accounts/ada/factors'],
  ] as const) {
    await ada.problem('forbidden', method, path);
    for (const who of [{ token }, limited]) await hub.problem('forbidden', method, path, undefined, who);
  }
  // Of one's own account a limited token changes nothing either, nor ends what it does not know.
  const more = { secondFactorRequired: false };
  await hub.problem('forbidden', 'PATCH', '/api/accounts/ada', more, limited);
  await hub.problem('forbidden', 'DELETE', '/api/accounts/ada', undefined, limited);
  await hub.good('PATCH', '/api/accounts/ada', { title: 'Ada' }, { token });
});

test('whoever finds a browser open makes no token in it, and nobody else a way in', async (t) => {
  const hub = await testHub(t);
  const ada = await invited(hub, 'ada');
  await hub.good('POST', '/api/accounts', { name: 'bob', role: 'viewer' });
  await hub.good('POST', '/api/memberships', { account: 'ada', role: 'viewer' });
  await ada.good('POST', '/api/tokens', { title: 'just signed in' });
  await sql`update session set confirmed_at = now() - interval '11 minutes'`.execute(hub.hub.database.db);
  for (const [method, path, body] of [
    ['POST', '/api/tokens', {}],
    ['POST', '/api/accounts/bob/password'],
    ['POST', '/api/accounts/bob/invitation'],
    ['DELETE', '/api/accounts/bob/factors'],
  ] as const)
    await ada.problem('unconfirmed', method, path, body);
});

test('what somebody has handed out to others opens nothing once they are locked, gone, or may less', async (t) => {
  const hub = await testHub(t);
  for (const end of [
    () => hub.good('PATCH', '/api/accounts/m1', { status: 'locked' }),
    () => hub.good('DELETE', '/api/accounts/m2'),
    async () => {
      const [{ id }] = (await hub.good('GET', '/api/memberships?account=m3')).items;
      await hub.good('DELETE', `/api/memberships/${id}`);
    },
  ].entries()) {
    const [at, ends] = end;
    const manager = await invited(hub, `m${at + 1}`);
    const { invitation } = await manager.good('POST', '/api/accounts', { name: `by-m${at + 1}`, invite: true });
    const secret = secretOf(invitation.link);
    await browser(hub).good('POST', '/api/invitation', { secret });
    await ends();
    await browser(hub).problem('not-found', 'POST', '/api/invitation', { secret });
  }
  assert.deepEqual(hub.bugs, []);
});
