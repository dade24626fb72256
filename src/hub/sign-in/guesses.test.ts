import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { browser, goodPassword, invited } from '../../../tests/kit/browser.ts';
import { testHub } from '../../../tests/kit/hub.ts';
import { countGuess, guessFrom } from './guesses.ts';
import { visitOf } from './visit.ts';

const wrong = { name: 'ada', password: 'not the password' };

test('of many guesses at once only the first few are looked at, and then one waits longer and longer', async (t) => {
  const hub = await testHub(t);
  await invited(hub, 'ada');
  const { db } = hub.hub.database;
  const away = { origin: 'https://panel.example.com' };
  // From everywhere at once, so that no address has too many of them.
  const all = await Promise.all(
    Array.from({ length: 40 }, (_, at) =>
      browser(hub, { ...away, address: `203.0.113.${at}` }).ask('POST', '/api/session', wrong),
    ),
  );
  const statuses = Map.groupBy(all, ({ status }) => status);
  const looked = statuses.get(401)?.length ?? 0;
  // Five and one more; on a busy machine a second passes meanwhile, after which there is another.
  assert.ok(looked >= 6 && looked <= 8, `${looked} were looked at`);
  assert.equal(statuses.get(429)?.length, 40 - looked);
  const [refused] = statuses.get(429) ?? [];
  assert.equal(refused?.body.code, 'throttled');
  assert.ok(Number(refused?.response.headers.get('retry-after')) >= 1);

  const waits: number[] = [];
  for (let round = 0; round < 12; round += 1) {
    await sql`update guess set until = now() - interval '1 ms'`.execute(db);
    await browser(hub, { ...away, address: `198.51.100.${round}` }).problem(
      'unauthenticated',
      'POST',
      '/api/session',
      wrong,
    );
    const { rows } = await sql<{ wait: number }>`
      select round(extract(epoch from until - now()))::int as wait from guess where key = 'name:ada'`.execute(db);
    waits.push(rows[0]?.wait ?? 0);
  }
  const [first = 0] = waits;
  assert.ok(first >= 1 && first <= 2, `${waits}`);
  assert.ok(
    waits.every((wait, at) => at === 0 || wait >= (waits[at - 1] ?? 0)),
    `${waits}`,
  );
  assert.equal(waits.at(-1), 900);
});

test('who guesses at an account keeps nobody out who is signed in with it', async (t) => {
  const hub = await testHub(t);
  const ada = await invited(hub, 'ada');
  for (let round = 0; round < 8; round += 1) await browser(hub).ask('POST', '/api/session', wrong);
  await browser(hub).problem('throttled', 'POST', '/api/session', { ...wrong, password: goodPassword });
  assert.equal((await ada.session()).account.name, 'ada');
  await ada.good('POST', '/api/session/confirm', { password: goodPassword });
  await ada.good('POST', '/api/session/password', { old: goodPassword, new: 'another good password' });
});

test('who is signed in cannot try passwords for ever either', async (t) => {
  const hub = await testHub(t);
  const ada = await invited(hub, 'ada');
  for (let round = 0; round < 6; round += 1)
    await ada.problem('invalid', 'POST', '/api/session/confirm', { password: 'not the password' });
  await ada.problem('throttled', 'POST', '/api/session/confirm', { password: goodPassword });
});

test('accounts that there are not are throttled alike', async (t) => {
  const hub = await testHub(t);
  await invited(hub, 'ada');
  const statuses = async (name: string) => {
    const found: number[] = [];
    for (let round = 0; round < 8; round += 1)
      found.push((await browser(hub).ask('POST', '/api/session', { ...wrong, name })).status);
    await sql`delete from guess`.execute(hub.hub.database.db);
    return found;
  };
  assert.deepEqual(await statuses('nobody'), await statuses('ada'));
});

test('an address has many guesses, and a right one gives it back only its own', async (t) => {
  const hub = await testHub(t);
  await invited(hub, 'ada');
  await sql`delete from guess`.execute(hub.hub.database.db);
  for (let round = 0; round < 21; round += 1)
    await browser(hub).problem('unauthenticated', 'POST', '/api/session', { name: `nobody${round}`, password: 'x' });
  await browser(hub).problem('throttled', 'POST', '/api/session', { name: 'ada', password: goodPassword });
  const elsewhere = browser(hub, { address: '127.0.0.2' });
  await elsewhere.signIn('ada', goodPassword);
  const { rows } = await sql<{ failures: number }>`
    select failures from guess where key = 'address:127.0.0.2'`.execute(hub.hub.database.db);
  assert.deepEqual(rows, [{ failures: 0 }]);
  await sql`update guess set last_at = now() - interval '25 hours', until = now() where key = 'address:127.0.0.1'`.execute(
    hub.hub.database.db,
  );
  await countGuess(hub.hub.database.db, guessFrom('127.0.0.1'));
});

test('of IPv6 a whole network is one address', () => {
  const key = (address: string) => guessFrom(address).key;
  assert.equal(key('2001:db8::7'), 'address:2001:db8:0:0::/64');
  assert.equal(key('2001:0DB8:0:0:ffff::1'), key('2001:db8::7'));
  assert.notEqual(key('2001:db8:0:1::7'), key('2001:db8::7'));
  assert.equal(key('fe80::1%eth0'), key('fe80::2'));
  assert.equal(key('::1'), 'address:0:0:0:0::/64');
});

test('an address of IPv4 is the same however a server in front writes it, and only one on this machine is believed', () => {
  const seen = (peer: string, forwarded: string) =>
    visitOf(new Request('http://localhost/', { headers: { 'x-forwarded-for': forwarded } }), { address: peer }).address;
  assert.equal(seen('127.0.0.1', '203.0.113.7'), '203.0.113.7');
  assert.equal(seen('::1', '10.9.9.9, ::ffff:203.0.113.7'), '203.0.113.7');
  assert.equal(seen('::ffff:127.0.0.1', '::FFFF:203.0.113.7'), '203.0.113.7');
  assert.equal(seen('198.51.100.9', '203.0.113.7'), '198.51.100.9');
  assert.equal(seen('127.0.0.1', 'unknown'), '127.0.0.1');
});
