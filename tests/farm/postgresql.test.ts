import assert from 'node:assert/strict';
import { dirname, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { HubWithWorker, TaskEnding } from '../kit/hub-with-worker.ts';
import { copyToHost, onHost, script, tryOnHost } from '../kit/lab.ts';
import { addServer, labHub } from '../kit/lab-hub.ts';

const drupal = process.env['AEGIR_TEST_DRUPAL10'];
const [name, copy] = ['pg.example.com', 'copy.example.com'];

/** PostgreSQL as Debian has it: for its own machine only. */
const asDebianHasIt = `systemctl start postgresql
cd /etc/postgresql/*/main
sed -i '/^host all all .* scram-sha-256 # lab$/d' pg_hba.conf
rm -f conf.d/lab.conf
systemctl restart postgresql`;
/** What an operator does for another machine. */
const letIn = `cd /etc/postgresql/*/main
echo "host all all $1/32 scram-sha-256 # lab" >>pg_hba.conf
echo "listen_addresses = '*'" >conf.d/lab.conf
systemctl restart postgresql`;

async function farmOf(t: TestContext): Promise<HubWithWorker> {
  const farm = await labHub(t, { awayMaxMs: 60_000 });
  for (const host of ['db2', 'web2']) await script(host, asDebianHasIt);
  t.after(() => Promise.all(['db2', 'web2'].map((host) => script(host, asDebianHasIt))));
  await addServer(farm, 'web1', [{ type: 'http', engine: 'nginx' }]);
  const { status, diagnosis } = await addServer(farm, 'db2', [{ type: 'db', engine: 'postgresql' }]);
  assert.equal(status, 'enabled');
  assert.match(JSON.stringify(diagnosis), /"postgresql"/);
  return farm;
}

async function addPlatform({ call, done }: HubWithWorker, platform: string, more: object): Promise<void> {
  const root = `/var/aegir/platforms/${platform}`;
  await done((await call('platform create', { body: { name: platform, server: 'web1', root, ...more } })).task);
}

/** Databases and roles of sites, and what sites have on web1. */
const left = async (host: string): Promise<string> =>
  script(
    host,
    `runuser -u postgres -- psql -XAtqc "select datname from pg_database where datname !~ '^(postgres|template.)$'
       union all select rolname from pg_roles where rolname !~ '^(pg_|postgres$|aegir$)'"`,
  );
const directories = (): Promise<string> =>
  onHost('web1', ['sh', '-c', 'ls /var/aegir/platforms/*/sites | grep example || true']);

async function visit(site: string): Promise<string> {
  const asked = 'curl --silent --max-time 20 --header "Host: $1" http://web1/ | grep -o "<title>[^<]*"';
  return (await tryOnHost('db1', 'sh', '-c', asked, 'sh', site)).stdout.trim();
}

const onSite = async (
  { call, waitFor }: HubWithWorker,
  site: string,
  task: string,
  args: object,
): Promise<TaskEnding> =>
  waitFor((await call('site task', { params: { name: site }, body: { name: task, args } as never })).task);

test('WordPress does not go to a PostgreSQL, be it new or moved, and is told why before anything is changed', async (t) => {
  const farm = await farmOf(t);
  const { call, done } = farm;
  await addServer(farm, 'db1', [{ type: 'db', engine: 'mysql' }]);
  await addPlatform(farm, 'wp', { source: { type: 'debian', package: 'wordpress' } });
  const why = { code: 'invalid', message: /WordPress works with MySQL and MariaDB only, not with pgsql/ };
  await assert.rejects(call('site create', { body: { name, platform: 'wp', dbServer: 'db2' } }), why);
  await done((await call('site create', { body: { name, platform: 'wp', dbServer: 'db1', title: 'Stays' } })).task);
  await assert.rejects(onSite(farm, name, 'site move', { dbServer: 'db2' }), why);
  await assert.rejects(call('site clone', { params: { name }, body: { name: copy, dbServer: 'db2' } }), why);
  assert.match(await visit(name), /Stays/);
  assert.equal(await left('db2'), '');
  await done((await onSite(farm, name, 'site delete', { force: true, backup: false })).task);
});

test('Drupal with its database on another server with PostgreSQL: shut out, let in, moved there, cloned, deleted', {
  skip:
    drupal === undefined && 'AEGIR_TEST_DRUPAL10 is not set, so nothing is shown of a real site on a remote PostgreSQL',
}, async (t) => {
  const farm = await farmOf(t);
  const { call, done, waitFor } = farm;
  await addServer(farm, 'web2', [{ type: 'db', engine: 'postgresql' }]);
  const code = dirname(drupal ?? '');
  await copyToHost('web1', code, '/var/aegir/platforms/d10', 'aegir:aegir');
  await addPlatform(farm, `d10/${relative(code, drupal ?? '')}`, { name: 'd10' });
  const create = (dbServer: string) =>
    call('site create', { body: { name, platform: 'd10', profile: 'minimal', dbServer, title: 'On PostgreSQL' } });

  const shutOut = await waitFor((await create('db2')).task);
  assert.equal(shutOut.status, 'failed');
  assert.match(shutOut.problem?.message ?? '', /PostgreSQL on db2 lets no site of web1 in/);
  assert.match(shutOut.problem?.hint ?? '', /listen_addresses.*pg_hba\.conf: host all all ADDRESS\/32 scram-sha-256/);
  assert.deepEqual([await left('db2'), await directories()], ['', '']);
  await done((await onSite(farm, name, 'site delete', { force: true, backup: false })).task);

  const address = (await onHost('web1', ['hostname', '-I'])).trim();
  for (const host of ['db2', 'web2']) await script(host, letIn, address);
  await done((await create('web2')).task);
  assert.match(await visit(name), /On PostgreSQL/);
  const moved = await onSite(farm, name, 'site move', { dbServer: 'db2' });
  assert.equal(moved.status, 'done', JSON.stringify(moved.problem));
  assert.match(await visit(name), /On PostgreSQL/);
  assert.equal(await left('web2'), '');
  const { database } = await call('site get', { params: { name } });
  assert.equal(database.server, 'db2');
  assert.match(await left('db2'), new RegExp(database.name));

  await done((await call('site clone', { params: { name }, body: { name: copy } })).task);
  assert.match(await visit(copy), /On PostgreSQL/);
  for (const site of [copy, name]) {
    const deleted = await onSite(farm, site, 'site delete', { force: true, backup: false });
    assert.equal(deleted.status, 'done', JSON.stringify(deleted.problem));
  }
  assert.deepEqual([await left('db2'), await directories()], ['', '']);
});
