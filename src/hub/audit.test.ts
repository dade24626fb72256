import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { TOTP } from 'otpauth';
import { browser, goodPassword, invited } from '../../tests/kit/browser.ts';
import { type Answered, furnished, setStatus, type TestHub, testHub } from '../../tests/kit/hub.ts';
import { terminal } from '../../tests/kit/terminal.ts';
import { type Caller, may } from './access.ts';
import { audit, auditAccount } from './audit.ts';

const told = async ({ good }: TestHub, query = ''): Promise<readonly Answered[]> =>
  (await good('GET', `/api/audit?limit=200${query}`)).items.toReversed();
const words = (items: readonly Answered[]) =>
  items.map(({ account, what, subject, result, code }) => [account, what, subject, result, code]);

async function tokenOf({ good }: TestHub, name: string, role: string, client?: string): Promise<{ token: string }> {
  await good('POST', '/api/accounts', { name, role, ...(client && { client }) });
  return good('POST', '/api/tokens', { account: name });
}

test('who did what to what is told, also what was refused or failed, and what is only read is not', async (t) => {
  const hub = await furnished(t);
  const { good, problem, app } = hub;
  await good('POST', '/api/clients', { name: 'acme' });
  const { token } = await tokenOf(hub, 'ada', 'client', 'acme');
  const start = (await told(hub)).length;
  await good('POST', '/api/sites', { name: 'example.com', platform: 'd10' }, { token });
  await good('GET', '/api/sites', undefined, { token });
  await problem('not-found', 'GET', '/api/sites/nobody.example.com', undefined, { token });
  await problem('forbidden', 'GET', '/api/servers', undefined, { token });
  await problem('forbidden', 'POST', '/api/queues/task/pause', undefined, { token });
  await problem('not-found', 'PATCH', '/api/sites/nobody.example.com', { title: 'x' }, { token });
  await problem('invalid', 'PATCH', '/api/sites/example.com', { colour: 'x' }, { token });
  await problem('not-found', 'GET', '/api/sites/example.com/login-link', undefined, { token });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ title: 'Example' });
  await app.request('/api/sites/example.com', { method: 'PATCH', headers, body }, { address: '192.0.2.7' });
  const items = (await told(hub)).slice(start);
  assert.deepEqual(words(items), [
    ['ada', 'site create', 'example.com', 'done', null],
    ['ada', 'server list', null, 'refused', 'forbidden'],
    ['ada', 'queue pause', null, 'refused', 'forbidden'],
    ['ada', 'site set', 'nobody.example.com', 'failed', 'not-found'],
    ['ada', 'site set', null, 'failed', 'invalid'],
    ['ada', 'site login-link', 'example.com', 'failed', 'not-found'],
    ['ada', 'site set', 'example.com', 'done', null],
  ]);
  const [made] = items;
  assert.deepEqual([made.client, made.noun, made.means], ['acme', 'site', 'token 1']);
  assert.deepEqual(made.details, {
    also: [
      { noun: 'client', name: 'acme' },
      { noun: 'platform', name: 'd10' },
    ],
  });
  const last = items.at(-1);
  assert.deepEqual([last.address, last.subjectId, last.details.fields], ['192.0.2.7', '1', ['title']]);
});

test('tasks, batches, roles and tokens are told by their names', async (t) => {
  const hub = await furnished(t);
  const { good } = hub;
  await good('POST', '/api/clients', { name: 'acme' });
  await good('POST', '/api/accounts', { name: 'ada' });
  const { task } = await good('POST', '/api/sites', { name: 'example.com', platform: 'd10', client: 'acme' });
  await good('POST', `/api/tasks/${task.id}/cancel`);
  await setStatus(hub, 'site', 'example.com', 'enabled');
  await good('POST', '/api/sites/example.com/tasks', { name: 'site verify' });
  const { batch } = await good('POST', '/api/batches', { name: 'site verify', matching: {} });
  await good('POST', `/api/batches/${batch.id}/cancel`);
  const { id } = await good('POST', '/api/memberships', { account: 'ada', role: 'viewer', client: 'acme' });
  const { about } = await good('POST', '/api/tokens', { account: 'ada', title: 'laptop' });
  await good('DELETE', `/api/tokens/${about.id}`);
  await good('DELETE', `/api/memberships/${id}`);
  await good('PATCH', '/api/settings/task.retention-days', { value: 30 });
  await good('PATCH', '/api/clients/acme', { status: 'locked' });
  assert.deepEqual(
    (await told(hub, '&client=acme')).map(({ what, noun, subject, details }) => [what, noun, subject, details.task]),
    [
      ['client create', 'client', 'acme', undefined],
      ['site create', 'site', 'example.com', undefined],
      ['task cancel', 'task', 'site install example.com', undefined],
      ['site task', 'site', 'example.com', 'site verify'],
      ['batch cancel', 'batch', 'site verify', undefined],
      ['membership create', 'membership', id, undefined],
      ['membership delete', 'membership', 'ada viewer', undefined],
      ['client set', 'client', 'acme', undefined],
    ],
  );
  assert.deepEqual(
    (await told(hub, '&noun=token')).map(({ what, subject }) => [what, subject]),
    [
      ['token create', 'laptop'],
      ['token delete', 'laptop'],
    ],
  );
  assert.equal((await told(hub, '&what=setting%20set'))[0].subject, 'task.retention-days');
});

test('nothing that is secret is told', async (t) => {
  const hub = await testHub(t);
  const { good } = hub;
  await good('POST', '/api/servers', { name: 'db1' });
  const secret = 'correct-horse-battery';
  await good('POST', '/api/servers/db1/services', {
    type: 'db',
    engine: 'mysql',
    options: { user: 'a', password: secret },
  });
  await hub.problem('invalid', 'PATCH', '/api/servers/db1/services/db', { options: { password: { a: secret } } });
  await hub.problem('invalid', 'POST', '/api/servers/db1/services', { type: 'db', password: secret });
  const { token } = await good('POST', '/api/tokens', {});
  const { rows } = await sql<{ text: string }>`select audit::text as text from audit`.execute(hub.hub.database.db);
  assert.ok(rows.length >= 5);
  for (const { text } of rows) assert.ok(!text.includes(secret) && !text.includes(token.slice(6)), text);
});

test('what is done is told in the same transaction: neither is there without the other', async (t) => {
  const hub = await testHub(t);
  const { db } = hub.hub.database;
  await sql`alter table audit add check (what <> 'client create')`.execute(db);
  const { status } = await hub.ask('POST', '/api/clients', { name: 'acme' });
  assert.equal(status, 500);
  assert.equal((await hub.counts())['client'], 0);
  await hub.good('POST', '/api/accounts', { name: 'ada' });
  await hub.problem('conflict', 'POST', '/api/accounts', { name: 'ada' });
  assert.deepEqual(
    (await told(hub)).map(({ result }) => result),
    ['done', 'failed'],
  );
});

test('nobody changes or deletes what was told, but for its age', async (t) => {
  const hub = await testHub(t);
  const { pool } = hub.hub.database;
  await hub.good('POST', '/api/clients', { name: 'acme' });
  for (const change of ["update audit set account = 'eve'", 'delete from audit', 'truncate audit'])
    await assert.rejects(pool.query(change), /the audit is only added to/);
  await pool.query("set aegir.forgets_audit = 'yes'; delete from audit where at < now() - interval '30 days'");
  await assert.rejects(pool.query("begin; set local aegir.forgets_audit = 'yes'; delete from audit"), /only added to/);
  await pool.query('rollback');
  await assert.rejects(pool.query('select forget_audit(29)'), /at least/);
  const past =
    "insert into audit (at, account, address, means, what, result) values (now() - $1::interval, 'x', '', '', 'y', 'done')";
  for (const age of ['100 days', '40 days', '20 days']) await pool.query(past, [age]);
  const { rows } = await pool.query('select forget_audit(50) as gone');
  assert.equal(rows[0].gone, '1');
  assert.equal((await told(hub)).length, 3);
});

test('it is searched, paged and exported', async (t) => {
  const hub = await testHub(t);
  const { good, app } = hub;
  for (const name of ['a', 'b', 'c', 'd']) await good('POST', '/api/clients', { name });
  const { token } = await tokenOf(hub, 'ada', 'administrator');
  await good('POST', '/api/clients', { name: 'e' }, { token });
  const first = await good('GET', '/api/audit?noun=client&limit=2');
  assert.deepEqual([first.items.map(({ subject }: Answered) => subject), first.total], [['e', 'd'], 5]);
  const second = await good('GET', `/api/audit?noun=client&limit=2&after=${first.next}`);
  assert.deepEqual(
    second.items.map(({ subject }: Answered) => subject),
    ['c', 'b'],
  );
  assert.equal((await told(hub, '&account=ada')).length, 1);
  assert.equal((await told(hub, '&q=token%201')).length, 1);
  const { at } = first.items[0];
  assert.equal((await told(hub, `&since=${at}&noun=client`)).length, 1);
  assert.equal((await told(hub, `&until=${at}&noun=client`)).length, 4);
  assert.equal((await told(hub, '&subject=c')).length, 1);
  await audit(hub.hub.database.db, {
    actor: { accountId: null, account: '=cmd|"x",\u001b[2J', address: '192.0.2.1', means: 'password' },
    what: 'session create',
    result: 'refused',
  });
  const csv = await (await app.request('/api/audit/export', {}, { local: true })).text();
  const lines = csv.trimEnd().split('\r\n');
  assert.match(lines[0] ?? '', /^id,at,account,by,/);
  assert.match(lines.at(-1) ?? '', /,"'=cmd\|""x"",\uFFFD\[2J",/);
  const asked = await app.request('/api/audit/export?format=jsonl&noun=client', {}, { local: true });
  const exported = (await asked.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    exported.map(({ subject }) => subject),
    ['a', 'b', 'c', 'd', 'e'],
  );
  assert.equal((await told(hub, '&what=audit%20export')).length, 2, 'who took it away is told too');
  const { run } = await terminal(t, hub);
  assert.match((await run(['audit', 'list', '--noun', 'client'])).out, /ada +- +unknown +client create +e/);
  assert.equal((await run(['audit', 'export', '--noun', 'client', '--format', 'jsonl'])).out.split('\n').length, 6);
});

test('who was signed in as another is told with both names, to the client too, and did nothing that lasts', async (t) => {
  const hub = await testHub(t);
  const { good } = hub;
  for (const name of ['acme', 'other']) await good('POST', '/api/clients', { name });
  const mine = await tokenOf(hub, 'ada', 'client', 'acme');
  const others = await tokenOf(hub, 'eve', 'client', 'other');
  const ada = await good('GET', '/api/accounts/ada');
  const by = { accountId: '1', name: 'helper' };
  const caller: Caller = {
    ...{ kind: 'account', accountId: ada.id, name: 'ada', by },
    grants: [{ role: 'administrator', client: null, permissions: new Set(['*']) }],
  };
  assert.ok(may(caller, 'site create'));
  for (const no of ['token create', 'membership create', 'account set', 'role set'])
    assert.equal(may(caller, no), false, no);
  await auditAccount(hub.hub.database.db, {
    actor: { ...{ accountId: ada.id, account: 'ada', by, address: '192.0.2.1' }, means: 'session 1' },
    what: 'account impersonate',
    subject: ada,
    result: 'done',
  });
  const seen = (await good('GET', '/api/audit?what=account%20impersonate', undefined, mine)).items;
  assert.deepEqual([seen.length, seen[0].account, seen[0].by, seen[0].client], [1, 'ada', 'helper', 'acme']);
  assert.equal((await good('GET', '/api/audit?what=account%20impersonate', undefined, others)).total, 0);
});

test('who came in, who tried to, and what was changed of ways in is told once each, with the account where it is known', async (t) => {
  const hub = await testHub(t);
  const ada = await invited(hub, 'ada');
  const start = (await told(hub)).length;
  const stranger = browser(hub, { address: '192.0.2.9' });
  const wrong = { password: 'not the password of anybody' };
  await stranger.problem('unauthenticated', 'POST', '/api/session', { name: 'ada', ...wrong });
  await stranger.problem('unauthenticated', 'POST', '/api/session', { name: 'my secret typed here', ...wrong });
  // What was not looked at is not told: nobody fills the audit from outside.
  await stranger.problem('invalid', 'POST', '/api/session', { name: 'ada' });
  await stranger.good('POST', '/api/session/passkey-begin');
  await stranger.problem('not-found', 'POST', '/api/invitation', { secret: 'x' });
  await stranger.problem('unauthenticated', 'POST', '/api/session/second-factor', { attempt: 'x', code: '123456' });
  const other = browser(hub, { address: '192.0.2.1' });
  await other.signIn('ada', goodPassword);
  await ada.problem('invalid', 'POST', '/api/session/confirm', wrong);
  await ada.good('POST', '/api/session/confirm', { password: goodPassword });
  const { attempt, secret } = await ada.good('POST', '/api/factors/totp/begin');
  await ada.good('POST', '/api/factors/totp', { attempt, code: new TOTP({ secret }).generate() });
  const next = await other.good('POST', '/api/session', { name: 'ada', password: goodPassword });
  const shown = { attempt: next.attempt, code: '000000' };
  await other.problem('unauthenticated', 'POST', '/api/session/second-factor', shown);
  await ada.good('DELETE', '/api/factors/totp');
  await ada.good('POST', '/api/session/password', { old: goodPassword, new: 'another good password' });
  await ada.good('POST', '/api/tokens', { title: 'laptop' });
  const items = (await told(hub)).slice(start);
  assert.deepEqual(
    items.map(({ account, what, subject, result, means }) => [account, what, subject, result, means]),
    [
      ['ada', 'session create', 'ada', 'failed', ''],
      ['', 'session create', null, 'failed', ''],
      ['ada', 'session create', 'ada', 'done', 'password'],
      ['ada', 'session confirm', 'ada', 'failed', 'session 1'],
      ['ada', 'session confirm', 'ada', 'done', 'session 1'],
      ['ada', 'totp begin', 'ada', 'done', 'session 1'],
      ['ada', 'totp create', 'ada', 'done', 'session 1'],
      ['ada', 'session create', 'ada', 'done', 'password'],
      ['ada', 'session second-factor', 'ada', 'failed', ''],
      ['ada', 'totp delete', 'ada', 'done', 'session 1'],
      ['ada', 'password change', 'ada', 'done', 'session 1'],
      ['ada', 'token create', 'laptop', 'done', 'session 1'],
    ],
  );
  assert.deepEqual([items[0].address, items[7].details.next], ['192.0.2.9', 'totp']);
  const first = (await told(hub)).slice(0, start);
  assert.deepEqual(
    first.map(({ account, what, subject }) => [account, what, subject]),
    [
      ['local', 'account create', 'ada'],
      ['ada', 'invitation accept', 'ada'],
    ],
  );
});

test('a sign-in that cannot be told does not happen', async (t) => {
  const hub = await testHub(t);
  await invited(hub, 'ada');
  const { db } = hub.hub.database;
  await sql`alter table audit add check (what <> 'session create') not valid`.execute(db);
  const { status, response } = await browser(hub).ask('POST', '/api/session', { name: 'ada', password: goodPassword });
  assert.deepEqual([status, response.headers.getSetCookie()], [500, []]);
  assert.equal((await sql`select from session`.execute(db)).rows.length, 1, 'that of the invitation');
});

test('a spreadsheet takes nothing in the export for a formula, however it is disguised', async (t) => {
  const hub = await testHub(t);
  const bad = ['=1+1', '+1', '-1', '@x', '\t=1', '\r=1', ' =1', '\u00a0=1', '\uff1d1', '"=1', ';=1', 'a\r\n=1'];
  for (const account of bad)
    await audit(hub.hub.database.db, {
      actor: { accountId: null, account, address: '', means: '' },
      what: 'x',
      result: 'failed',
    });
  const csv = await (await hub.app.request('/api/audit/export', {}, { local: true })).text();
  const lines = csv.trimEnd().split('\r\n');
  assert.equal(lines.length, bad.length + 1);
  for (const line of lines.slice(1)) assert.match(line.split(',')[2] ?? '', /^"?(?:'|a)/, line);
});
