import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { furnished } from '../../tests/kit/hub.ts';
import { claimTask, endTask } from './queue.ts';

test('a server has no more tasks at once than it may, whoever takes them; others are not kept waiting by it', async (t) => {
  const made = await furnished(t);
  const { good, hub } = made;
  const { db } = hub.database;
  await good('POST', '/api/servers', { name: 'other', host: 'other.example.com' });
  for (let number = 1; number <= 6; number++)
    await good('POST', '/api/sites', { name: `s${number}.example.com`, platform: 'd10' });
  await sql`delete from task where subject_type = 'server'`.execute(db);
  const { server } = await good('PATCH', '/api/servers/master', { tasksMax: 2 });
  assert.equal(server.tasksMax, 2);
  await good('POST', '/api/servers/other/tasks', { name: 'server verify' });

  const claims = await Promise.all(Array.from({ length: 12 }, (_, number) => claimTask(db, `w${number % 3}`)));
  for (let more = 0; more < 3; more++) claims.push(await claimTask(db, 'w1'));
  const taken = claims.filter((one) => one !== undefined);
  assert.equal(taken.filter(({ subjectName }) => subjectName !== 'other').length, 2);
  assert.equal(taken.filter(({ subjectName }) => subjectName === 'other').length, 1);

  const ended = taken.find(({ subjectName }) => subjectName !== 'other') ?? assert.fail();
  await db.transaction().execute((tx) => endTask(tx, ended, 'done', { result: null, problem: null }));
  assert.ok(await claimTask(db, 'w1'), 'there is room for one again');
  assert.equal(await claimTask(db, 'w2'), undefined);

  await good('PATCH', '/api/servers/master', { tasksMax: null });
  assert.ok(await claimTask(db, 'w2'), 'there is no limit any more');
});

test('behind another port of ssh it may be another machine, so its host keys are forgotten', async (t) => {
  const { good, problem, hub } = await furnished(t);
  const { server } = await good('POST', '/api/servers', { name: 'web1', host: 'web1.example.com' });
  assert.equal(server.sshPort, 22);
  const path = '/api/servers/web1';
  const pin = (): Promise<unknown> =>
    sql`update server set host_keys = '{ssh-ed25519 AAAA}', host_keys_at = now() where name = 'web1'`.execute(
      hub.database.db,
    );
  const keysAfter = async (body: object): Promise<number> => {
    await pin();
    return (await good('PATCH', path, body)).server.hostKeys.length;
  };
  assert.equal(await keysAfter({ sshPort: 22 }), 1);
  assert.equal(await keysAfter({ sshPort: 2222 }), 0);
  assert.equal(await keysAfter({ sshPort: 2222, title: 'Web' }), 1);
  assert.equal(await keysAfter({ sshPort: null }), 0);
  await problem('invalid', 'PATCH', path, { sshPort: 70_000 });
});

test('who changes only as whom Aegir logs in to a database server has no site verified; an address is another matter', async (t) => {
  const { good } = await furnished(t);
  await good('POST', '/api/sites', { name: 's1.example.com', platform: 'd10' });
  const names = async (options: object): Promise<readonly string[]> => {
    const { tasks } = await good('PATCH', '/api/servers/master/services/db', { options });
    return tasks.map(({ name }: { name: string }) => name);
  };
  assert.deepEqual(await names({ user: 'admin', password: 'another one' }), ['server verify']);
  const all = await names({ port: 3307 });
  assert.ok(!all.includes('platform verify'), 'a platform knows nothing of a database server');
});

test('a server that carries something cannot be deleted, and all of it is said', async (t) => {
  const { good, problem } = await furnished(t);
  await good('POST', '/api/sites', { name: 's1.example.com', platform: 'd10' });
  const { detail } = await problem('in-use', 'DELETE', '/api/servers/master');
  assert.equal(detail, 'server master is used by platform d10, site s1.example.com');
});
