import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { ProblemCode } from '../src/model/problem.ts';
import { databaseName } from '../src/services/db/name.ts';
import { siteFiles } from '../src/services/http/nginx-text.ts';
import { withSection } from '../src/services/http/sections.ts';
import { simulatedWordpress } from '../src/simulation/code.ts';
import { mariadbIsDown } from '../src/simulation/mariadb.ts';
import type { HubWithWorker } from './kit/hub-with-worker.ts';
import { platformRoot } from './kit/hub-with-worker.ts';
import { isProblem, vhostOf } from './kit/looks.ts';
import {
  allVerbs,
  askSite,
  inMariadb,
  movedSite,
  movingFarm,
  newName,
  otherRoot,
  refused,
  rowsIn,
  type Verb,
  verbs,
} from './kit/moving-farm.ts';
import { sameWorld } from './kit/same-world.ts';

/**
 * Bad input for everything that moves, copies or brings back a site (issue 3, promise 6): each time a problem that says what to
 * do, before the first step, with world and rows as they were. The same on real servers: real-moving-input.test.ts.
 */

/** Those that make or rename a site, under this name. */
const named: Readonly<Record<string, (farm: HubWithWorker, name: string) => Promise<unknown>>> = {
  'site clone': ({ call }, name) => call('site clone', { params: { name: movedSite }, body: { name } }),
  'site rename': (farm, name) => askSite(farm, 'site rename', { name }),
  'site import': ({ call }, name) => call('site create', { body: { name, platform: 'p1', import: true, backup: '1' } }),
};

test('a target name that is taken is refused at once, and says whose it is', async (t) => {
  const farm = await movingFarm(t);
  await farm.call('queue pause', { params: { name: 'task' } });
  await askSite(farm, 'site rename', { name: 'promised.example.org' }, 'other.example.com');
  const before = await everyRow(farm);
  for (const [verb, ask] of Object.entries(named)) {
    for (const name of ['other.example.com', 'OTHER.example.com', 'www.other.example.com', 'promised.example.org'])
      await assert.rejects(
        ask(farm, name),
        isProblem('conflict', /belongs to the site other\.example\.com.*choose/is),
        verb,
      );
    await assert.rejects(ask(farm, movedSite), isProblem('conflict', /choose another/i), verb);
  }
  assert.equal(await everyRow(farm), before);
});

test('a target name that is no host name is refused at once, and says what is wrong with it', async (t) => {
  const farm = await movingFarm(t);
  const before = await everyRow(farm);
  const names = [
    '',
    'nodot',
    'a..b',
    '-rf.com',
    '*.example.com',
    '127.0.0.1',
    '../x.com',
    'a b.com',
    'a\nb.com',
    `${'a'.repeat(64)}.com`,
  ];
  for (const [verb, ask] of Object.entries(named))
    for (const name of names)
      await assert.rejects(ask(farm, name), isProblem('invalid', /name/), `${verb} ${JSON.stringify(name)}`);
  assert.equal(await everyRow(farm), before);
});

test('where something is that is not ours, it stays, and is named: a directory, a database, what the web server has', async (t) => {
  const farm = await movingFarm(t);
  const { world } = farm;
  const makes = ['site clone', 'site import'] as const;
  const conflict = (words: RegExp) => ({ code: 'conflict', words }) as const;

  world.directory(`${otherRoot}/sites/${newName}`);
  world.directory(`${otherRoot}/sites/${movedSite}`);
  world.directory(`${platformRoot}/sites/${newName}`);
  for (const verb of [...makes, 'site migrate', 'site rename'] as const)
    await refused(farm, verb, conflict(/already a directory \/var\/aegir\/platforms\/.*(?:move it away|remove)/));
  for (const path of [
    `${otherRoot}/sites/${newName}`,
    `${otherRoot}/sites/${movedSite}`,
    `${platformRoot}/sites/${newName}`,
  ])
    world.remove(path);

  for (const verb of [...makes, 'site rename'] as const) {
    const remove = publishedByOthers(farm, newName);
    await refused(farm, verb, conflict(/new\.example\.org is already published.*vhost\.d/));
    remove();
  }

  for (const verb of [...makes, 'site migrate', 'site rename', 'site move', 'site restore'] as const) {
    const name = await nextDatabase(farm, verb);
    await inMariadb(farm, `create database \`${name}\` character set utf8mb4 collate utf8mb4_general_ci`);
    await refused(farm, verb, conflict(/already a database .*rename or drop it/));
    await inMariadb(farm, `drop database if exists \`${name}\``);
  }
});

test('what was in the way of a site stays when the site that could not be made is deleted', async (t) => {
  const farm = await movingFarm(t);
  const { world, call, done, waitFor } = farm;
  const directory = `${platformRoot}/sites/${newName}`;
  world.put(`${directory}/files/precious.txt`, 'of somebody else');
  const make = publishedByOthers(farm, newName) && {
    'site install': { platform: 'p1' },
    'site import from a backup': { platform: 'p1', import: true, backup: '1' },
    'site import': { platform: 'p1', import: true, directory: newName },
  };
  const [before, rows] = [world.snapshot(), await rowsIn(farm)];
  const asks = {
    ...Object.fromEntries(
      Object.entries(make).map(([what, body]) => [
        what,
        async () => (await call('site create', { body: { name: newName, ...body } })).task,
      ]),
    ),
    'site clone': async () => (await call('site clone', { params: { name: movedSite }, body: { name: newName } })).task,
  };
  for (const [what, ask] of Object.entries(asks)) {
    assert.equal((await waitFor(await ask())).status, 'failed', what);
    sameWorld(world.snapshot(), before, what);
    const { events } = await done(await askSite(farm, 'site delete', { force: true }, newName));
    sameWorld(world.snapshot(), before, `${what}, deleted`);
    assert.match(JSON.stringify(events), /left .*new\.example\.org as it is/, what);
    assert.equal(await rowsIn(farm), rows, what);
  }
});

test('what a stuck task has left of a new site is gone when the site is deleted', async (t) => {
  const farm = await movingFarm(t);
  const { world, call, done, waitFor } = farm;
  const before = world.snapshot();
  const directory = `${platformRoot}/sites/${newName}`;
  // The settings cannot be written, and then what was made cannot be taken away.
  farm.before = ({ method, what }) => {
    if (what.startsWith(directory) && (method === 'remove' || what.endsWith('/settings.php')))
      throw new Error('broken');
  };
  const { task } = await call('site create', { body: { name: newName, platform: 'p1' } });
  assert.equal((await waitFor(task)).status, 'stuck');
  farm.before = () => undefined;
  assert.ok(world.get(directory));
  await call('task settle', { params: { task: task.id } });
  await done(await askSite(farm, 'site delete', { force: true }, newName));
  sameWorld(world.snapshot(), before, 'deleted');
});

/** Somebody's section for a site of this name that the hub knows nothing of. Answers how to take it away. */
function publishedByOthers({ world }: HubWithWorker, name: string): () => void {
  const section = vhostOf(world, 'other.example.com').replaceAll('other.example.com', name);
  const { map } = siteFiles('/var/aegir/config/server_master/nginx', name);
  const before = world.text(map);
  world.put(map, withSection(before, name, section) ?? '', { mode: '0600' });
  return () => (before === null ? world.remove(map) : world.put(map, before, { mode: '0600' }));
}

/** As the hub will call the next one that it makes. */
async function nextDatabase({ database }: HubWithWorker, verb: Verb): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    select (pg_sequence_last_value(pg_get_serial_sequence('site', 'id')::regclass) + 1)::text as id`.execute(
    database.db,
  );
  const isNamed = verb === 'site clone' || verb === 'site import' || verb === 'site rename';
  return databaseName(isNamed ? newName : movedSite, rows[0]?.id ?? '');
}

test('a platform that takes no site, or cannot carry this one, is refused at once with what to do', async (t) => {
  const farm = await movingFarm(t);
  const { world, call, done, waitFor } = farm;
  const before = await everyRow(farm);
  const to: Readonly<Record<string, (platform: string) => Promise<unknown>>> = {
    'site migrate': (platform) => askSite(farm, 'site migrate', { platform }),
    'site clone': (platform) => call('site clone', { params: { name: movedSite }, body: { name: newName, platform } }),
    'site import': (platform) => call('site create', { body: { name: newName, platform, import: true, backup: '1' } }),
  };
  const refusedAll = async (platform: string, code: ProblemCode, words: RegExp, without: readonly string[] = []) => {
    const rows = await everyRow(farm);
    for (const [verb, ask] of Object.entries(to))
      if (!without.includes(verb))
        await assert.rejects(ask(platform), isProblem(code, words), `${verb} to ${platform}`);
    assert.equal(await everyRow(farm), rows, platform);
  };
  await refusedAll('nowhere', 'not-found', /no platform 'nowhere'/);
  assert.equal(await everyRow(farm), before);

  await done((await call('platform task', { params: { name: 'p2' }, body: { name: 'platform lock' } })).task);
  await refusedAll('p2', 'wrong-status', /it is locked.*unlock it: aegir platform unlock p2/s);
  await done((await call('platform task', { params: { name: 'p2' }, body: { name: 'platform unlock' } })).task);

  simulatedWordpress(world, '/var/aegir/platforms/wp');
  await done((await call('platform create', { body: { name: 'wp', root: '/var/aegir/platforms/wp' } })).task);
  await refusedAll('wp', 'invalid', /holds wordpress.*Choose a platform/is, ['site import']);

  const unverified = await call('platform create', { body: { name: 'p4', root: '/var/aegir/platforms/nothing' } });
  assert.equal((await waitFor(unverified.task)).status, 'failed');
  await refusedAll('p4', 'wrong-status', /verify it: aegir platform verify p4/);

  older(farm);
  await done((await call('platform task', { params: { name: 'p2' }, body: { name: 'platform verify' } })).task);
  await refusedAll('p2', 'conflict', /older on p2.*as new/s, ['site import']);
});

const older = ({ world }: HubWithWorker): void =>
  world.put(`${otherRoot}/core/lib/Drupal.php`, `<?php\nclass Drupal {\n  const VERSION = '10.0.9';\n}\n`);

test('a platform that has changed since the hub looked is refused by the task, before its first step', async (t) => {
  const farm = await movingFarm(t);
  const { world } = farm;
  const onto = ['site migrate', 'site clone', 'site import'] as const;
  const changed = async (
    words: RegExp,
    code: ProblemCode,
    verbsOf: readonly Verb[],
    change: () => void | Promise<void>,
  ) => {
    const comeBack = world.moment();
    await change();
    for (const verb of verbsOf) await refused(farm, verb, { code, words });
    comeBack();
  };
  await changed(/older on p2.*10\.0\.9/, 'conflict', onto, () => older(farm));
  await changed(/not at \/var\/aegir\/platforms\/p2 any more/, 'not-found', onto, () =>
    world.move(otherRoot, '/var/aegir/gone'),
  );
});

test('the database server is down: everything says so and how to go on, before its first step', async (t) => {
  const farm = await movingFarm(t);
  const { world } = farm;
  world.put(mariadbIsDown, '');
  for (const verb of allVerbs)
    await refused(farm, verb, { code: 'server-unreachable', words: /does not answer.*Start it/s });
  world.remove(mariadbIsDown);
  for (const verb of ['site backup', 'site clone', 'site migrate'] as const) await farm.done(await verbs[verb](farm));
});

test('there is no room for a copy or a backup: everything says how much is missing and where, before its first step', async (t) => {
  const farm = await movingFarm(t);
  const { world } = farm;
  const { freeBytes } = world;
  world.freeBytes = 10 * 1024 * 1024;
  for (const verb of allVerbs)
    await refused(farm, verb, { code: 'disk-full', words: /\d MB.*(?:Make room|Free some space) on master/s });
  world.freeBytes = freeBytes;
  for (const verb of ['site backup', 'site clone', 'site migrate'] as const) await farm.done(await verbs[verb](farm));
});

/** All there is, in the hub. */
async function everyRow(farm: HubWithWorker): Promise<string> {
  const { rows } = await sql<{ row: string }>`select to_jsonb(task)::text as row from task order by id`.execute(
    farm.database.db,
  );
  return `${await rowsIn(farm)}\n${rows.map(({ row }) => row).join('\n')}`;
}
