import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { one, other, agentWorld as world } from '../../../tests/kit/agent-world.ts';
import type { TestHub } from '../../../tests/kit/hub.ts';
import { taskTypes } from '../../tasks/task-types.ts';
import { requeueLost } from '../lost-tasks.ts';
import { claimTask } from '../queue.ts';

const ask = async ({ good }: TestHub, site: string, name: string, args: object = {}): Promise<string> =>
  (await good('POST', `/api/sites/${site}/tasks`, { name, args })).task.id;

test('an agent gets what lies wholly on its server, and no task that needs another one or is the hub’s own', async (t) => {
  const made = await world(t);
  const { db } = made.hub.database;
  const agentServers = async (): Promise<Readonly<Record<string, string | null>>> => {
    const { rows } = await sql<{ name: string; server: string | null }>`
      select task.name, server.name as server from task left join server on server.id = agent_server(task)`.execute(db);
    return Object.fromEntries(rows.map(({ name, server }) => [name, server]));
  };
  const [{ subject = '', backup = '', platform = '', server = '' } = {}] = (
    await sql<{ subject: string; backup: string; platform: string; server: string }>`
      with kept as (insert into backup (name, site_id, site_name, server_id, service_id, engine, reason)
        select 'b', site.id, site.name, service.server_id, service.id, 'archive', 'request'
        from site, service where site.name = 's2.example.com' and service.type = 'backup' returning id)
      select site.id as subject, kept.id as backup, platform.id as platform, platform.server_id as server
      from site join platform on platform.id = site.platform_id, kept where site.name = 's2.example.com'`.execute(db)
  ).rows;
  const subjects: Readonly<Record<string, string>> = { site: subject, backup, platform, server, certificate: '1' };
  const add = async (): Promise<void> => {
    await sql`delete from task`.execute(db);
    for (const { name, noun } of taskTypes)
      await sql`
        insert into task (name, subject_type, subject_id, subject_name, locks, timeout_ms, args)
        values (${name}, ${noun}, ${subjects[noun]}, 'x', '{}', 1000,
                jsonb_build_object('source', ${subject}::text, 'backup', ${backup}::text))`.execute(db);
  };
  await add();
  const hubs = ['server verify', 'certificate obtain', 'backup import', 'backup export'];
  const own = Object.fromEntries(taskTypes.map(({ name }) => [name, hubs.includes(name) ? null : 'web2']));
  assert.deepEqual(await agentServers(), own);
  // A plug-in's task, and an engine that nobody here knows.
  await sql`insert into task (name, subject_type, subject_id, subject_name, locks, timeout_ms) values
    ('site polish', 'site', ${subject}, 'x', '{}', 1000)`.execute(db);
  assert.equal((await agentServers())['site polish'], null);
  const isNoSiteTask = (name: string): boolean => !name.startsWith('site ') && name !== 'backup test';
  const onlyOthers = Object.fromEntries(taskTypes.map(({ name }) => [name, isNoSiteTask(name) ? own[name] : null]));
  const elsewhere = {
    'its database': sql`update site set db_service_id = (select service.id from service join server on server.id = server_id
      where type = 'db' and server.name = 'master') where id = ${subject}`,
    'a record of its DNS': sql`insert into dns_record (site_id, service_id, name) select ${subject}, service.id, 'x.example.com'
      from service join server on server.id = server_id where type = 'db' and server.name = 'master'`,
    'its DNS': sql`update site set dns_service_id = (select service.id from service join server on server.id = server_id
      where type = 'http' and server.name = 'master') where id = ${subject}`,
  };
  for (const [what, change] of Object.entries(elsewhere)) {
    await add();
    await db
      .transaction()
      .execute(async (tx) => {
        await change.execute(tx);
        const { rows } = await sql<{ name: string; server: string | null }>`
          select task.name, server.name as server from task left join server on server.id = agent_server(task)`.execute(
          tx,
        );
        assert.deepEqual(Object.fromEntries(rows.map(({ name, server }) => [name, server])), onlyOthers, what);
        throw new Error('as it was');
      })
      .catch((error: Error) => assert.equal(error.message, 'as it was', error.message));
  }
  await add();
  await sql`update service set engine = 'cluster' where type = 'http'`.execute(db);
  assert.ok(
    Object.entries(await agentServers()).every(([name, server]) => server === null || name.startsWith('backup ')),
  );
});

test('an agent is good for its own server only, and a worker of the hub leaves to it what it may do', async (t) => {
  const made = await world(t);
  const { db } = made.hub.database;
  const [master, web2] = [await made.enrol('master'), await made.enrol('web2')];
  const first = await ask(made, 's1.example.com', 'site verify');
  assert.equal(await made.claim(web2), null);
  // The agent of web2 lives; that of master has not been heard of.
  assert.equal((await claimTask(db, 'w1'))?.taskId, first);
  await ask(made, 's2.example.com', 'site verify');
  assert.equal(await claimTask(db, 'w1'), undefined);
  await sql`update task set run_at = now() - interval '31 seconds'`.execute(db);
  assert.ok(await claimTask(db, 'w1'), 'an agent that takes nothing is helped');
  assert.equal(await made.claim(master), null);
  await made.good('POST', '/api/servers/master/tasks', { name: 'server verify' });
  assert.equal(await made.claim(master), null);
});

test('how many tasks a server has at once holds over workers and agents together', async (t) => {
  const made = await world(t);
  const { db } = made.hub.database;
  await made.good('PATCH', '/api/servers/web2', { tasksMax: 1 });
  await sql`delete from task`.execute(db);
  const web2 = await made.enrol('web2');
  const first = await ask(made, 's2.example.com', 'site verify');
  await made.good('POST', '/api/platforms/p2/tasks', { name: 'platform verify' });
  assert.equal((await claimTask(db, 'w1'))?.taskId, first);
  assert.equal(await made.claim(web2), null);
});

test('a hostile agent writes nothing of what it does not hold, under whatever name, number or attempt', async (t) => {
  const made = await world(t);
  const { db } = made.hub.database;
  const { say, claim } = made;
  const [master, web2] = [await made.enrol('master'), await made.enrol('web2')];
  const theirs = await ask(made, 's2.example.com', 'site verify');
  const held = await claim(web2, other);
  assert.equal(held.taskId, theirs);
  const mine = await ask(made, 's1.example.com', 'site verify');
  const own = await claim(master);
  assert.equal(own.taskId, mine);
  const note = { type: 'note', level: 'info', text: 'forged' };
  const done = { seq: 1, ending: { status: 'done', result: {} }, outcome: { site: { status: 'deleted' } } };
  const words: Readonly<Record<string, object>> = {
    ...{ log: {}, beat: {}, append: { first: 1, events: [note] }, rows: { what: 'site', id: held.subjectId } },
    ...{ record: { found: { site: { profile: 'forged' } } }, end: done },
  };
  for (const [word, more] of Object.entries(words))
    for (const instance of [one, other])
      for (const attempt of [0, 1, 2]) {
        const { status, body } = await say(master, `tasks/${theirs}/${word}`, { instance, attempt, ...more });
        assert.deepEqual([status, body.code], [500, 'lost'], `${word} ${instance} ${attempt}`);
      }
  // Its own task, of an attempt that it has not got.
  for (const [word, more] of Object.entries(words))
    assert.equal(
      (await say(master, `tasks/${mine}/${word}`, { instance: one, attempt: 2, ...more })).body.code,
      'lost',
    );
  const with_ = (more: object) => ({ instance: one, attempt: 1, ...more });
  const refused: readonly (readonly [string, string, object])[] = [
    ['forbidden', 'rows', { what: 'site', id: held.subjectId }],
    ['forbidden', 'rows', { what: 'platform', id: '1' }],
    ['forbidden', 'rows', { what: 'backup', id: '1' }],
    ['invalid', 'rows', { what: 'server', id: '1' }],
    ['invalid', 'rows', { what: 'certificate', id: '1' }],
    ['forbidden', 'record', { found: { platform: { root: '/etc' } } }],
    ['forbidden', 'record', { found: { backup: { id: '1', status: 'deleted' } } }],
    ['forbidden', 'record', { found: { site: { records: [{ service: '1', name: 'bank.example.com' }] } } }],
    ['invalid', 'record', { found: { server: { hostKeys: ['ssh-ed25519 AAAA'] } } }],
    ['invalid', 'record', { found: { certificate: { id: '1' } } }],
    ['forbidden', 'end', { ...done, outcome: { platform: { status: 'deleted' } } }],
    ['forbidden', 'end', { ...done, outcome: { backup: { status: 'deleted' } } }],
    ['invalid', 'end', { ...done, outcome: { server: { status: 'locked' } } }],
    ['invalid', 'append', { first: 1, events: [{ type: 'task.done', result: {} }] }],
    ['invalid', 'append', { first: 0, events: [note] }],
    ['invalid', 'keep', { name: 'other', secret: 'x' }],
  ];
  for (const [code, word, more] of refused)
    assert.equal((await say(master, `tasks/${mine}/${word}`, with_(more))).body.code, code, JSON.stringify(more));
  const { rows } = await sql<{
    n: number;
  }>`select count(*)::int as n from event where data ->> 'type' <> 'task.lost'`.execute(db);
  assert.equal(rows[0]?.n, 0);
  const { rows: sites } = await sql<{
    status: string;
    profile: string;
  }>`select distinct status, profile from site`.execute(db);
  assert.deepEqual(sites, [{ status: 'enabled', profile: 'standard' }]);
});

test('what it says again is written once, also the end; what is its no more is not written', async (t) => {
  const made = await world(t);
  const { say, claim } = made;
  const { db } = made.hub.database;
  const master = await made.enrol('master');
  const task = await ask(made, 's1.example.com', 'site verify');
  assert.equal((await claim(master)).attempt, 1);
  // The answer was lost: it is given again, and what belonged to the first one is not taken any more.
  assert.deepEqual(await claim(master).then(({ taskId, attempt }) => [taskId, attempt]), [task, 2]);
  assert.equal(await claim(master, one, [task]), null);
  const tell = (word: string, more: object, attempt = 2) =>
    say(master, `tasks/${task}/${word}`, { instance: one, attempt, ...more });
  const events = [{ type: 'check.done' }, { type: 'step.started', step: 'a' }];
  assert.equal((await tell('append', { first: 1, events }, 1)).body.code, 'lost');
  for (let times = 0; times < 3; times++) assert.equal((await tell('append', { first: 1, events })).status, 200);
  const end = { seq: 3, ending: { status: 'done', result: {} }, outcome: { site: { verified: true } } };
  for (let times = 0; times < 3; times++) assert.equal((await tell('end', end)).status, 200);
  assert.equal((await tell('append', { first: 4, events })).body.code, 'lost');
  assert.equal((await tell('rows', { what: 'site', id: '1' })).body.code, 'lost');
  const { rows } = await sql<{ seq: number; type: string }>`
    select seq, data ->> 'type' as type from event where task_id = ${task} order by seq`.execute(db);
  assert.deepEqual(
    rows.map(({ seq, type }) => `${seq} ${type}`),
    ['1 check.done', '2 step.started', '3 task.done'],
  );
});

test('rows have the secrets of the task’s own site and server; the log and the audit have none', async (t) => {
  const made = await world(t);
  const { say, claim, enrol } = made;
  const { db } = made.hub.database;
  await made.good('PATCH', '/api/servers/web2/services/db', { options: { password: 'of web2' } });
  await sql`delete from task`.execute(db);
  const web2 = await enrol('web2');
  await ask(made, 's2.example.com', 'site verify');
  const { taskId, subjectId } = await claim(web2);
  const { body } = await say(web2, `tasks/${taskId}/rows`, { instance: one, attempt: 1, what: 'site', id: subjectId });
  const paths = body.secrets.map(({ path }: { path: string[] }) => path.join('.'));
  assert.deepEqual(paths.toSorted(), [
    ...['db.secrets.password', 'site.cronKey', 'site.database.password', 'site.hashSalt'],
  ]);
  assert.ok(body.secrets.some(({ text }: { text: string }) => text === 'of web2'));
  const { rows } = await sql<{ text: string }>`select audit::text as text from audit`.execute(db);
  assert.ok(rows.every(({ text }) => !text.includes(web2)));
});

test('without a good credential nothing is answered, nor with more than is allowed; an account’s token is none', async (t) => {
  const made = await world(t);
  const { say, good, hub } = made;
  const web2 = await made.enrol('web2');
  const { token } = await good('POST', '/api/tokens', {});
  for (const credential of ['', 'x', token, `${web2.slice(0, -1)}_`, web2.toUpperCase()])
    assert.equal((await say(credential, 'claim', {})).status, 401, credential);
  assert.equal((await made.ask('GET', '/api/sites', undefined, { token: web2 })).status, 401);
  const body = { instance: one, edition: 'another', holds: [], waiting: null, waitMs: 0 };
  const different = await say(web2, 'claim', body);
  assert.deepEqual([different.status, different.body.code], [409, 'conflict']);
  assert.equal((await say(web2, 'claim', {}, 'x'.repeat(20_000))).status, 413);
  const deep = JSON.stringify({ value: { instance: one }, secrets: [] }).replace(
    '{"instance',
    `${'['.repeat(1e5)}{"instance`,
  );
  assert.equal((await say(web2, 'tasks/1/append', {}, deep)).status, 422);
  const path = { value: { instance: null }, secrets: [{ path: ['__proto__', 'polluted'], text: 'x' }] };
  assert.equal((await say(web2, 'leave', {}, JSON.stringify(path))).status, 422);
  let last = 401;
  for (let times = 0; times < 40 && last === 401; times++) last = (await say('x', 'claim', {})).status;
  assert.equal(last, 429);
  assert.equal((await say(web2, 'leave', { instance: one })).status, 200, 'others wait for nothing');
  const { items } = await good('GET', '/api/agents?server=web2');
  await good('DELETE', `/api/agents/${items[0].id}`);
  assert.equal((await say(web2, 'leave', { instance: one })).status, 429, 'it is as unknown as the others');
  await made.problem('invalid', 'POST', '/api/servers/local/agents').catch(() => undefined);
  await sql`update server set host = 'localhost' where name = 'master'`.execute(hub.database.db);
  await made.problem('invalid', 'POST', '/api/servers/master/agents');
});

test('what an agent held goes on with another when it is silent, and at once when it says goodbye', async (t) => {
  const made = await world(t);
  const { db } = made.hub.database;
  const web2 = await made.enrol('web2');
  const task = await ask(made, 's2.example.com', 'site verify');
  await made.claim(web2);
  await sql`update task set heartbeat_at = now() - interval '11 seconds'`.execute(db);
  const [second] = [await made.claim(web2, other)];
  assert.deepEqual([second.taskId, second.attempt], [task, 2]);
  assert.equal((await made.say(web2, 'leave', { instance: other })).status, 200);
  assert.equal((await made.say(web2, 'leave', { instance: one })).status, 200);
  assert.deepEqual(await requeueLost(db), { requeued: 0, stuck: 0 });
  const third = await claimTask(db, 'w1');
  assert.deepEqual([third?.taskId, third?.attempt], [task, 3]);
});
