import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mariadbIsDown } from '../src/simulation/mariadb.ts';
import { simulatedState } from '../src/simulation/php.ts';
import { type HubWithWorker, platformRoot, type TaskEnding } from './kit/hub-with-worker.ts';
import { heldAt, isProblem, vhostOf } from './kit/looks.ts';
import {
  askSite,
  inMariadb,
  inStep,
  movedSite,
  movingFarm,
  newName,
  otherRoot,
  rowsIn,
  setUpdates,
  verbs,
} from './kit/moving-farm.ts';
import { sameWorld } from './kit/same-world.ts';
import { countStrikes, diesAt, failsAt } from './kit/struck.ts';

/**
 * How the old Aegir failed (measured; shared/reference/aegir-baseline.md, section 5) when it moved, copied or brought back a
 * site. Each test is named after the old failure, and shows that it cannot happen. On real servers: real-writers.test.ts
 * (maintenance mode), real-moving-proofs.test.ts (kill -9 in each phase), real-old-failures.test.ts (restore and delete).
 */
countStrikes('moves, copies and restores');

const siteOf = ({ call }: HubWithWorker, name = movedSite) => call('site get', { params: { name } });

/** Databases and users are those of the sites that there are, and nobody else's. */
async function nothingLeaked(farm: HubWithWorker, when: string): Promise<void> {
  const { items } = await farm.call('site list', { query: {} });
  const known = new Set(items.flatMap(({ database }) => [database.name, database.user]));
  assert.deepEqual([...databasesIn(farm)].toSorted(), [...known].toSorted(), when);
}

/** Names of databases and of users, which are the same. */
const databasesIn = ({ world }: HubWithWorker): ReadonlySet<string> =>
  new Set(
    world.states
      .get('mariadb')?.()
      .match(/\b[a-z]+(?:_[a-z]+)+_\d+\b/g),
  );

test('5 kill: a killed clone takes another database when it is retried, and the first leaks for ever: here the next worker finishes it', async (t) => {
  const farm = await movingFarm(t);
  const [before, rows] = [farm.world.snapshot(), await rowsIn(farm)];
  for (let at = 0; ; at += 24) {
    const happened = diesAt(farm, at);
    const ended = await farm.done(await verbs['site clone'](farm));
    farm.before = () => undefined;
    assert.equal(ended.task.attempt, happened() ? 2 : 1);
    await nothingLeaked(farm, `killed at act ${at}`);
    assert.deepEqual((await farm.done(await askSite(farm, 'site verify', {}, newName))).changed, []);
    await farm.done(await askSite(farm, 'site delete', { force: true, backup: false }, newName));
    sameWorld(farm.world.snapshot(), before, `killed at act ${at}, deleted`);
    assert.equal(await rowsIn(farm), rows);
    if (!happened()) return assert.ok(at > 90, `only ${at} acts`);
  }
});

test('5 kill: after a killed migrate, verify ends well with new code on the old database, never updated: here the next worker moves all of it', async (t) => {
  const farm = await movingFarm(t);
  let to = 'p2';
  for (let at = 1; ; at += 29) {
    await setUpdates(farm);
    const happened = diesAt(farm, at);
    const ended = await farm.done(await askSite(farm, 'site migrate', { platform: to }));
    farm.before = () => undefined;
    const when = `killed at act ${at}`;
    assert.equal(ended.task.attempt, happened() ? 2 : 1, when);
    const { platform, database, status } = await siteOf(farm);
    assert.deepEqual([platform, status], [to, 'enabled'], when);
    assert.deepEqual(simulatedState(farm.world, { driver: 'mysql', name: database.name })?.updates, [], when);
    const [here, left] = to === 'p2' ? [otherRoot, platformRoot] : [platformRoot, otherRoot];
    assert.equal(farm.world.text(`${here}/sites/${movedSite}/files/one.png`), 'a picture', when);
    assert.equal(farm.world.get(`${left}/sites/${movedSite}`), undefined, when);
    await nothingLeaked(farm, when);
    assert.deepEqual((await farm.done(await askSite(farm, 'site verify'))).changed, [], when);
    to = to === 'p2' ? 'p1' : 'p2';
    if (!happened()) return assert.ok(at > 90, `only ${at} acts`);
  }
});

test('5 restore: any error in a restore leaves the site disabled: here it is open, and is what it was', async (t) => {
  const farm = await movingFarm(t);
  farm.world.put(`${platformRoot}/sites/${movedSite}/notes.txt`, 'changed since the backup');
  const [before, rows, vhost] = [farm.world.snapshot(), await rowsIn(farm), vhostOf(farm.world, movedSite)];
  assert.ok(vhost.includes('"e|'), 'it is published as enabled');
  for (let at = 0; ; at += 24) {
    const happened = failsAt(farm, at);
    const ended = await farm.waitFor(await verbs['site restore'](farm));
    farm.before = () => undefined;
    const when = `failed at act ${at}: ${JSON.stringify(ended.problem)}`;
    // Once the restored one has answered in its place, what was it is removed whatever happens.
    if (ended.status === 'done') {
      assert.equal((await siteOf(farm)).status, 'enabled');
      await nothingLeaked(farm, when);
      return assert.ok(at > 90, `only ${at} acts`);
    }
    assert.ok(happened());
    assert.equal(ended.status, 'failed', when);
    sameWorld(farm.world.snapshot(), before, when);
    assert.equal(await rowsIn(farm), rows, when);
  }
});

test('5 disk full: whatever is being copied, the site stays open and as it was, and what was begun is gone', async (t) => {
  const farm = await movingFarm(t);
  const { world } = farm;
  const copying = /^(?:copy database.*|take the place.*|make backup|back up the present state)$/;
  const moving = ['site migrate', 'site rename', 'site update', 'site backup', 'site restore'] as const;
  for (const verb of moving) {
    const [before, rows] = [world.snapshot(), await rowsIn(farm)];
    const happened = inStep(farm, copying, () => {
      world.diskIsFull = true;
      // What is removed of the copy makes room again.
      farm.before = ({ method, what }) => {
        if (method === 'remove' && /\.removed-|\.tar$/.test(what)) world.diskIsFull = false;
      };
    });
    const ended = await farm.waitFor(await verbs[verb](farm));
    farm.before = () => undefined;
    world.diskIsFull = false;
    assert.ok(happened(), verb);
    const { status, problem } = ended;
    assert.deepEqual([status, problem?.code], ['failed', 'disk-full'], `${verb}: ${JSON.stringify(problem)}`);
    assert.match(problem?.hint ?? '', /Free some space/);
    sameWorld(world.snapshot(), before, verb);
    assert.equal(await rowsIn(farm), rows, verb);
  }
});

test('5 disk full: a delete whose backup does not fit deletes the site without one: here the site stays', async (t) => {
  const farm = await movingFarm(t);
  const { world } = farm;
  const [before, rows] = [world.snapshot(), await rowsIn(farm)];
  const deleted = () => askSite(farm, 'site delete', { force: true });
  world.freeBytes = 1024 * 1024;
  stays(await farm.waitFor(await deleted()));
  world.freeBytes = 100 * 1024 ** 3;
  // There was room, and then there is none in the middle of it.
  farm.before = ({ method, what }) => {
    if (method === 'pipe' || what.includes('.tar')) world.diskIsFull = true;
  };
  stays(await farm.waitFor(await deleted()));
  farm.before = () => undefined;
  world.diskIsFull = false;

  function stays({ status, problem }: TaskEnding): void {
    assert.deepEqual([status, problem?.code], ['failed', 'disk-full'], JSON.stringify(problem));
    assert.match(problem?.hint ?? '', /Free some space/);
  }
  sameWorld(world.snapshot(), before, 'not deleted');
  assert.equal(await rowsIn(farm), rows);
  await farm.done(await deleted());
  assert.deepEqual(
    (await farm.call('backup list', { query: { status: 'enabled' } })).items.map(({ reason }) => reason),
    ['before delete', 'request'],
  );
});

test('5 backup: a site that cannot be backed up can never be deleted: here who asks is told how', async (t) => {
  for (const gone of ['settings', 'directory', 'database'] as const) {
    const farm = await movingFarm(t);
    const { world } = farm;
    if (gone === 'settings') world.remove(`${platformRoot}/sites/${movedSite}/settings.php`);
    if (gone === 'directory') world.remove(`${platformRoot}/sites/${movedSite}`);
    if (gone === 'database') {
      const { database } = await siteOf(farm);
      await inMariadb(farm, `drop database if exists \`${database.name}\``);
    }
    const before = world.snapshot();
    const ended = await farm.waitFor(await askSite(farm, 'site delete', { force: true }));
    if (gone === 'settings') assert.equal(ended.status, 'done', JSON.stringify(ended.problem));
    else {
      assert.equal(ended.status, 'failed');
      assert.match(`${ended.problem?.message} ${ended.problem?.hint}`, /--no-backup/, gone);
      sameWorld(world.snapshot(), before, gone);
      await farm.done(await askSite(farm, 'site delete', { force: true, backup: false }));
    }
    assert.equal(world.get(`${platformRoot}/sites/${movedSite}`), undefined, gone);
    assert.equal(vhostOf(world, movedSite), '', gone);
  }
});

test('5 concurrent: a delete beside a migrate makes a zombie site: here it waits, also for a migrate that fails', async (t) => {
  for (const fails of [undefined, 'on purpose']) {
    const farm = await movingFarm(t, 2);
    await setUpdates(farm, fails);
    const held = heldAt(farm, (what) => what.includes('.aegir.invalid'));
    const migrate = await askSite(farm, 'site migrate', { platform: 'p2' });
    await held.reached;
    const remove = await askSite(farm, 'site delete', { force: true, backup: false });
    assert.deepEqual((await farm.call('task get', { params: { task: remove.id } })).waitsFor, [migrate.id]);
    await assert.rejects(askSite(farm, 'site rename', { name: newName }), isProblem('wrong-status'));
    held.go();
    farm.before = () => undefined;
    assert.equal((await farm.waitFor(migrate)).status, fails === undefined ? 'done' : 'failed');
    await farm.done(remove);
    await assert.rejects(siteOf(farm), isProblem('not-found'));
    assert.equal(vhostOf(farm.world, movedSite), '');
    for (const root of [platformRoot, otherRoot]) assert.equal(farm.world.get(`${root}/sites/${movedSite}`), undefined);
    await nothingLeaked(farm, `fails: ${fails}`);
  }
});

test('5 concurrent: two backups at once delete each other, two clones of one name leak, two migrates both fail: here each is whole, waits, or is refused', async (t) => {
  const farm = await movingFarm(t, 2);
  for (const verb of ['site backup', 'site clone', 'site migrate', 'site rename'] as const) {
    const asked = await Promise.allSettled([verbs[verb](farm), verbs[verb](farm)]);
    const made = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    for (const one of asked)
      if (one.status === 'rejected')
        assert.ok(['conflict', 'wrong-status', 'invalid'].includes(one.reason.code), String(one.reason));
    assert.equal(made.length, 1, verb);
    for (const task of made) await farm.done(task);
    await nothingLeaked(farm, verb);
    for (const { id } of (await farm.call('backup list', { query: {} })).items)
      await farm.done((await farm.call('backup task', { params: { name: id }, body: { name: 'backup verify' } })).task);
    if (verb === 'site clone')
      await farm.done(await askSite(farm, 'site delete', { force: true, backup: false }, newName));
  }
});

test('5 DB down: a database server that dies while a clone is made leaves database, users and name: here they go when it is back', async (t) => {
  const farm = await movingFarm(t);
  const { world } = farm;
  const [before, rows] = [world.snapshot(), await rowsIn(farm)];
  inStep(farm, /^copy files and database$/, () => world.put(mariadbIsDown, ''));
  const task = await verbs['site clone'](farm);
  const ended = await farm.waitFor(task);
  farm.before = () => undefined;
  world.remove(mariadbIsDown);
  // It could not be put back, and so a person is told; with the server there it is.
  assert.equal(ended.status, 'stuck', JSON.stringify(ended.problem));
  assert.match(ended.problem?.hint ?? '', /Start it/);
  const again = await farm.waitFor(await farm.call('task retry', { params: { task: task.id } }));
  assert.equal(again.status, 'failed');
  sameWorld(world.snapshot(), before, 'put back');
  await farm.done(await askSite(farm, 'site delete', {}, newName));
  sameWorld(world.snapshot(), before, 'deleted');
  assert.equal(await rowsIn(farm), rows);
});
