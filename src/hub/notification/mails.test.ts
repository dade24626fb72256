import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { endsBadly, later, refusal, tell, tellingHub, tokenOf, told } from '../../../tests/kit/happenings.ts';
import type { TestHub } from '../../../tests/kit/hub.ts';
import { until } from '../../../tests/kit/machines.ts';
import { type MailServer, mailServer, useMailServer } from '../../../tests/kit/mail-server.ts';
import { systemClock } from '../../model/clock.ts';
import { advanceBatch } from '../batch-run.ts';
import { requeueLost } from '../lost-tasks.ts';
import { runNotifications } from './deliver.ts';
import { claimMail } from './outbox.ts';

async function mailing(t: TestContext): Promise<{ readonly hub: TestHub; readonly server: MailServer }> {
  const [hub, server] = [await tellingHub(t), await mailServer(t)];
  await useMailServer(hub, server);
  return { hub, server };
}
const sentTo = ({ mails }: MailServer): readonly string[] => mails.flatMap(({ to }) => to).toSorted();

test('a failed task is told to who has a role for its client: what went wrong, what to do, and where it stands', async (t) => {
  const { hub, server } = await mailing(t);
  await hub.good('PATCH', '/api/settings/hub.address', { value: 'https://panel.example.com' });
  const task = await endsBadly(hub, 'acme.example.com');
  await tell(hub);
  const [mail, ...others] = server.mails;
  assert.ok(mail);
  assert.deepEqual([mail.to, mail.from, others.length], [['ada@example.com'], 'aegir@example.com', 0]);
  assert.ok(mail.headers.includes('Subject: [Aegir] site verify failed on acme.example.com'), mail.headers.join('\n'));
  assert.ok(mail.headers.includes('Auto-Submitted: auto-generated'));
  for (const form of [mail.text, mail.html])
    for (const words of [refusal.message, refusal.hint ?? '', 'exit code 1', `https://panel.example.com/tasks/${task}`])
      assert.ok(form.includes(words), words);
  await tell(hub);
  assert.equal(server.mails.length, 1);
  const [row] = await told(hub, '?account=ada');
  assert.deepEqual([row.kind, row.task, row.way, row.status, row.attempts], ['task failed', task, 'mail', 'sent', 1]);
});

test('a stuck task is told to administrators; what was cancelled, or only tried out, to nobody', async (t) => {
  const { hub, server } = await mailing(t);
  await endsBadly(hub, 'umbra.example.com', { status: 'cancelled' });
  await endsBadly(hub, 'umbra.example.com', { dryRun: true });
  await tell(hub);
  assert.deepEqual(sentTo(server), []);
  await endsBadly(hub, 'acme.example.com', { status: 'stuck' });
  await tell(hub);
  assert.deepEqual(sentTo(server), ['boss@example.com']);
  // And so is one whose workers were lost too often.
  const { task } = await hub.good('POST', '/api/sites/umbra.example.com/tasks', { name: 'site verify' });
  await sql`
    update task set status = 'running', worker = 'w1', attempt = attempts_max, heartbeat_at = now() - interval '1 hour'
    where id = ${task.id}`.execute(hub.hub.database.db);
  await requeueLost(hub.hub.database.db);
  await tell(hub);
  assert.match(server.mails[1]?.text ?? '', /its worker was lost 5 times/);
});

test('each account chooses, and reads of nothing that it may not see', async (t) => {
  const { hub, server } = await mailing(t);
  const [ada, eve, boss] = await Promise.all(['ada', 'eve', 'boss'].map((name) => tokenOf(hub, name)));
  const choose = (who: object | undefined, mail: string) =>
    hub.good('PATCH', '/api/notification-choices', { kind: 'task failed', mail }, who);
  await choose(ada, 'never');
  await choose(eve, 'always');
  await choose(boss, 'always');
  await endsBadly(hub, 'acme.example.com');
  await tell(hub);
  assert.deepEqual(sentTo(server), ['boss@example.com']);
  assert.equal((await hub.good('GET', '/api/notifications', undefined, eve)).total, 0);
  const { items, email } = await choose(ada, 'default');
  assert.deepEqual([email, items[0].kind, items[0].mail], ['ada@example.com', 'task failed', 'default']);
  await hub.problem('invalid', 'PATCH', '/api/notification-choices', { kind: 'rain', mail: 'never' }, ada);
  await hub.problem('not-found', 'PATCH', '/api/notification-choices', { kind: 'task failed', account: 'ada' }, eve);
});

test('rights that are gone before it is sent, a lock and a deleted account keep it from being sent', async (t) => {
  const { hub, server } = await mailing(t);
  const { db } = hub.hub.database;
  await hub.good('POST', '/api/accounts', { name: 'bob', email: 'bob@example.com', role: 'client', client: 'acme' });
  await hub.good('POST', '/api/accounts', { name: 'cleo', email: 'cleo@example.com', role: 'client', client: 'acme' });
  await endsBadly(hub, 'acme.example.com');
  // Laid into the outbox, while the mail server is away.
  server.refuse = { at: 'DATA', code: 451 };
  await tell(hub);
  server.refuse = null;
  assert.equal((await told(hub, '?status=waiting')).length, 3);
  await sql`delete from membership where account_id = (select id from account where name = 'ada')`.execute(db);
  await hub.good('PATCH', '/api/accounts/bob', { status: 'locked' });
  await hub.good('DELETE', '/api/accounts/cleo');
  await later(hub, 10);
  await tell(hub);
  assert.deepEqual([sentTo(server), (await told(hub)).length], [[], 0]);
});

test('a mail that is not taken is sent again later, and then not for ever; one whose address is refused is not', async (t) => {
  const { hub, server } = await mailing(t);
  await endsBadly(hub, 'acme.example.com');
  server.refuse = { at: 'DATA', code: 451 };
  await tell(hub);
  await tell(hub);
  const [waiting] = await told(hub);
  assert.deepEqual([waiting.status, waiting.attempts], ['waiting', 1]);
  assert.match(waiting.problem.message, /did not take the mail/);
  server.refuse = null;
  await later(hub, 10);
  await tell(hub);
  assert.equal(server.mails.length, 1);
  server.refuse = { at: 'RCPT', code: 550 };
  await endsBadly(hub, 'acme.example.com');
  await tell(hub);
  assert.deepEqual((await told(hub)).map(({ status, attempts }) => [status, attempts])[0], ['failed', 1]);
  server.refuse = { at: 'DATA', code: 451 };
  await endsBadly(hub, 'acme.example.com');
  for (let attempt = 0; attempt < 12; attempt += 1) {
    await tell(hub);
    await later(hub, 100_000);
  }
  assert.deepEqual((await told(hub)).map(({ status, attempts }) => [status, attempts])[0], ['failed', 10]);
});

test('a hub that dies between sending and saying so sends it again, under the same id', async (t) => {
  const { hub, server } = await mailing(t);
  const { db } = hub.hub.database;
  await endsBadly(hub, 'acme.example.com');
  await tell(hub);
  await sql`update notification set status = 'waiting', mail_id = null, ended_at = null, leased_until = now() + interval '2 minutes'`.execute(
    db,
  );
  await tell(hub);
  assert.equal(server.mails.length, 1);
  await later(hub, 121);
  await tell(hub);
  assert.equal(server.mails.length, 2);
  const ids = server.mails.map(({ headers }) => headers.find((line) => line.startsWith('Message-ID')));
  assert.ok(ids[0]);
  assert.equal(ids[0], ids[1]);
});

test('of two hubs one sends, and many failures at once are one mail', async (t) => {
  const { hub, server } = await mailing(t);
  const { db } = hub.hub.database;
  for (let count = 0; count < 40; count += 1) await endsBadly(hub, 'acme.example.com');
  await tell(hub);
  assert.equal(server.mails.length, 0, 'they are collected for a minute');
  await later(hub, 60);
  await Promise.all([tell(hub), tell(hub), tell(hub)]);
  const [digest, ...others] = server.mails;
  assert.equal(others.length, 0);
  assert.ok(digest);
  assert.ok(digest.headers.includes('Subject: [Aegir] 40 things to look at'));
  assert.equal(digest.text.split('site verify failed on acme.example.com').length, 41);
  // What comes then is told alone, up to five, and then collected until ten minutes are over.
  for (let count = 0; count < 6; count += 1) {
    await endsBadly(hub, 'acme.example.com');
    await tell(hub);
  }
  assert.equal(server.mails.length, 5);
  await later(hub, 61);
  await tell(hub);
  assert.equal(server.mails.length, 5);
  await later(hub, 540);
  await tell(hub);
  assert.equal(server.mails.length, 7);
  // Nor is one each minute so many mails: at most six in ten minutes.
  const before = server.mails.length;
  await later(hub, 601);
  for (let minute = 0; minute < 10; minute += 1) {
    await endsBadly(hub, 'acme.example.com');
    await later(hub, 60);
    await tell(hub);
  }
  assert.equal(server.mails.length - before, 6);
  await later(hub, 601);
  await tell(hub);
  assert.equal(await claimMail(db), null);
  assert.equal((await told(hub, '?status=waiting')).length, 0);
});

test('a batch that ended with failures is told to who asked for it and to who has all of its sites', async (t) => {
  const { hub, server } = await mailing(t);
  const boss = await tokenOf(hub, 'boss');
  const wanted = { name: 'site verify', sites: ['acme.example.com'], canary: 0 };
  const { batch } = await hub.good('POST', '/api/batches', wanted, boss);
  await advanceBatch(hub.hub, batch.id);
  const problem = JSON.stringify(refusal);
  await sql`update task set status = 'failed', ended_at = now(), problem = ${problem}::jsonb`.execute(
    hub.hub.database.db,
  );
  await advanceBatch(hub.hub, batch.id);
  await tell(hub);
  assert.deepEqual(sentTo(server), ['ada@example.com', 'boss@example.com']);
  const text = server.mails[0]?.text ?? '';
  assert.match(text, /1 of 1 sites failed \(site verify\): acme\.example\.com/);
  assert.match(text, /acme\.example\.com: nginx refused/);
  assert.ok(text.includes(`aegir batch retry ${batch.id}`) && text.includes(`/batches/${batch.id}`));
});

test('HTML in names and problems is text, and no header can be made of them', async (t) => {
  const { hub, server } = await mailing(t);
  const evil = '<img src=x onerror=alert(1)>\r\nBcc: victim@example.com\r\n\r\n"quoted" \u202Eabc \u001b[2J';
  const task = await endsBadly(hub, 'acme.example.com', {
    problem: { code: 'bug', message: evil, hint: '</p><script>alert(2)</script>', causes: [`<b>${evil}</b>`] },
  });
  await sql`update task set subject_name = ${evil} where id = ${task}`.execute(hub.hub.database.db);
  await tell(hub);
  const [mail] = server.mails;
  assert.ok(mail);
  assert.deepEqual(mail.to, ['ada@example.com']);
  assert.equal(
    mail.headers.some((line) => /^bcc:/i.test(line)),
    false,
  );
  const subject = mail.headers.find((line) => line.startsWith('Subject:')) ?? '';
  assert.match(subject, /^Subject: =\?UTF-8\?Q\?=5BAegir=5D_site_verify.*victim=40example/);
  assert.doesNotMatch(mail.html, /<img|<script|<b>/);
  assert.match(mail.html, /&lt;img src=x onerror=alert\(1\)&gt;/);
  for (const unfit of ['\u202E', '\u001b']) assert.equal(mail.text.includes(unfit), false, unfit);
});

test('a test says at once what became of it, and cannot be sent again and again', async (t) => {
  const { hub, server } = await mailing(t);
  const ada = await tokenOf(hub, 'ada');
  const { items } = await hub.good('POST', '/api/notifications/test', {}, ada);
  assert.deepEqual([items.length, items[0].status, items[0].way, items[0].kind], [1, 'sent', 'mail', 'test']);
  assert.match(server.mails[0]?.text ?? '', /they reach you/);
  await hub.good('PATCH', '/api/settings/mail.password', { value: 'a wrong one' });
  const refused = (await hub.good('POST', '/api/notifications/test', {}, ada)).items[0];
  assert.equal(refused.status, 'failed');
  assert.match(refused.problem.message, /does not let the hub in/);
  assert.match(refused.problem.hint, /mail\.password/);
  for (let count = 0; count < 3; count += 1) await hub.good('POST', '/api/notifications/test', {}, ada);
  const { retryAfterMs } = await hub.problem('throttled', 'POST', '/api/notifications/test', {}, ada);
  assert.ok(retryAfterMs > 0 && retryAfterMs <= 600_000);
  await hub.problem('invalid', 'POST', '/api/notifications/test', {});
  await hub.good('PATCH', '/api/settings/mail.smtp', { value: null });
  await hub.problem('wrong-status', 'POST', '/api/notifications/test', { account: 'eve' });
  assert.equal(server.mails.length, 1);
});

test('nothing is sent that others could read, and no password goes to a server that was set by somebody else', async (t) => {
  const { hub, server } = await mailing(t);
  for (const value of [
    { host: 'mail.example.com', tls: 'none', user: 'aegir', from: 'a@example.com' },
    { host: 'mail.example.com', from: 'a@example.com\r\nBcc: b@example.com' },
    { host: 'mail example.com', from: 'a@example.com' },
  ])
    await hub.problem('invalid', 'PATCH', '/api/settings/mail.smtp', { value });
  await useMailServer(hub, server, { tls: 'starttls' });
  const noTls = (await hub.good('POST', '/api/notifications/test', { account: 'ada' })).items[0];
  await useMailServer(hub, await mailServer(t, { encrypts: true }), { tls: 'starttls' });
  const untrusted = (await hub.good('POST', '/api/notifications/test', { account: 'ada' })).items[0];
  assert.deepEqual([noTls.status, untrusted.status, server.mails.length], ['failed', 'failed', 0]);
  assert.match(untrusted.problem.causes.join(), /certificate/);
  await hub.good('POST', '/api/roles', { name: 'operator', permissions: ['hub read', 'hub change'] });
  await hub.good('POST', '/api/accounts', { name: 'olga', role: 'operator' });
  const olga = await tokenOf(hub, 'olga');
  await hub.problem('forbidden', 'PATCH', '/api/settings/mail.smtp', { value: null }, olga);
  assert.equal(
    (await hub.good('GET', '/api/settings')).items.find(({ name }: { name: string }) => name === 'mail.password').value,
    '••••',
  );
});

test('a running hub tells at once', async (t) => {
  const { hub, server } = await mailing(t);
  const stop = new AbortController();
  const running = runNotifications(hub.hub, systemClock, stop.signal);
  await endsBadly(hub, 'acme.example.com');
  await until(async () => server.mails.length === 1);
  stop.abort();
  await running;
  assert.deepEqual(hub.bugs, []);
});
