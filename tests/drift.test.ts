import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'kysely';
import { metricsText } from '../src/hub/metrics.ts';
import { sweepNamed } from '../src/hub/sweeps.ts';
import { placeTurns } from '../src/hub/turns.ts';
import { type HubWithWorker, installedSite, type Kind, verifiedFarm } from './kit/hub-with-worker.ts';
import { kinds, settingsOf, sites, titleOf, vhostOf, vhostPath } from './kit/looks.ts';

const name = 'example.com';
const look = ({ call }: HubWithWorker, now: 'true' | 'false' = 'true') =>
  call('site drift', { params: { name }, query: { now } });

async function farmWithSite(t: TestContext, kind: Kind, services: readonly object[] = []): Promise<HubWithWorker> {
  const farm = await verifiedFarm(t, kind);
  for (const body of services) await farm.done((await farm.call('service create', body as never)).task ?? '');
  await installedSite(farm, name);
  return farm;
}

for (const kind of kinds)
  test(`what differs is shown and left as it is, until a verify puts it right, on ${titleOf(kind)}`, async (t) => {
    const farm = await farmWithSite(t, kind);
    const { call, world, done } = farm;
    assert.deepEqual((await look(farm)).differences, [], 'just installed');
    assert.equal((await call('site list', { query: { drifted: 'true' } })).total, 0);

    const settings = `${sites}/${name}/${settingsOf(kind)}`;
    const vhost = vhostPath(world, name) ?? assert.fail();
    const password = /AEGIR_DB_PASSWORD "?([^";\s]+)|\|([^|"]+)"/.exec(vhostOf(world, name));
    const secret = password?.[1] ?? password?.[2] ?? assert.fail('the password of its database stands there');
    const edit = (path: string, change: (text: string) => string, mode?: string): void => {
      const { text, ...more } = world.get(path) ?? assert.fail(path);
      world.put(path, change(text), { ...more, ...(mode !== undefined && { mode }) });
    };
    edit(settings, (text) => `${text}// edited\n`, '0640');
    edit(vhost, (text) => text.replace(secret, `old-${'Ab3'.repeat(9)}`));
    const [directory] =
      [...world.files].find(([path, { kind: is }]) => is === 'directory' && path.endsWith('/files')) ?? [];
    assert.ok(directory);
    world.directory(directory, { mode: '0777' });
    const before = world.snapshot();

    const { since, differences } = await look(farm);
    assert.notEqual(since, null);
    assert.equal(world.snapshot(), before, 'nothing is touched');
    const text = JSON.stringify(differences);
    const ofPath = (path: string) => differences.find(({ what }) => what === path) ?? assert.fail(`${path}: ${text}`);
    assert.match(ofPath(settings).diff ?? '', /^-mode 0640 .*\n\+mode 0440 www-data$[\s\S]*^-\/\/ edited$/m);
    assert.equal(ofPath(vhost).kind, 'differs');
    assert.equal(ofPath(directory).kind, 'rights');
    assert.equal(differences.length, 3, text);
    assert.ok(!text.includes(secret) && !text.includes('Ab3Ab3'), 'neither the password nor an older one is shown');

    const { items } = await call('site list', { query: { drifted: 'true' } });
    assert.deepEqual(
      items.map(({ name: of, driftedSince }) => [of, driftedSince]),
      [[name, since]],
    );
    assert.equal((await call('site list', { query: { drifted: 'false' } })).total, 0);
    assert.match(await metricsText(farm.hub), /^aegir_drifted\{noun="site"\} 1$/m);

    const { task } = await call('site task', { params: { name }, body: { name: 'site verify' } });
    await done(task);
    assert.deepEqual((await look(farm, 'false')).differences, [], 'a verify ends it');
    assert.deepEqual((await look(farm)).differences, [], 'and so it is');
    assert.equal((await call('site get', { params: { name } })).driftedSince, null);
  });

test('a virtual host that the web server would refuse is drift like any other, and so is a site that is not published', async (t) => {
  const farm = await farmWithSite(t, kinds[0] ?? assert.fail());
  const { world } = farm;
  const vhost = vhostPath(world, name) ?? assert.fail();
  const { text, ...more } = world.get(vhost) ?? assert.fail();
  world.put(vhost, text.replace(/;\n/, '\n'), more);
  const { differences } = await look(farm);
  assert.deepEqual(
    differences.map(({ what, kind }) => [what, kind]),
    [[vhost, 'differs']],
  );
  world.remove(vhost);
  const gone = await look(farm);
  assert.deepEqual(
    gone.differences.map(({ what, kind }) => [what, kind]),
    [[vhost, 'missing']],
  );
});

test('a directory that is gone is told, though no verify would bring it back', async (t) => {
  const farm = await farmWithSite(t, kinds[0] ?? assert.fail());
  farm.world.remove(`${sites}/${name}`);
  const { differences } = await look(farm);
  assert.equal(differences.length, 1);
  assert.match(differences[0]?.what ?? '', /the directory of example\.com, .* is gone/);
});

test("the server's own cron, with a line that somebody has changed", async (t) => {
  const farm = await farmWithSite(t, kinds[0] ?? assert.fail());
  const { call, done, world } = farm;
  let table = '';
  world.programs.set('crontab', ({ argv, stdin }) => {
    if (argv[1] === '-l') return table === '' ? { exitCode: 1, stderr: 'no crontab for aegir\n' } : { stdout: table };
    table = typeof stdin === 'string' ? stdin : '';
    return {};
  });
  const { task } = await call('service create', {
    params: { name: 'master' },
    body: { type: 'cron', engine: 'crontab' },
  });
  if (task) await done(task);
  const verify = await call('site task', { params: { name }, body: { name: 'site verify' } });
  await done(verify.task);
  assert.match(table, /# aegir\n$/);
  assert.deepEqual((await look(farm)).differences, []);
  table = `MAILTO=me\n${table.replace('flock -n', 'flock -x')}`;
  const { differences } = await look(farm);
  assert.deepEqual(
    differences.map(({ what }) => what),
    ['crontab of master'],
  );
  assert.match(differences[0]?.diff ?? '', /^-.*flock -x[\s\S]*^\+.*flock -n/m);
  assert.match(table, /flock -x/, 'nothing was written');
});

test('sites and platforms have their turns, and who is to know is told of what is new', async (t) => {
  const farm = await farmWithSite(t, kinds[0] ?? assert.fail());
  const { call, world, hub } = farm;
  const { db } = hub.database;
  await call('account create', { body: { name: 'boss', email: 'boss@example.com', role: 'administrator' } });
  for (const noun of ['site', 'platform']) await placeTurns(db, sweepNamed(hub.catalog, `${noun} drift`));
  const shared = [...world.files.keys()].find((path) => path.endsWith('/sites/sites.php')) ?? assert.fail();
  world.remove(shared);
  const sweep = async (): Promise<void> => {
    const { rows: before } = await sql<{ id: string }>`select coalesce(max(id), 0) as id from run`.execute(db);
    await sql`update turn set due_at = now() - interval '1 second' where queue like '% drift'`.execute(db);
    for (let tries = 0; tries < 200; tries++) {
      const { rows } = await sql`select from run where queue like '% drift' and id > ${before[0]?.id ?? 0}`.execute(db);
      if (rows.length === 2) return;
      await wait(50);
    }
    assert.fail('nobody has looked');
  };
  await sweep();
  const platform = await call('platform drift', { params: { name: 'p1' } });
  assert.deepEqual(
    platform.differences.map(({ what, kind }) => [what, kind]),
    [[shared, 'missing']],
  );
  assert.equal((await call('platform list', { query: { drifted: 'true' } })).total, 1);
  assert.deepEqual((await look(farm, 'false')).differences, []);
  const { items } = await call('queue runs', { params: { name: 'platform drift' } });
  assert.match(items[0]?.lines ?? '', /^1 thing differ.*sites\.php/);
  const told = async (): Promise<readonly unknown[]> =>
    (await sql`select kind, subject_type, subject_name, problem ->> 'message' as message from happening`.execute(db))
      .rows;
  const [first, ...more] = await told();
  assert.match(JSON.stringify(first), /drift found.*platform.*p1.*1 thing differs.*sites\.php/);
  assert.deepEqual(more, []);
  await sweep();
  assert.equal((await told()).length, 1, 'what was told of already is not told again');
});

test('what was seen while a task was at work on the site is not written down', async (t) => {
  const farm = await farmWithSite(t, kinds[0] ?? assert.fail());
  const { hub } = farm;
  await sql`update task set ended_at = now() + interval '1 hour' where subject_type = 'site'`.execute(hub.database.db);
  farm.world.remove(vhostPath(farm.world, name) ?? assert.fail());
  const { lookedAt, differences } = await look(farm);
  assert.deepEqual([lookedAt, differences], [null, []]);
});
