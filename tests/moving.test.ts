import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { simulatedDrupal, simulatedWordpress } from '../src/simulation/code.ts';
import { mariadbIsDown } from '../src/simulation/mariadb.ts';
import { putSimulatedState, simulatedState } from '../src/simulation/php.ts';
import { type HubWithWorker, installedSite, type Kind, type TaskEnding, verifiedFarm } from './kit/hub-with-worker.ts';
import { everythingIn, heldAt, kinds, onNginx, titleOf, vhostOf } from './kit/looks.ts';
import { sameWorld } from './kit/same-world.ts';

/** Sites that move, from the request to the end, with a hub and workers on a server in memory. */
const name = 'example.com';
const otherRoot = '/var/aegir/platforms/p2';
const at = (root: string, site = name): string => `${root}/sites/${site}`;

/** An installed site with an upload on p1, and a second platform p2. */
async function withSite(t: TestContext, kind: Kind = onNginx, workers = 1): Promise<HubWithWorker> {
  const farm = await verifiedFarm(t, kind, { workers });
  const { world, call, done } = farm;
  (kind.application === 'drupal' ? simulatedDrupal : simulatedWordpress)(world, otherRoot);
  await done((await call('platform create', { body: { name: 'p2', root: otherRoot } })).task);
  await installedSite(farm, name, { title: 'Example', aliases: ['www.example.com'] });
  world.put(`${at('/var/aegir/platforms/p1')}/files/one.png`, 'a picture', { owner: 'www-data', group: 'www-data' });
  return farm;
}

const ask = async ({ call }: HubWithWorker, task: string, args: object = {}, more: object = {}, site = name) =>
  (await call('site task', { params: { name: site }, body: { name: task, args: { ...args }, ...more } })).task;
const siteOf = ({ call }: HubWithWorker, site = name) => call('site get', { params: { name: site } });
const databaseOf = async (farm: HubWithWorker, site = name) => ({
  driver: 'mysql',
  name: (await siteOf(farm, site)).database.name,
});

/** Updates that are pending, one of which may fail. */
async function setUpdates(farm: HubWithWorker, fails?: string): Promise<void> {
  const database = await databaseOf(farm);
  const state = simulatedState(farm.world, database);
  assert.ok(state);
  const update = { package: 'system', update: '10200', description: 'makes it newer' };
  putSimulatedState(farm.world, database, { ...state, updates: [fails === undefined ? update : { ...update, fails }] });
}

/** The first command of a step waits until `go` is called. Asked for before the task begins. */
async function heldIn(farm: HubWithWorker, task: string, step: string) {
  const reached = Promise.withResolvers<void>();
  const free = Promise.withResolvers<void>();
  let isOver = false;
  farm.before = async ({ method }) => {
    if (isOver || method !== 'run') return;
    const { steps } = await farm.call('task get', { params: { task } });
    if (!steps.some(({ name: one, status }) => one === step && status === 'running')) return;
    isOver = true;
    reached.resolve();
    await free.promise;
  };
  await reached.promise;
  return { go: free.resolve };
}

const notesOf = ({ events }: TaskEnding): string =>
  events.flatMap((event) => (event.type === 'note' ? [event.text] : [])).join('\n');
const copiesIn = async ({ database }: HubWithWorker) =>
  (
    await sql<{ status: string }>`select status from site where copy_of is not null order by id`.execute(database.db)
  ).rows.map(({ status }) => status);

for (const kind of kinds) {
  test(`a site is migrated and is itself on the other platform, on ${titleOf(kind)}`, async (t) => {
    const farm = await withSite(t, kind);
    const { world } = farm;
    await setUpdates(farm);
    const before = await siteOf(farm);
    const ended = await farm.done(await ask(farm, 'site migrate', { platform: 'p2' }));
    const after = await siteOf(farm);
    assert.deepEqual([after.platform, after.status, after.directory], ['p2', 'enabled', name]);
    assert.notEqual(after.database.name, before.database.name);
    assert.equal(world.get(at('/var/aegir/platforms/p1')), undefined);
    assert.equal(world.text(`${at(otherRoot)}/files/one.png`), 'a picture');
    assert.ok(vhostOf(world, name).includes(otherRoot));
    assert.ok(!world.snapshot().includes(before.database.name), 'nothing is left of the old database');
    assert.deepEqual(simulatedState(world, await databaseOf(farm))?.updates, []);
    assert.match(notesOf(ended), /copied \d+ files/);
    assert.match(notesOf(ended), /system 10200\nran 1 update$/m);
    assert.match(notesOf(ended), /the site was closed for \d+\.\d\d s/);
    const result = ended.task.result as Record<string, unknown>; // what the steps said
    assert.ok(Date.parse(String(result['openedAt'])) >= Date.parse(String(result['closedAt'])));
    assert.deepEqual(result['updates'], ['system 10200']);
    assert.equal(typeof result['databaseCopiedBy'], 'string');
    assert.deepEqual(await copiesIn(farm), ['deleted']);
    // It is a site like any other.
    assert.deepEqual((await farm.done(await ask(farm, 'site verify'))).changed, []);
    await farm.done(await ask(farm, 'site migrate', { platform: 'p1' }));
    assert.equal((await siteOf(farm)).platform, 'p1');
  });

  test(`an update that fails leaves the site as it was, and so does everything else, on ${titleOf(kind)}`, async (t) => {
    const farm = await withSite(t, kind);
    const { world } = farm;
    await setUpdates(farm, 'on purpose');
    const [before, row] = [world.snapshot(), await siteOf(farm)];
    for (const [task, args] of [
      ['site migrate', { platform: 'p2' }],
      ['site update', {}],
    ] as const) {
      const ended = await farm.waitFor(await ask(farm, task, args));
      assert.equal(ended.status, 'failed');
      assert.match(ended.problem?.message ?? '', /10200.*on purpose/);
      sameWorld(world.snapshot(), before, task);
      assert.deepEqual(await siteOf(farm), row);
    }
    // Mended, the same task asked again works.
    await setUpdates(farm);
    const [failed] = (await farm.call('task list', { query: { name: 'site migrate' } })).items;
    assert.ok(failed);
    await farm.done(await farm.call('task retry', { params: { task: failed.id } }));
    assert.equal((await siteOf(farm)).platform, 'p2');
    assert.deepEqual(await copiesIn(farm), ['deleted', 'deleted', 'deleted']);
  });
}

test('a rehearsal says what would happen and changes nothing', async (t) => {
  const farm = await withSite(t);
  const { world } = farm;
  for (const [task, args] of [
    ['site migrate', { platform: 'p2', rehearse: true }],
    ['site update', { rehearse: true }],
  ] as const) {
    await setUpdates(farm);
    const [before, row] = [world.snapshot(), await siteOf(farm)];
    const good = (await farm.done(await ask(farm, task, args))).task.result as Record<string, unknown>;
    assert.deepEqual([good['wouldWork'], good['updates'], good['failed']], [true, ['system 10200'], null]);
    sameWorld(world.snapshot(), before, task);
    await setUpdates(farm, 'on purpose');
    const bad = await farm.done(await ask(farm, task, args));
    const result = bad.task.result as Record<string, unknown>;
    assert.equal(result['wouldWork'], false);
    assert.match(String(result['failed']), /on purpose/);
    assert.deepEqual(result['stillPending'], ['system 10200']);
    assert.match(notesOf(bad), /it would fail/);
    await setUpdates(farm);
    sameWorld(world.snapshot(), before, task);
    assert.deepEqual(await siteOf(farm), row);
  }
});

test('a clone is made of an open site, which does not change', async (t) => {
  const farm = await withSite(t);
  const { world, call } = farm;
  const [files, row] = [world.text(`${at('/var/aegir/platforms/p1')}/settings.php`), await siteOf(farm)];
  const { task } = await call('site clone', { params: { name }, body: { name: 'test.example.org' } });
  const ended = await farm.done(task);
  const clone = await siteOf(farm, 'test.example.org');
  assert.deepEqual([clone.status, clone.aliases], ['enabled', []]);
  assert.equal(world.text(`${at('/var/aegir/platforms/p1', 'test.example.org')}/files/one.png`), 'a picture');
  assert.equal(simulatedState(world, await databaseOf(farm, 'test.example.org'))?.title, 'Example');
  assert.ok(!notesOf(ended).includes('closed'));
  assert.deepEqual(await siteOf(farm), row);
  assert.equal(world.text(`${at('/var/aegir/platforms/p1')}/settings.php`), files);
  await farm.done(await ask(farm, 'site delete', { force: true }, {}, 'test.example.org'));
  assert.ok(world.text(`${at('/var/aegir/platforms/p1')}/files/one.png`));
});

test('a renamed site has its new name everywhere, and the old one leads to it', async (t) => {
  const farm = await withSite(t);
  const { world } = farm;
  await farm.done(await ask(farm, 'site rename', { name: 'new.example.org' }));
  const site = await siteOf(farm, 'new.example.org');
  assert.deepEqual(
    [site.directory, site.url, site.aliases],
    [
      'new.example.org',
      'http://new.example.org',
      [
        { name: 'example.com', redirect: true },
        { name: 'www.example.com', redirect: false },
      ],
    ],
  );
  assert.equal(vhostOf(world, name), '');
  assert.match(vhostOf(world, 'new.example.org'), /^example\.com "r\|/m);
  assert.equal(world.text(`${at('/var/aegir/platforms/p1', 'new.example.org')}/files/one.png`), 'a picture');
  assert.equal(world.get(at('/var/aegir/platforms/p1')), undefined);
  assert.deepEqual((await farm.done(await ask(farm, 'site verify', {}, {}, 'new.example.org'))).changed, []);
});

test('a worker that is lost in the middle is followed by another, which begins the updates with a fresh copy', async (t) => {
  const farm = await withSite(t, onNginx, 2);
  await setUpdates(farm);
  const task = await ask(farm, 'site migrate', { platform: 'p2' });
  const held = await heldIn(farm, task.id, 'run updates');
  await farm.loseWorkers();
  held.go();
  const ended = await farm.done(task);
  assert.match(notesOf(ended), /made anew/);
  assert.equal((await siteOf(farm)).platform, 'p2');
});

test('what is cancelled while it runs is put back', async (t) => {
  const farm = await withSite(t);
  const before = farm.world.snapshot();
  const held = heldAt(farm, (what) => what.includes('account lock') || what.includes('.aegir.invalid'));
  const task = await ask(farm, 'site migrate', { platform: 'p2' });
  await held.reached;
  await farm.call('task cancel', { params: { task: task.id } });
  held.go();
  assert.equal((await farm.waitFor(task)).status, 'cancelled');
  sameWorld(farm.world.snapshot(), before, 'cancelled');
  assert.deepEqual(await copiesIn(farm), ['deleted']);
});

test('what is in the way is found before the first byte is written', async (t) => {
  const farm = await withSite(t);
  const { world } = farm;
  const refused = async (code: string, words: RegExp, task: string, args: object = {}) => {
    const before = world.snapshot();
    const ended = await farm.waitFor(await ask(farm, task, args));
    assert.deepEqual([ended.status, ended.problem?.code], ['failed', code], JSON.stringify(ended.problem));
    assert.match(`${ended.problem?.message} ${ended.problem?.hint}`, words);
    assert.ok(ended.problem?.hint, 'it says what to do');
    sameWorld(world.snapshot(), before, `${task}: ${code}`);
    assert.equal((await siteOf(farm)).platform, 'p1');
  };
  await refused('wrong-status', /no pending updates/, 'site update');
  world.directory(at(otherRoot));
  await refused('conflict', /already a directory/, 'site migrate', { platform: 'p2' });
  world.remove(at(otherRoot));
  world.freeBytes = 50 * 1024 * 1024;
  await refused('disk-full', /50 MB free, and \d+ MB are needed/, 'site migrate', { platform: 'p2' });
  world.freeBytes = 100 * 1024 ** 3;
  world.put(mariadbIsDown, '');
  await refused('server-unreachable', /does not answer/, 'site migrate', { platform: 'p2' });
  world.remove(mariadbIsDown);
  world.move(`${otherRoot}/sites`, '/var/aegir/elsewhere');
  await refused('not-found', /not at .* any more/, 'site migrate', { platform: 'p2' });
  world.move('/var/aegir/elsewhere', `${otherRoot}/sites`);
  world.move(at('/var/aegir/platforms/p1'), '/var/aegir/gone');
  await refused('not-found', /is gone/, 'site rename', { name: 'new.example.org' });
  world.move('/var/aegir/gone', at('/var/aegir/platforms/p1'));
  await farm.done(await ask(farm, 'site migrate', { platform: 'p2' }));
});

test('a dry run says what it would do, and does nothing', async (t) => {
  const farm = await withSite(t);
  const { world } = farm;
  await setUpdates(farm);
  const [before, row] = [world.snapshot(), await siteOf(farm)];
  for (const [task, args] of [
    ['site migrate', { platform: 'p2' }],
    ['site migrate', { platform: 'p2', rehearse: true }],
    ['site rename', { name: 'new.example.org' }],
    ['site update', {}],
  ] as const) {
    const { changed } = await farm.done(await ask(farm, task, args, { dryRun: true }));
    for (const what of changed) assert.match(what, /^would /, task);
    assert.ok(changed.length > 5, task);
    sameWorld(world.snapshot(), before, `${task}, dry`);
    assert.deepEqual(await siteOf(farm), row);
  }
});

test('no log, no row and no argument shows a password of site or copy', async (t) => {
  const farm = await withSite(t);
  const vhost = vhostOf(farm.world, name);
  await farm.done(await ask(farm, 'site migrate', { platform: 'p2' }));
  const passwordIn = (text: string): string => /\|([A-Za-z0-9_-]{32})";/.exec(text)?.[1] ?? assert.fail('no password');
  const all = await everythingIn(farm);
  for (const text of [vhost, vhostOf(farm.world, name)]) assert.ok(!all.includes(passwordIn(text)));
});
