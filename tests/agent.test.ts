import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { type FarmWithAgents, farmWithAgents } from './kit/agent.ts';
import { installedSite, type TaskEnding } from './kit/hub-with-worker.ts';
import { until } from './kit/machines.ts';

const kind = { http: 'nginx', db: 'mysql', application: 'drupal' } as const;

const workersOf = ({ events }: TaskEnding): readonly string[] =>
  events.flatMap((event) => (event.type === 'task.started' ? [event.worker.replace(/-[0-9a-f]{6,}$/, '')] : []));

const agentLives = ({ database }: FarmWithAgents) =>
  until(async () => {
    const { rows } = await sql`select from worker where agent_id is not null`.execute(database.db);
    return rows.length > 0;
  });

async function withAgent(t: TestContext): Promise<FarmWithAgents> {
  const farm = await farmWithAgents(t, kind);
  farm.agent();
  await agentLives(farm);
  return farm;
}

test('the agent of a server does what is asked of its sites, with hands of its own and the same outcome', async (t) => {
  const farm = await withAgent(t);
  const acts = new Set<string>();
  farm.before = ({ worker }) => void acts.add(worker);
  const name = 'a.example.com';
  const installed = await installedSite(farm, name);
  assert.deepEqual(workersOf(installed), ['agent-master-1']);
  const link = await farm.done((await farm.call('site task', { params: { name }, body: { name: 'site login' } })).task);
  assert.deepEqual(workersOf(link), ['agent-master-1']);
  const { link: secret } = await farm.call('site login-link', { params: { name } });
  assert.match(secret, /a\.example\.com/);
  for (const task of ['site verify', 'site backup', 'site disable', 'site enable']) {
    const { task: id } = await farm.call('site task', { params: { name }, body: { name: task } });
    assert.deepEqual(workersOf(await farm.done(id)), ['agent-master-1'], task);
  }
  const renamed = await farm.call('site task', {
    params: { name },
    body: { name: 'site rename', args: { name: 'b.example.com' } },
  });
  assert.deepEqual(workersOf(await farm.done(renamed.task)), ['agent-master-1']);
  const site = await farm.call('site get', { params: { name: 'b.example.com' } });
  assert.equal(site.status, 'enabled');
  const { items } = await farm.call('backup list', {});
  assert.deepEqual(
    items.map(({ status }) => status),
    ['enabled'],
  );
  assert.deepEqual([...acts], ['agent']);
  // Whether the hub reaches a server only the hub can say.
  farm.before = ({ worker }) => void acts.add(worker);
  await sql`update server set host = 'localhost'`.execute(farm.database.db);
  const verified = await farm.done(
    (await farm.call('server task', { params: { name: 'master' }, body: { name: 'server verify' } })).task,
  );
  assert.match(workersOf(verified)[0] ?? '', /^w1/);
});

test('an agent that stops gives back what it has not finished, and a worker of the hub goes on where it was', async (t) => {
  const farm = await farmWithAgents(t, kind);
  const agent = farm.agent();
  await agentLives(farm);
  const reached = Promise.withResolvers<void>();
  farm.before = async ({ worker, what }) => {
    if (worker !== 'agent' || !what.includes('settings.php')) return;
    reached.resolve();
    await new Promise((resolve) => setTimeout(resolve, 200));
  };
  const { task } = await farm.call('site create', { body: { name: 'a.example.com', platform: 'p1' } });
  await reached.promise;
  const began = performance.now();
  await agent.stop();
  const ended = await farm.done(task);
  assert.deepEqual(workersOf(ended).length, 2);
  assert.match(workersOf(ended)[1] ?? '', /^w1/);
  assert.ok(ended.events.some(({ type }) => type === 'task.given-back'));
  assert.ok(performance.now() - began < 8000, 'nobody waited for its lease to end');
  const made = ended.events.flatMap((event) => (event.type === 'step.done' ? [event.step] : []));
  assert.equal(new Set(made).size, made.length, 'no step was done twice');
});

test('a revoked agent is refused at once, and its task goes to another', async (t) => {
  const farm = await withAgent(t);
  const reached = Promise.withResolvers<void>();
  const revoked = Promise.withResolvers<void>();
  farm.before = async ({ worker, what }) => {
    if (worker !== 'agent' || !what.includes('settings.php')) return;
    reached.resolve();
    await revoked.promise;
  };
  const { task } = await farm.call('site create', { body: { name: 'a.example.com', platform: 'p1' } });
  await reached.promise;
  const { items } = await farm.call('agent list', { query: { server: 'master' } });
  assert.deepEqual([items[0]?.processes, items[0]?.revokedAt], [1, null]);
  await farm.call('agent revoke', { params: { agent: items[0]?.id ?? '' } });
  revoked.resolve();
  const ended = await farm.done(task);
  assert.match(workersOf(ended).at(-1) ?? '', /^w1/);
  const refused = await fetch(`${farm.url}/api/agent/claim`, {
    method: 'POST',
    headers: { authorization: `Bearer ${farm.credential}` },
    body: '{}',
  });
  assert.equal(refused.status, 401);
});

test('a task that an agent had taken and that has come to need another server goes to a worker of the hub', async (t) => {
  const farm = await withAgent(t);
  const dns = await farm.call('server create', { body: { name: 'dns1', services: [{ type: 'dns', engine: 'null' }] } });
  await farm.done(dns.task);
  await installedSite(farm, 'a.example.com');
  const { db } = farm.database;
  // As if the condition had been asked a moment before: this one says yes to everything.
  await sql
    .raw(`create or replace function agent_server(t task) returns bigint language sql as
    $$ select case when t.hub_only then null else t.servers[1] end $$`)
    .execute(db);
  await sql`update site set dns_service_id = (select id from service where type = 'dns')`.execute(db);
  const { task } = await farm.call('site task', { params: { name: 'a.example.com' }, body: { name: 'site disable' } });
  const ended = await farm.waitFor(task);
  assert.match(workersOf(ended).at(-1) ?? '', /^w1/);
  assert.ok(ended.events.some(({ type }) => type === 'task.given-back'));
});
