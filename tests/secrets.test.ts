import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { unseal } from '../src/hub/seal.ts';
import { serviceSecrets, siteSecret, taskSecret } from '../src/hub/site-secrets.ts';
import { simulatedDrupal } from '../src/simulation/code.ts';
import { mariadbIsDown } from '../src/simulation/mariadb.ts';
import { type HubWithWorker, hubWithWorker, installedSite, platformRoot, verifiedFarm } from './kit/hub-with-worker.ts';
import { everythingIn, kinds, titleOf } from './kit/looks.ts';

for (const kind of kinds) {
  test(`a login link is told by its endpoint and nowhere else, on ${titleOf(kind)}`, async (t) => {
    const farm = await verifiedFarm(t, kind);
    const { call, done, database, hub } = farm;
    await installedSite(farm, 'example.com');
    const first = await call('site login-link', { params: { name: 'example.com' }, query: {} });
    assert.match(first.link, /^http:\/\/example\.com\//);
    const { task } = await call('site task', { params: { name: 'example.com' }, body: { name: 'site login' } });
    const ended = await done(task);
    const { link, task: of } = await call('site login-link', { params: { name: 'example.com' }, query: {} });
    assert.equal(of, task.id);
    const path = new URL(link).pathname;
    assert.ok(!JSON.stringify(ended).includes(path));
    assert.ok(!(await everythingIn(farm)).includes(path));
    const { rows } = await sql<{ sealed: Buffer }>`select sealed from task_secret where task_id = ${task.id}`.execute(
      database.db,
    );
    const [row] = rows;
    assert.ok(row);
    assert.equal(unseal(hub.sealKey, row.sealed, taskSecret(task.id, 'loginLink')).reveal(), link);
  });
}

test('no secret of a site or a service stands in any event, row, answer or argument', async (t) => {
  const farm = await hubWithWorker(t);
  const { call, world, done, database, hub } = farm;
  simulatedDrupal(world, platformRoot);
  const password = 'pa55-of-the-database-service';
  const services = [
    { type: 'http', engine: 'nginx' },
    { type: 'db', engine: 'mysql', options: { user: 'aegir', password } },
  ];
  const server = await call('server create', { body: { name: 'master', services } });
  await done(server.task);
  await done((await call('platform create', { body: { name: 'p1', root: platformRoot } })).task);
  const installed = await installedSite(farm, 'example.com');
  // One that fails is told of in the most words.
  world.put(mariadbIsDown, '');
  const failing = await call('site task', { params: { name: 'example.com' }, body: { name: 'site verify' } });
  assert.equal((await farm.waitFor(failing.task)).status, 'failed');

  const secrets = await secretsOf(farm, installed.task.subject.id);
  assert.equal(secrets.length, 4);
  assert.ok(secrets.includes(password));
  const all = await everythingIn(farm);
  for (const secret of secrets)
    for (const form of [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64')])
      assert.ok(!all.includes(form), 'a secret is in the open');
  const { rows } = await sql<{
    id: string;
    secrets: Buffer;
  }>`select id, secrets from service where secrets is not null`.execute(database.db);
  const [row] = rows;
  assert.ok(row);
  assert.match(unseal(hub.sealKey, row.secrets, serviceSecrets(row.id)).reveal(), /pa55/);
  assert.ok(world.snapshot().includes(secrets[0] ?? ''), 'the web server has it, or nothing was looked at');
});

/** The site's database password, salt and cron key, and the password of the service. */
async function secretsOf({ database, hub }: HubWithWorker, site: string): Promise<readonly string[]> {
  const { rows } = await sql<{ dbPassword: Buffer; hashSalt: Buffer; cronKey: Buffer }>`
    select db_password, hash_salt, cron_key from site where id = ${site}`.execute(database.db);
  const [row] = rows;
  assert.ok(row);
  return [
    unseal(hub.sealKey, row.dbPassword, siteSecret('db_password', site)).reveal(),
    unseal(hub.sealKey, row.hashSalt, siteSecret('hash_salt', site)).reveal(),
    unseal(hub.sealKey, row.cronKey, siteSecret('cron_key', site)).reveal(),
    'pa55-of-the-database-service',
  ];
}
