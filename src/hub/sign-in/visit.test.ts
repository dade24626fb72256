import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browser, goodPassword, invited } from '../../../tests/kit/browser.ts';
import { testHub } from '../../../tests/kit/hub.ts';

test('a cookie over https belongs to the panel alone, and a password is not taken in the clear', async (t) => {
  const hub = await testHub(t);
  await invited(hub, 'ada');
  const secure = browser(hub, { origin: 'https://panel.example.com', address: '203.0.113.7' });
  const { response } = await secure.ask('POST', '/api/session', { name: 'ada', password: goodPassword });
  const [line = ''] = response.headers.getSetCookie();
  assert.match(line, /^__Host-aegir_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=604800; Secure$/);
  assert.match(response.headers.get('strict-transport-security') ?? '', /max-age=\d{8}/);
  assert.equal((await secure.session()).account.name, 'ada');
  // A neighbour's cookie without the prefix is none.
  const [value = ''] = secure.cookies.values();
  const tossed = browser(hub, { origin: 'https://panel.example.com' });
  tossed.cookies.set('aegir_session', value);
  await tossed.problem('unauthenticated', 'GET', '/api/session');

  const here = await browser(hub).ask('POST', '/api/session', { name: 'ada', password: goodPassword });
  assert.match(
    here.response.headers.getSetCookie()[0] ?? '',
    /^aegir_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=604800$/,
  );
  assert.equal(here.response.headers.get('strict-transport-security'), null);
  const open = browser(hub, { origin: 'http://panel.example.com', address: '203.0.113.7' });
  const refused = await open.problem('forbidden', 'POST', '/api/session', { name: 'ada', password: goodPassword });
  assert.match(refused.detail, /not encrypted/);
});

test('what another page makes a browser send changes nothing', async (t) => {
  const hub = await testHub(t);
  const ada = await invited(hub, 'ada');
  const { csrf } = await ada.session();
  const post = (headers: Record<string, string>) => ada.ask('POST', '/api/clients', { name: 'acme' }, headers);
  const own = { 'sec-fetch-site': 'same-origin', origin: 'http://localhost:8460', 'x-aegir-csrf': csrf };
  for (const [name, value] of [
    ['sec-fetch-site', 'cross-site'],
    ['sec-fetch-site', 'same-site'], // a hosted site may be a neighbour
    ['sec-fetch-site', 'none'],
    ['x-aegir-csrf', ''],
    ['x-aegir-csrf', `${csrf}x`],
    ['x-aegir-csrf', 'A'.repeat(43)],
  ] as const) {
    const { status, body } = await post({ ...own, [name]: value });
    assert.deepEqual([status, body.code], [403, 'forbidden'], `${name}: ${value}`);
  }
  assert.equal((await hub.counts())['client'], 0);
  assert.equal((await ada.ask('GET', '/api/clients', undefined, { 'sec-fetch-site': 'cross-site' })).status, 403);
  // A browser of before Sec-Fetch-Site says its Origin.
  const [[name = '', value = ''] = []] = ada.cookies;
  const old = (headers: Record<string, string>) =>
    hub.app.request(
      'http://localhost:8460/api/clients',
      {
        method: 'POST',
        headers: { cookie: `${name}=${value}`, 'x-aegir-csrf': csrf, 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ name: 'old' }),
      },
      { local: false },
    );
  for (const headers of [{}, { origin: 'https://evil.example' }, { origin: 'null' }])
    assert.equal((await old(headers)).status, 403, JSON.stringify(headers));
  assert.equal((await old({ origin: 'http://localhost:8460' })).status, 201);
  assert.equal((await post(own)).status, 201);
});

test('another page cannot sign one in as somebody else', async (t) => {
  const hub = await testHub(t);
  await invited(hub, 'eve');
  const { status, response } = await browser(hub).ask(
    ...(['POST', '/api/session', { name: 'eve', password: goodPassword }] as const),
    { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
  );
  assert.equal(status, 403);
  assert.deepEqual(response.headers.getSetCookie(), []);
});
