import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { Webhook } from 'standardwebhooks';
import { tell } from '../../tests/kit/happenings.ts';
import { type Answered, setStatus, type TestHub } from '../../tests/kit/hub.ts';
import { cakes, noon, withOffer, workOnOrders } from '../../tests/kit/offers.ts';
import { webhookReceiver } from '../../tests/kit/webhook-receiver.ts';
import { runReserves } from './reserve-run.ts';

const told = async ({ hub }: TestHub): Promise<readonly string[]> =>
  (
    await sql<{ kind: string }>`select kind from happening where order_id is not null order by id`.execute(
      hub.database.db,
    )
  ).rows.map(({ kind }) => kind);

test('an order makes a site for a customer who becomes a client, and is ready with a login link', async (t) => {
  const made = await withOffer(t, { backupsMax: 2 });
  const { token } = made;
  const body = { ...cakes, title: 'Cakes & more', account: 'ana', values: { slogan: 'All you can eat', old: 1 } };
  const { order } = await made.good('POST', '/api/saas/sites', body, { token });
  assert.deepEqual(
    [order.offer, order.status, order.url, order.loginLink, order.task.name, order.by],
    ['shops', 'working', 'http://cakes.example.com', null, 'site clone', 'shop'],
  );
  const client = await made.good('GET', `/api/clients/${order.client}`);
  assert.deepEqual(
    [client.title, client.email, client.sitesMax, client.backupsMax],
    ['Cakes & more', cakes.email, 1, 2],
  );
  await workOnOrders(made);
  await runReserves(made.hub, noon);
  const at = `/api/saas/sites/${order.id}`;
  const { order: between } = await made.good('GET', at, undefined, { token });
  assert.deepEqual([between.status, between.task.name, between.loginLink], ['working', 'site hand-over', null]);
  const { args } = await made.good('GET', `/api/tasks/${between.task.id}`);
  assert.deepEqual(args, {
    account: 'ana',
    variables: { 'system.site:slogan': 'All you can eat', 'system.date:first_day': 1 },
  });
  await workOnOrders(made);
  const ready = { status: 'ready', loginLink: 'http://cakes.example.com/in' };
  const { order: atOnce } = await made.good('GET', at, undefined, { token });
  assert.partialDeepStrictEqual(atOnce, ready);
  assert.deepEqual(await told(made), []);
  await runReserves(made.hub, noon);
  assert.deepEqual(await told(made), ['order ready']);
  await runReserves(made.hub, noon);
  const { order: after } = await made.good('GET', at, undefined, { token });
  assert.partialDeepStrictEqual(after, ready);
  const { items } = await made.good('GET', '/api/saas/sites?status=ready', undefined, { token });
  assert.deepEqual([items.length, items[0].loginLink], [1, null]);
});

test('asked twice with one key there is one site; an order that fails says nothing of the inside', async (t) => {
  const made = await withOffer(t);
  const more = { token: made.token, headers: { 'idempotency-key': 'order-1' } };
  const one = await made.good('POST', '/api/saas/sites', cakes, more);
  assert.deepEqual(await made.good('POST', '/api/saas/sites', cakes, more), one);
  await workOnOrders(made, true);
  await runReserves(made.hub, noon);
  const { order } = await made.good('GET', `/api/saas/sites/${one.order.id}`, undefined, { token: made.token });
  assert.equal(order.status, 'failed');
  assert.doesNotMatch(JSON.stringify(order), /secret/);
  assert.deepEqual(await told(made), ['order failed']);
  await runReserves(made.hub, noon);
  assert.deepEqual(await told(made), ['order failed']);
  // A person mends it: the order goes on.
  const { rows } = await sql<{ id: string }>`select id from task where name = 'site clone'`.execute(
    made.hub.database.db,
  );
  await made.good('POST', `/api/tasks/${rows[0]?.id}/retry`);
  for (let round = 0; round < 4; round++) {
    await workOnOrders(made);
    await runReserves(made.hub, noon);
  }
  assert.deepEqual(await told(made), ['order failed', 'order ready']);
});

test('a spare that is there is given, with what the customer has said', async (t) => {
  const made = await withOffer(t);
  await made.good('PATCH', '/api/reserves/shops', { full: 1, emergency: 1 });
  await runReserves(made.hub, noon);
  await workOnOrders(made);
  await runReserves(made.hub, noon);
  const { order } = await made.good('POST', '/api/saas/sites', { ...cakes, account: 'ana' }, { token: made.token });
  assert.deepEqual(
    [order.task.name, order.site.name, order.url],
    ['site hand-over', 'spare-1.example.net', 'http://cakes.example.com'],
  );
  assert.deepEqual((await made.good('GET', `/api/tasks/${order.task.id}`)).args, { account: 'ana' });
});

test('what is wrong is refused with the field that is wrong, and leaves nothing', async (t) => {
  const made = await withOffer(t);
  const { token } = made;
  const before = await made.counts();
  const wrong = async (body: object, path: string): Promise<void> => {
    const { fields } = await made.problem('invalid', 'POST', '/api/saas/sites', { ...cakes, ...body }, { token });
    assert.ok(
      fields.some((one: { path: string }) => one.path === path),
      JSON.stringify(fields),
    );
  };
  for (const name of ['Cakes', 'a.b', '-a', 'a--b', 'xn--a', 'a'.repeat(41), '', 'ä', '1 2'])
    await wrong({ name }, 'name');
  for (const email of ['ana', 'ana@', '@x.org', 'a b@example.com', 'ana@example.com\nbcc: x@example.com'])
    await wrong({ email }, 'email');
  await wrong({ account: '-ana' }, 'account');
  await wrong({ values: { other: 'x' } }, 'values.other');
  await wrong({ values: { constructor: 'x' } }, 'values.constructor');
  await wrong({ values: { slogan: 1 } }, 'values.slogan');
  await wrong({ values: { old: '1' } }, 'values.old');
  await wrong({ values: { slogan: 'a'.repeat(256) } }, 'values.slogan');
  await wrong({ values: { slogan: 'a\nb' } }, 'values.slogan');
  await wrong({ values: { slogan: ['a'] } }, 'values.slogan');
  const taken = await made.problem('conflict', 'POST', '/api/saas/sites', { ...cakes, name: 'template' }, { token });
  assert.doesNotMatch(JSON.stringify(taken), /template\.example\.com belongs to the site template/);
  assert.deepEqual(await made.counts(), before);
});

test('a token of an offer asks for its orders and for nothing else', async (t) => {
  const made = await withOffer(t);
  const { token } = made;
  await made.good('POST', '/api/offers', { name: 'other', reserve: 'shops', pattern: '{name}.other.example.com' });
  await made.problem('forbidden', 'POST', '/api/saas/sites', { ...cakes, offer: 'other' }, { token });
  const { token: wide } = await made.good('POST', '/api/tokens', { account: 'shop' });
  await made.problem('invalid', 'POST', '/api/saas/sites', cakes, { token: wide });
  const { order } = await made.good('POST', '/api/saas/sites', { ...cakes, offer: 'other' }, { token: wide });
  await made.problem('not-found', 'GET', `/api/saas/sites/${order.id}`, undefined, { token });
  assert.equal((await made.good('GET', '/api/saas/sites', undefined, { token })).total, 0);
  for (const path of ['/api/home', '/api/tokens', '/api/session', '/api/sites', '/api/offers', '/api/webhooks'])
    await made.problem('forbidden', 'GET', path, undefined, { token });
  await made.problem('forbidden', 'POST', '/api/tokens', {}, { token });
  await made.good('GET', '/api/openapi.json', undefined, { token });
  await made.problem('invalid', 'POST', '/api/tokens', { account: 'shop', offer: 'shops', scopes: ['site read'] });
  // Another program's order is not there; who cares for clients sees it, and comes into no site by that.
  await made.good('POST', '/api/accounts', { name: 'second', role: 'seller' });
  const { token: another } = await made.good('POST', '/api/tokens', { account: 'second', offer: 'other' });
  await made.problem('not-found', 'GET', `/api/saas/sites/${order.id}`, undefined, { token: another });
  await made.good('POST', '/api/accounts', { name: 'manager', role: 'account-manager' });
  const { token: manager } = await made.good('POST', '/api/tokens', { account: 'manager' });
  assert.equal(
    (await made.good('GET', `/api/saas/sites/${order.id}`, undefined, { token: manager })).order.loginLink,
    null,
  );
  await made.good('DELETE', '/api/offers/shops');
  await made.problem('unauthenticated', 'GET', '/api/saas/sites', undefined, { token });
});

test('what cannot be had is told to the seller in general, and to an administrator as it is', async (t) => {
  const made = await withOffer(t);
  await setStatus(made, 'platform', 'd10', 'locked');
  const general = await made.problem('wrong-status', 'POST', '/api/saas/sites', cakes, { token: made.token });
  assert.match(general.detail, /cannot be had just now/);
  const exact = await made.problem('wrong-status', 'POST', '/api/saas/sites', { ...cakes, offer: 'shops' });
  assert.match(exact.detail, /platform d10 takes no site: it is locked/);
  await made.good('PATCH', '/api/offers/shops', { status: 'disabled' });
  await made.problem('wrong-status', 'POST', '/api/saas/sites', { ...cakes, offer: 'shops' });
  await made.problem('in-use', 'DELETE', '/api/reserves/shops');
});

test('no offer lets customers set what nobody outside may', async (t) => {
  const made = await withOffer(t);
  const wrong = async (variables: object): Promise<string> =>
    (await made.problem('invalid', 'PATCH', '/api/offers/shops', { variables })).fields[0].message;
  assert.match(await wrong({ a: 'core.extension:module' }), /is not for others to set/);
  assert.match(await wrong({ a: 'site_slogan' }), /is no value of a configuration/);
  const { offer } = await made.good('PATCH', '/api/offers/shops', {
    variables: { a: { variable: 'system.site:slogan', required: true, title: 'Slogan' } },
  });
  assert.deepEqual(offer.variables.a, {
    variable: 'system.site:slogan',
    type: 'text',
    title: 'Slogan',
    required: true,
    longest: 255,
  });
  const { fields } = await made.problem('invalid', 'POST', '/api/saas/sites', cakes, { token: made.token });
  assert.deepEqual(fields, [{ path: 'values.a', message: 'is missing' }]);
});

test('the program of who sells is told by its webhook when a site is ready, and has no mail of it', async (t) => {
  const made = await withOffer(t);
  const receiver = await webhookReceiver(t);
  await made.good('PATCH', '/api/settings/webhook.networks', { value: ['127.0.0.1/32'] });
  const smtp = { host: '127.0.0.1', port: 9, from: 'hub@example.com', tls: 'none' };
  await made.good('PATCH', '/api/settings/mail.smtp', { value: smtp });
  await made.good('PATCH', '/api/accounts/shop', { email: 'shop@example.com' });
  const { secret } = await made.good('POST', '/api/webhooks', { url: receiver.url, account: 'shop' });
  const { order } = await made.good('POST', '/api/saas/sites', cakes, { token: made.token });
  for (let round = 0; round < 3; round++) {
    await workOnOrders(made);
    await runReserves(made.hub, noon);
  }
  await tell(made);
  const [request] = receiver.requests;
  assert.ok(request);
  const { type, data } = new Webhook(secret).verify(request.body, request.headers) as Answered;
  assert.deepEqual(
    [type, data.order, data.subject.name, data.problem],
    [
      'order.ready',
      { id: order.id, offer: 'shops', name: 'cakes', url: 'http://cakes.example.com' },
      'cakes.example.com',
      null,
    ],
  );
  assert.doesNotMatch(request.body, /cakes\.example\.com\/in/);
  const { items } = await made.good('GET', '/api/notifications?account=shop');
  assert.deepEqual(
    items.map((one: { way: string; kind: string; status: string }) => [one.way, one.kind, one.status]),
    [['webhook', 'order ready', 'sent']],
  );
});
