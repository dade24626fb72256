import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Answer } from '../../src/api/endpoints.ts';
import type { HubWithWorker, TaskEnding } from '../kit/hub-with-worker.ts';
import { lab, onHost, script, tryOnHost } from '../kit/lab.ts';
import { nameServer } from '../kit/lab-dns.ts';
import { addServer, labHub } from '../kit/lab-hub.ts';

const name = 'www.example.com';
const zone = 'example.com';
const key = { keyName: 'aegir', keySecret: randomBytes(32).toString('base64') };

/** web1 with WordPress, its databases on db1, its names on dns1, and nothing else on any of them. */
async function farmOf(t: TestContext): Promise<HubWithWorker> {
  const transfers = await mkdtemp(join(tmpdir(), 'transfers-'));
  t.after(() => rm(transfers, { recursive: true, force: true }));
  const farm = await labHub(t, { awayMaxMs: 5 * 60_000, transfers });
  const { call, done } = farm;
  await nameServer('dns1', zone, key.keySecret);
  const address = (await onHost('web1', ['hostname', '-I'])).trim();
  await addServer(farm, 'web1', [{ type: 'http', engine: 'nginx', options: { publicAddresses: [address] } }]);
  await addServer(farm, 'db1', [{ type: 'db', engine: 'mysql' }]);
  await addServer(farm, 'dns1', [{ type: 'dns', engine: 'bind', options: key }]);
  const platform = await call('platform create', {
    body: {
      ...{ name: 'wp', server: 'web1', root: '/var/aegir/platforms/wp' },
      source: { type: 'debian', package: 'wordpress' },
    },
  });
  await done(platform.task);
  return farm;
}

const onSite = async (
  { call, waitFor }: HubWithWorker,
  task: string,
  args: object = {},
  site = name,
): Promise<TaskEnding> =>
  waitFor((await call('site task', { params: { name: site }, body: { name: task, args } as never })).task);

/** What a visitor gets who asks the DNS where the site is. */
async function visit(site: string): Promise<string> {
  const { stdout } = await tryOnHost('db2', 'sh', '-c', visitor, 'sh', site);
  return stdout.trim();
}
const visitor = `address=$(dig +short "@dns1" "$1" | tail -n 1)
[ -n "$address" ] || { echo 'no address'; exit; }
curl --silent --max-time 20 --resolve "$1:80:$address" "http://$1/" --write-out '\\n%{http_code}' | sed -n '/<title>/s/.*<title>\\([^<]*\\).*/\\1/p; $p' | tr '\\n' ' '`;

/** Databases and accounts of sites on db1, directories of sites on web1, names in the zone. */
const left = async (): Promise<readonly string[]> => [
  (
    await onHost('db1', ['mariadb', '-BNe', "select concat(user, '@', host) from mysql.user where host <> 'localhost'"])
  ).trim(),
  (await onHost('db1', ['mariadb', '-BNe', "show databases where `Database` like '%example%'"])).trim(),
  (await onHost('web1', ['sh', '-c', 'ls /var/aegir/platforms/wp/sites | grep example || true'])).trim(),
  (await onHost('dns1', ['sh', '-c', `dig @localhost ${zone} axfr | grep -c "www\\|copy" || true`])).trim(),
];

/** What happens to a task at the first act that fits, and when a network that was cut is healed: before or after it is given up (30 s). */
const struck = [
  {
    what: 'the network of db1 is cut for long while the database is filled',
    ...{ at: /zstd.*\| .*mariadb/, awayMs: 45_000, blow: () => lab('cut', 'db1') },
  },
  {
    what: 'the network of web1 is cut while files are copied',
    ...{ at: /\bcp\b|tar/, awayMs: 5000, blow: () => lab('cut', 'web1') },
  },
  {
    what: 'what runs on web1 is killed',
    ...{ at: /\bphp\b/, awayMs: 0, blow: () => script('web1', 'pkill -KILL -u aegir || true') },
  },
  {
    what: 'the database server starts anew',
    ...{ at: /mariadb-dump/, awayMs: 0, blow: () => script('db1', 'systemctl restart mariadb') },
  },
] as const;

/** A restore is struck; then the site is as before, or it is restored, and nothing else is left. */
async function faults(farm: HubWithWorker, backup: string): Promise<void> {
  const before = await left();
  const ends: string[] = [];
  for (const { what, at, awayMs, blow } of struck) {
    let isStruck = false;
    const healed = Promise.withResolvers<void>();
    farm.before = async ({ what: act }) => {
      if (isStruck || !at.test(act)) return;
      isStruck = true;
      await blow();
      setTimeout(() => healed.resolve(lab('heal', 'web1', 'db1').then(() => undefined)), awayMs);
    };
    const ended = await onSite(farm, 'site restore', { backup });
    farm.before = () => undefined;
    assert.ok(isStruck, what);
    await healed.promise;
    ends.push(`${what}: ${ended.status}`);
    assert.ok(
      ended.status === 'done' || ended.status === 'failed',
      `${what}: ${ended.status} ${JSON.stringify(ended.problem)}`,
    );
    assert.match(await visit(name), /^On three servers 200$/, what);
    if (ended.status === 'failed') assert.deepEqual(await left(), before, what);
  }
  console.log(`# ${struck.length} faults: ${ends.join('; ')}`);
}

/** A backup leaves web1 through the hub as a file, comes back through it, and the site is restored from what came. */
async function throughTheHub(farm: HubWithWorker, backup: string): Promise<void> {
  const { call, done, send } = farm;
  const exported = await call('backup task', { params: { name: backup }, body: { name: 'backup export' } as never });
  await done(exported.task);
  const file = await send(`/api/backups/${backup}/file`, {});
  assert.equal(file.status, 200, await file.clone().text());
  const sent = await send(`/api/backups?site=${name}`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/octet-stream' } },
    body: await file.arrayBuffer(),
  });
  assert.equal(sent.status, 201);
  const { backup: came, task } = (await sent.json()) as Answer<'backup upload'>;
  await done(task);
  assert.equal((await call('backup get', { params: { name: came.id } })).server, 'web1');
  assert.equal((await onHost('web1', ['sh', '-c', 'ls -A /var/aegir/passing'])).trim(), '', 'what was on its way');
  const restored = await onSite(farm, 'site restore', { backup: came.id, backupFirst: false });
  assert.equal(restored.status, 'done', JSON.stringify(restored.problem));
  assert.match(await visit(name), /^On three servers 200$/);
}

test('a site lives on three servers: installed, visited, backed up, restored, cloned, cut off, carried through the hub, deleted', async (t) => {
  const farm = await farmOf(t);
  const { call, done } = farm;
  const made = await call('site create', {
    body: { name, platform: 'wp', dbServer: 'db1', dns: 'dns1', title: 'On three servers', email: 'a@example.com' },
  });
  await done(made.task);
  assert.match(await visit(name), /^On three servers 200$/);

  const backup = await onSite(farm, 'site backup');
  assert.equal(backup.status, 'done', JSON.stringify(backup.problem));
  const id = (backup.task.result as { backup: string }).backup;
  const database = (await call('site get', { params: { name } })).database.name;
  await script(
    'db1',
    `mariadb "$1" -e "update wp_options set option_value = 'Spoilt' where option_name = 'blogname'"`,
    database,
  );
  assert.match(await visit(name), /^Spoilt 200$/);
  const restored = await onSite(farm, 'site restore', { backup: id });
  assert.equal(restored.status, 'done', JSON.stringify(restored.problem));
  assert.match(await visit(name), /^On three servers 200$/);

  const clone = await call('site clone', { params: { name }, body: { name: 'copy.example.com' } });
  await done(clone.task);
  assert.match(await visit('copy.example.com'), /^On three servers 200$/);

  await faults(farm, id);

  await throughTheHub(farm, id);
  // What a repository of restic keeps is no file: one is made of it on web1 first.
  const options = { repository: '/var/aegir/backups/restic', password: randomBytes(16).toString('hex') };
  const restic = { type: 'backup', engine: 'restic', options } as const;
  await done((await call('service create', { params: { name: 'web1' }, body: restic })).task);
  const packed = await onSite(farm, 'site backup');
  assert.equal(packed.status, 'done', JSON.stringify(packed.problem));
  await throughTheHub(farm, (packed.task.result as { backup: string }).backup);

  for (const site of ['copy.example.com', name]) {
    const deleted = await onSite(farm, 'site delete', { force: true, backup: false }, site);
    assert.equal(deleted.status, 'done', JSON.stringify(deleted.problem));
  }
  assert.deepEqual(await left(), ['', '', '', '0']);
});
