import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browser, goodPassword, invited, secretOf } from '../../../tests/kit/browser.ts';
import { furnished, type TestHub } from '../../../tests/kit/hub.ts';

/** Follows a log as the page does that is open in a browser. */
async function follow({ app }: TestHub, task: string, cookies: ReadonlyMap<string, string>) {
  const headers = { cookie: [...cookies].map((pair) => pair.join('=')).join('; '), 'sec-fetch-site': 'same-origin' };
  const response = await app.request(`http://localhost/api/tasks/${task}/stream`, { headers }, { local: false });
  assert.deepEqual([response.status, response.headers.get('cache-control')], [200, 'no-store']);
  const reader = response.body?.getReader();
  await reader?.read();
  return async (): Promise<void> => {
    for (;;) if ((await reader?.read())?.done) return;
  };
}

test('a stream in a browser ends with its session, and that of who helps with the right to', async (t) => {
  const hub = await furnished(t);
  await hub.good('POST', '/api/clients', { name: 'acme' });
  const { task } = await hub.good('POST', '/api/sites', { name: 'example.com', platform: 'd10', client: 'acme' });
  const { invitation } = await hub.good('POST', '/api/accounts', {
    ...{ name: 'ada', role: 'client', client: 'acme', invite: true },
  });
  const ada = browser(hub);
  await ada.good('POST', '/api/invitation/accept', { secret: secretOf(invitation.link), password: goodPassword });
  await ada.session();
  const bySession = await follow(hub, task.id, ada.cookies);
  await ada.good('DELETE', '/api/session');
  await bySession();
  const helper = await invited(hub, 'helper');
  await helper.good('POST', '/api/accounts/ada/impersonation');
  const byHelper = await follow(hub, task.id, helper.cookies);
  const [{ id }] = (await hub.good('GET', '/api/memberships?account=helper')).items;
  await hub.good('DELETE', `/api/memberships/${id}`);
  await byHelper();
  assert.deepEqual(hub.bugs, []);
});
