import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browser, goodPassword, secretOf } from '../../../tests/kit/browser.ts';
import { testHub } from '../../../tests/kit/hub.ts';

test('who has roles for clients is told what they may for each, and what for the rest', async (t) => {
  const hub = await testHub(t);
  for (const name of ['museum', 'school', 'city', 'agency']) await hub.good('POST', '/api/clients', { name });
  const { invitation } = await hub.good('POST', '/api/accounts', {
    ...{ name: 'ada', role: 'viewer', client: 'museum', invite: true },
  });
  for (const [role, client] of [
    ['client', 'city'],
    ['viewer', 'school'],
  ])
    await hub.good('POST', '/api/memberships', { account: 'ada', role, client });
  const ada = browser(hub);
  await ada.good('POST', '/api/invitation/accept', { secret: secretOf(invitation.link), password: goodPassword });
  const { rights } = (await ada.session()) as {
    rights: { clients: string[] | null; permissions: string[] }[];
  };
  assert.deepEqual(
    rights.map(({ clients, permissions }) => [
      clients,
      ...['site list', 'site set', 'server list', 'home'].map((name) => permissions.includes(name)),
    ]),
    [
      [null, false, false, false, true],
      [['city'], true, true, false, true],
      [['museum', 'school'], true, false, false, true],
    ],
  );
});
