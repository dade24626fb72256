import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { simulatedState } from '../src/simulation/php.ts';
import type { Extension } from '../src/tasks/catalog.ts';
import { type HubWithWorker, installedSite, platformRoot, verifiedFarm } from './kit/hub-with-worker.ts';
import { isProblem, kinds, onNginx, settingsOf, sites, titleOf, vhostOf, vhostPath } from './kit/looks.ts';

/**
 * How the old Aegir failed (measured; shared/reference/aegir-baseline.md, section 5) by what it was given: names that two
 * sites share, code where a name should be, configuration that the web server does not take. Each test is named after
 * the old failure, and shows that it cannot happen.
 */
const ask = async ({ call }: HubWithWorker, name: string, task: string, args = {}) =>
  (await call('site task', { params: { name }, body: { name: task, args } })).task;
const verified = async (farm: HubWithWorker, name: string) => farm.done(await ask(farm, name, 'site verify'));
const create = ({ call }: HubWithWorker, name: string, more: object = {}) =>
  call('site create', { body: { name, platform: 'p1', ...more } });

for (const kind of kinds)
  test(`a site with an alias that is another's name takes over its visitors and its database: here it is refused, and sites share no file, on ${titleOf(kind)}`, async (t) => {
    const farm = await verifiedFarm(t, kind);
    const { call, world } = farm;
    const shared = `${platformRoot}/${kind.application === 'drupal' ? 'sites/sites.php' : 'wp-config.php'}`;
    const sharedText = world.text(shared);
    assert.ok(sharedText);
    await installedSite(farm, 'victim.example.com', { aliases: ['www.victim.example.com'] });
    await installedSite(farm, 'a.example.com');
    const before = world.snapshot();

    for (const taken of ['victim.example.com', 'www.victim.example.com', 'VICTIM.example.com']) {
      const aliases = [taken];
      await assert.rejects(
        call('site set', { params: { name: 'a.example.com' }, body: { aliases } }),
        isProblem('conflict', /belongs to the site victim\.example\.com/),
      );
      await assert.rejects(create(farm, 'b.example.com', { aliases }), isProblem('conflict'));
      await assert.rejects(create(farm, taken), isProblem('conflict'));
    }
    assert.equal(world.snapshot(), before);

    const race = await Promise.allSettled(
      ['a.example.com', 'victim.example.com'].map((name) =>
        call('site set', { params: { name }, body: { aliases: ['new.example.com'] } }),
      ),
    );
    assert.deepEqual(race.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
    for (const one of race) if (one.status === 'fulfilled' && one.value.task) await farm.done(one.value.task);

    // Nothing that two sites share says which is which: the web server does, by the directory it hands over.
    assert.equal(world.text(shared), sharedText, 'no site is written into a file that others share');
    const row = await call('site get', { params: { name: 'victim.example.com' } });
    await verified(farm, 'a.example.com');
    await verified(farm, 'victim.example.com');
    assert.ok(vhostOf(world, 'victim.example.com').includes(row.database.name));
    assert.ok(!vhostOf(world, 'a.example.com').includes(row.database.name));
    await farm.done(await ask(farm, 'a.example.com', 'site delete', { force: true, backup: false }));
    assert.ok(simulatedState(world, { driver: 'mysql', name: row.database.name }));
    await verified(farm, 'victim.example.com');
  });

test('sites whose names share their first 16 characters get one database and destroy each other: here each has its own', async (t) => {
  for (const kind of kinds) {
    const farm = await verifiedFarm(t, kind, { workers: 2, slots: 2 });
    const start = 'the-first-sixteen-characters-and-many-more-are-the-same';
    const names = ['one', 'two', 'three', 'four'].map((end) => `${start}-${end}.example.com`);
    const made = await Promise.all(names.map((name) => create(farm, name)));
    await Promise.all(made.map(({ task }) => farm.done(task)));
    const rows = await Promise.all(names.map((name) => farm.call('site get', { params: { name } })));
    assert.equal(new Set(rows.map(({ database }) => database.name)).size, names.length);
    assert.equal(new Set(rows.map(({ database }) => database.user)).size, names.length);
    const databases = farm.world.states.get('mariadb')?.() ?? '';
    for (const { database } of rows) assert.ok(databases.includes(`"${database.name}"`), database.name);
    const [first, ...others] = names;
    assert.ok(first);
    await farm.done(await ask(farm, first, 'site delete', { force: true, backup: false }));
    for (const name of others) assert.deepEqual((await verified(farm, name)).changed, []);
  }
});

const lineFor = (name: string): Extension => {
  const lines = ({ site }: { readonly site: { readonly name: string; readonly data: object } }): readonly string[] =>
    site.name === name && Object.hasOwn(site.data, 'broken') ? ['not_a_directive on;'] : [];
  return {
    data: [{ noun: 'site', name: 'broken', schema: z.literal(true) }],
    vhostLines: ['nginx', 'apache'].map((engine) => ({ engine, lines })),
  };
};

for (const kind of kinds) {
  test(`a disk that is full truncates a vhost, and no site can be served or changed any more: here the old text stays whole, and others go on, on ${titleOf(kind)}`, async (t) => {
    const farm = await verifiedFarm(t, kind);
    const { call, world } = farm;
    await installedSite(farm, 'a.example.com');
    await installedSite(farm, 'b.example.com');
    const before = world.snapshot();
    const path = vhostPath(world, 'a.example.com');
    assert.ok(path);
    farm.before = ({ method, what }) => {
      if (method === 'write' && what.includes(path)) world.diskIsFull = true;
    };
    const { task } = await call('site set', {
      params: { name: 'a.example.com' },
      body: { aliases: ['www.a.example.com'] },
    });
    assert.ok(task);
    const ended = await farm.waitFor(task);
    assert.deepEqual([ended.status, ended.problem?.code], ['failed', 'disk-full']);
    assert.deepEqual((await verified(farm, 'b.example.com')).changed, [], 'while the disk is full');
    farm.before = () => undefined;
    world.diskIsFull = false;
    const another = await call('site set', {
      params: { name: 'b.example.com' },
      body: { aliases: ['www.b.example.com'] },
    });
    assert.ok(another.task);
    await farm.done(another.task);
    assert.ok(!vhostOf(world, 'a.example.com').includes('www.a.example.com'), 'the old text is there, whole');
    await farm.done(await call('task retry', { params: { task: task.id } }));
    assert.ok(vhostOf(world, 'a.example.com').includes('www.a.example.com'));

    for (const name of ['a.example.com', 'b.example.com']) {
      const reset = await call('site set', { params: { name }, body: { aliases: null } });
      assert.ok(reset.task);
      await farm.done(reset.task);
    }
    assert.equal(world.snapshot(), before);
  });

  test(`one broken vhost stops the web server's reload, and every other site's task ends well with a warning: here it is put back, and who is in the way is named, on ${titleOf(kind)}`, async (t) => {
    const farm = await verifiedFarm(t, kind, { extensions: [lineFor('a.example.com')] });
    const { call, world } = farm;
    await installedSite(farm, 'a.example.com');
    await installedSite(farm, 'b.example.com');
    const old = vhostOf(world, 'a.example.com');
    const params = { name: 'a.example.com' };
    const { task } = await call('site set', { params, body: { data: { broken: true } } });
    assert.ok(task);
    const ended = await farm.waitFor(task);
    assert.deepEqual([ended.status, ended.problem?.code], ['failed', 'configuration-refused']);
    assert.match(ended.problem?.message ?? '', /a\.example\.com.*not_a_directive/s);
    assert.equal(vhostOf(world, 'a.example.com'), old, 'what was there before is in force');
    await installedSite(farm, 'c.example.com');
    const other = await call('site set', {
      params: { name: 'b.example.com' },
      body: { aliases: ['www.b.example.com'] },
    });
    assert.ok(other.task);
    await farm.done(other.task);

    // Somebody else's broken file: whoever comes is told which it is, and that it was not them.
    const broken = `/var/aegir/config/server_master/${kind.http}/post.d/own.conf`;
    world.put(broken, 'not_a_directive on;\n');
    const blocked = await create(farm, 'd.example.com');
    const told = await farm.waitFor(blocked.task);
    assert.deepEqual([told.status, told.problem?.code], ['failed', 'configuration-refused']);
    assert.ok(told.problem?.message.includes(broken), told.problem?.message);
    world.remove(broken);
    await farm.done(await call('task retry', { params: { task: blocked.task.id } }));
  });

  test(`code in a profile, a title, an address or a client's name is run: here it is refused, or stays text, on ${titleOf(kind)}`, async (t) => {
    const farm = await verifiedFarm(t, kind);
    const { call, world } = farm;
    const before = world.snapshot();
    const invalid = isProblem('invalid');
    for (const profile of [
      `x"; RUN_CODE; $z="`,
      "standard'); RUN_CODE; //",
      '../standard',
      'no_such_profile',
      'Standard\n',
    ])
      await assert.rejects(create(farm, 'a.example.com', { profile }), invalid, profile);
    for (const email of [
      `"; RUN_CODE; $z="@example.com`,
      "a'; RUN_CODE; //@example.com",
      '-oQ/tmp@example.com',
      'a@b\nc',
    ])
      await assert.rejects(create(farm, 'a.example.com', { email }), invalid, email);
    for (const name of ['../../../tmp/d', 'a b', '-rf', 'A', '..', 'x'.repeat(17), 'a\nb'])
      await assert.rejects(call('client create', { body: { name } }), invalid, name);
    for (const client of ['../../../tmp/d', '$(id)'])
      await assert.rejects(create(farm, 'a.example.com', { client }), isProblem('not-found'), client);
    for (const alias of [
      'a.example.com\n  Include /etc/passwd',
      'a b.example.com',
      'a;b.example.com',
      '"a.example.com',
      '$a.b',
    ])
      await assert.rejects(create(farm, 'a.example.com', { aliases: [alias] }), invalid, alias);
    for (const name of hostileNames) await assert.rejects(create(farm, name), invalid, JSON.stringify(name));
    for (const root of ['/var/aegir/../../etc', '/etc', '/srv/a b', '/srv/$(id)', '/srv/a\nb', 'srv'])
      await assert.rejects(call('platform create', { body: { name: 'p2', root } }), invalid, root);
    assert.equal(world.snapshot(), before);
    assert.equal((await call('site list', { query: {} })).total, 0);

    // A title may be anything that is text; it stays text.
    const title = `x"; RUN_CODE; $z='\\'; </VirtualHost> } <?php RUN_CODE ?> \${RUN_CODE}`;
    await installedSite(farm, 'a.example.com', { title });
    assert.equal((await call('site get', { params: { name: 'a.example.com' } })).title, title);
    for (const [path, { text }] of world.files) assert.ok(!text.includes('RUN_CODE'), path);
    assert.ok(world.text(`${sites}/a.example.com/${settingsOf(kind)}`));
    await verified(farm, 'a.example.com');
  });
}

const hostileNames = [
  ...[
    '@../x',
    '../x',
    'x/../y.com',
    'a\nb.com',
    `a'b.com`,
    'a"b.com',
    'a;b.com',
    'a$IFS.com',
    'a b.com',
    '-rf',
    '-a.com',
  ],
  ...[`${'a'.repeat(250)}.com`, 'com', '.', '..', '', 'a..b', '127.0.0.1', '[::1]', '*.example.com', '%2e%2e.com'],
];

test('what is only written in another way is one name, and is kept in one spelling', async (t) => {
  const farm = await verifiedFarm(t, onNginx);
  const { task, site } = await create(farm, 'Exämple.COM');
  assert.equal(site.name, 'xn--exmple-cua.com');
  await farm.done(task);
  await assert.rejects(create(farm, 'EXÄMPLE.com'), isProblem('conflict'));
  assert.equal((await farm.call('site get', { params: { name: 'exämple.com' } })).id, site.id);
});

test('a site example.com and a site "example" of a context "com" are one: here a name has a dot and a context has a noun', async (t) => {
  const farm = await verifiedFarm(t, onNginx);
  await installedSite(farm, 'example.com');
  const { call } = farm;
  for (const context of ['@example', '@server_example.com', '@platform_example.com', '@../x', '@'])
    await assert.rejects(call('resolve', { params: { context } }));
  assert.equal((await call('resolve', { params: { context: '@example.com' } })).noun, 'site');
  assert.equal((await call('resolve', { params: { context: '@platform_p1' } })).noun, 'platform');
});
