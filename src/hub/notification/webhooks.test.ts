import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { Webhook } from 'standardwebhooks';
import { endsBadly, later, refusal, tell, tellingHub, tokenOf, told } from '../../../tests/kit/happenings.ts';
import type { Answered, TestHub } from '../../../tests/kit/hub.ts';
import { type WebhookReceiver, webhookReceiver } from '../../../tests/kit/webhook-receiver.ts';
import { checkedAddress, isNetwork } from './address.ts';

interface Hooked {
  readonly hub: TestHub;
  readonly receiver: WebhookReceiver;
  readonly ada: { readonly token: string };
  readonly webhook: Answered;
  readonly secret: string;
}

/** Ada has a program on this machine, which the hub may ask. */
async function hooked(t: TestContext): Promise<Hooked> {
  const [hub, receiver] = [await tellingHub(t), await webhookReceiver(t)];
  await hub.good('PATCH', '/api/settings/webhook.networks', { value: ['127.0.0.1/32'] });
  const ada = await tokenOf(hub, 'ada');
  const { secret, about } = await hub.good('POST', '/api/webhooks', { url: receiver.url, title: 'chat' }, ada);
  return { hub, receiver, ada, webhook: about, secret };
}

test('a failed task is told to a webhook: signed as Standard Webhooks are, with what to do and the link', async (t) => {
  const { hub, receiver, ada, webhook, secret } = await hooked(t);
  const task = await endsBadly(hub, 'acme.example.com');
  await endsBadly(hub, 'umbra.example.com');
  await tell(hub);
  const [request, ...others] = receiver.requests;
  assert.ok(request);
  assert.deepEqual([others.length, request.path, request.headers['host']], [0, '/hook', `127.0.0.1:${receiver.port}`]);
  const said = new Webhook(secret).verify(request.body, request.headers) as Answered; // as the standard's own library reads it
  assert.throws(() =>
    new Webhook(`whsec_${Buffer.alloc(32).toString('base64')}`).verify(request.body, request.headers),
  );
  assert.throws(() => new Webhook(secret).verify(request.body.replace('acme', 'evil'), request.headers));
  assert.deepEqual(
    [said.type, said.data.problem, said.data.task],
    ['task.failed', refusal, { id: task, name: 'site verify' }],
  );
  assert.deepEqual(
    [said.data.link, said.data.subject.name],
    [`http://localhost:8460/tasks/${task}`, 'acme.example.com'],
  );
  const { items } = await hub.good('GET', `/api/notifications?webhook=${webhook.id}`, undefined, ada);
  assert.deepEqual([items.length, items[0].status, items[0].attempts, items[0].webhook], [1, 'sent', 1, webhook.id]);
  const [listed] = (await hub.good('GET', '/api/webhooks', undefined, ada)).items;
  assert.ok(listed.lastSentAt);
  const { rows } = await sql<{ all: string }>`select string_agg(w::text, '') as all from webhook as w`.execute(
    hub.hub.database.db,
  );
  assert.equal(JSON.stringify([listed, rows]).includes(secret.slice(6)), false);
});

test('a webhook that does not answer is asked again under the same id, ever later, and is then disabled with a note', async (t) => {
  const { hub, receiver, ada, webhook, secret } = await hooked(t);
  receiver.status = 500;
  await endsBadly(hub, 'acme.example.com');
  await tell(hub);
  await tell(hub);
  assert.equal(receiver.requests.length, 1);
  receiver.status = 200;
  await later(hub, 5);
  await tell(hub);
  assert.equal(new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])).size, 1);
  assert.equal(receiver.requests.length, 2);
  receiver.status = 503;
  for (let count = 0; count < 3; count += 1) await endsBadly(hub, 'acme.example.com');
  for (let attempt = 0; attempt < 14; attempt += 1) {
    await tell(hub);
    await later(hub, 100_000);
  }
  assert.equal(receiver.requests.length, 12, 'ten attempts, and no more');
  const listed = (await hub.good('GET', '/api/webhooks', undefined, ada)).items[0];
  assert.equal(listed.status, 'disabled');
  assert.match(listed.note, /failed 10 times in a row.*answered 503/);
  assert.deepEqual((await told(hub, '?status=failed')).length, 3);
  await endsBadly(hub, 'acme.example.com');
  await tell(hub);
  receiver.status = 204;
  const enabled = await hub.good('PATCH', `/api/webhooks/${webhook.id}`, { status: 'enabled' }, ada);
  assert.deepEqual([enabled.status, enabled.note, enabled.failures], ['enabled', null, 0]);
  await endsBadly(hub, 'acme.example.com');
  await tell(hub);
  assert.equal(receiver.requests.length, 13);
  const last = receiver.requests.at(-1);
  assert.ok(last && new Webhook(secret).verify(last.body, last.headers));
});

test('410 disables it at once, and a redirect is followed nowhere', async (t) => {
  const { hub, receiver, ada, webhook } = await hooked(t);
  const elsewhere = await webhookReceiver(t);
  Object.assign(receiver, { status: 302, location: elsewhere.url });
  const [redirected] = (await hub.good('POST', '/api/notifications/test', {}, ada)).items.filter(
    ({ way }: Answered) => way === 'webhook',
  );
  assert.equal(redirected.status, 'failed');
  assert.match(redirected.problem.hint, /redirects are not followed/);
  assert.equal(elsewhere.requests.length, 0);
  receiver.status = 410;
  await endsBadly(hub, 'acme.example.com');
  await tell(hub);
  const listed = (await hub.good('GET', '/api/webhooks', undefined, ada)).items[0];
  assert.deepEqual([listed.id, listed.status], [webhook.id, 'disabled']);
  assert.match(listed.note, /410 Gone/);
});

test('addresses that are not of the internet are refused, however they are written', async (t) => {
  const hub = await tellingHub(t);
  const ada = await tokenOf(hub, 'ada');
  for (const host of [
    ...['127.0.0.1', '127.1', '2130706433', '0x7f.1', '0', 'localhost', 'a.localhost', '10.0.0.1', '172.31.255.255'],
    ...['192.168.1.1', '169.254.169.254', '100.64.0.1', '224.0.0.1', '255.255.255.255', '[::1]', '[::]', '[fe80::1]'],
    ...['[fd00::1]', '[::ffff:127.0.0.1]', '[::ffff:10.0.0.1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]', '[ff02::1]'],
  ]) {
    const { detail } = await hub.problem('invalid', 'POST', '/api/webhooks', { url: `https://${host}/` }, ada);
    assert.match(detail, /no address of the internet/, host);
  }
  for (const url of [
    'http://example.com/',
    'ftp://example.com/',
    'https://a:b@example.com/',
    'https://example.com/#x',
    'x',
    'https://example.com/\n',
  ])
    await hub.problem('invalid', 'POST', '/api/webhooks', { url }, ada);
  for (const url of [
    'https://93.184.216.34/hook',
    'https://[2606:2800:220:1::1]/hook',
    'https://hook.example.com/?a=b',
  ])
    await hub.good('POST', '/api/webhooks', { url }, ada);
  for (const value of [['127.0.0.1'], ['10.0.0.0/33'], ['::/129'], ['example.com/8'], 'x'])
    await hub.problem('invalid', 'PATCH', '/api/settings/webhook.networks', { value });
  assert.equal(isNetwork('10.1.0.0/16') && isNetwork('fd00::/8'), true);
});

test('what a name means is looked at when it is asked, and only that address is asked', async (t) => {
  const { hub, receiver, ada, webhook } = await hooked(t);
  // As if a name had come to mean something else since it was made: nothing of ours is asked for it.
  const byName = `http://localhost:${receiver.port}/hook`;
  await sql`update webhook set url = ${byName} where id = ${webhook.id}`.execute(hub.hub.database.db);
  await hub.good('PATCH', '/api/settings/webhook.networks', { value: [] });
  await endsBadly(hub, 'acme.example.com');
  await tell(hub);
  assert.equal(receiver.requests.length, 0);
  const [row] = (await hub.good('GET', '/api/notifications?status=waiting', undefined, ada)).items;
  assert.match(row.problem.message, /^localhost is, or leads to, no address of the internet$/);
  await hub.good('PATCH', '/api/settings/webhook.networks', { value: ['127.0.0.0/8', '::1/128'] });
  await later(hub, 10);
  await tell(hub);
  assert.deepEqual(
    receiver.requests.map(({ headers }) => headers['host']),
    [`localhost:${receiver.port}`],
  );
  const { address } = await checkedAddress(new URL(byName), ['127.0.0.0/8', '::1/128']);
  assert.match(address, /^(?:127\.0\.0\.1|::1)$/);
  await assert.rejects(checkedAddress(new URL('https://nowhere.invalid/'), []), /is not the name of any server/);
});

test('webhooks are one’s own, ten at most, not for tokens that are limited, and go with their account', async (t) => {
  const { hub, receiver, ada, webhook } = await hooked(t);
  const eve = await tokenOf(hub, 'eve');
  await hub.problem('not-found', 'DELETE', `/api/webhooks/${webhook.id}`, undefined, eve);
  assert.equal((await hub.good('GET', '/api/webhooks', undefined, eve)).total, 0);
  const limited = await hub.good('POST', '/api/tokens', { scopes: ['site read'] }, ada);
  await hub.problem('forbidden', 'GET', '/api/webhooks', undefined, limited);
  await hub.problem('forbidden', 'PATCH', `/api/webhooks/${webhook.id}`, { title: 'x' }, limited);
  for (let count = 1; count < 10; count += 1) await hub.good('POST', '/api/webhooks', { url: receiver.url }, ada);
  await hub.problem('over-quota', 'POST', '/api/webhooks', { url: receiver.url }, ada);
  await hub.good('PATCH', '/api/notification-choices', { kind: 'task failed', webhook: 'never' }, ada);
  await endsBadly(hub, 'acme.example.com');
  await tell(hub);
  assert.equal(receiver.requests.length, 0);
  await hub.good('DELETE', `/api/webhooks/${webhook.id}`, undefined, ada);
  await hub.good('DELETE', '/api/accounts/ada');
  assert.equal((await hub.good('GET', '/api/webhooks')).total, 0);
});
