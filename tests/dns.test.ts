import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { bind } from '../src/simulation/bind.ts';
import { simulatedDrupal } from '../src/simulation/code.ts';
import { freshWorld, type HubWithWorker, installedSite, verifiedFarm } from './kit/hub-with-worker.ts';
import { isProblem, onNginx } from './kit/looks.ts';
import { askSite } from './kit/moving-farm.ts';

// Names of sites in a zone, with a hub, a worker and servers in memory: what is asked for is what the zone says.

const taken = ['taken.example.com', 'A', '192.0.2.99'] as const;
const key = { keyName: 'aegir', keySecret: 'c2VjcmV0LW9mLXRzaWc=' };

/** `master` has a dns service, and its web server is reached at 192.0.2.1; `web2` has a platform p2, reached at 192.0.2.2. */
async function dnsFarm(t: TestContext): Promise<HubWithWorker> {
  const world = freshWorld();
  bind(['example.com'], [taken])(world);
  const farm = await verifiedFarm(t, onNginx, { world });
  const { call, done } = farm;
  await call('service set', {
    params: { name: 'master', type: 'http' },
    body: { options: { publicAddresses: ['192.0.2.1'] } },
  });
  const dns = { type: 'dns', engine: 'bind', options: key };
  await done((await call('service create', { params: { name: 'master' }, body: dns })).task);
  return farm;
}

async function withSecondServer(farm: HubWithWorker): Promise<void> {
  const { call, done, world } = farm;
  const services = [{ type: 'http', engine: 'apache', options: { publicAddresses: ['192.0.2.2'] } }];
  await done((await call('server create', { body: { name: 'web2', root: '/var/second', services } })).task);
  const root = '/var/second/platforms/p2';
  simulatedDrupal(world, root);
  await done((await call('platform create', { body: { name: 'p2', server: 'web2', root } })).task);
}

/** What leads anywhere, without what says whose it is. */
const zoneOf = ({ world }: HubWithWorker): readonly string[] =>
  (world.states.get('bind')?.() ?? '')
    .split('\n')
    .filter((line) => line !== '' && !line.includes('aegir='))
    .map((line) => line.replace(/\. \d+ IN/, ''));
const others = ['taken.example.com A 192.0.2.99'];
const at = (ip: string, ...names: readonly string[]): readonly string[] =>
  [...others, ...names.map((name) => `${name}.example.com A ${ip}`)].toSorted();

const set = async ({ call, done }: HubWithWorker, body: object, name = 'www.example.com'): Promise<void> => {
  const { task } = await call('site set', { params: { name }, body });
  await done(task ?? assert.fail('there is a task'));
};

test('the records of a site come with it, follow its aliases, its name, its server and its dns service, and go with it', async (t) => {
  const farm = await dnsFarm(t);
  await withSecondServer(farm);
  const { call, done } = farm;
  await installedSite(farm, 'www.example.com', { aliases: ['a.example.com', 'www.elsewhere.org'] });
  assert.deepEqual(zoneOf(farm), at('192.0.2.1', 'a', 'www'));
  assert.equal((await call('site get', { params: { name: 'www.example.com' } })).dns, 'master');

  await set(farm, { aliases: [{ name: 'b.example.com', redirect: true }] });
  assert.deepEqual(zoneOf(farm), at('192.0.2.1', 'b', 'www'));
  // Before a move others are to remember less, and as much as ever afterwards.
  const remembered = async (): Promise<unknown> => {
    const { rows } = await sql<{ ttl: unknown }>`
      select distinct pointing->'ttlSeconds' as ttl from dns_record`.execute(farm.database.db);
    return rows.map(({ ttl }) => ttl);
  };
  const usual = await remembered();
  await set(farm, { dnsTtl: 60 });
  assert.deepEqual(await remembered(), [60]);
  await set(farm, { dnsTtl: null });
  assert.deepEqual(await remembered(), usual);
  await set(farm, { dns: null });
  assert.deepEqual(zoneOf(farm), others);
  await set(farm, { dns: 'master' });
  assert.deepEqual(zoneOf(farm), at('192.0.2.1', 'b', 'www'));

  const clone = { params: { name: 'www.example.com' }, body: { name: 'c.example.com' } };
  await done((await call('site clone', clone)).task);
  await done(await askSite(farm, 'site delete', { force: true, backup: false }, 'c.example.com'));
  assert.deepEqual(zoneOf(farm), at('192.0.2.1', 'b', 'www'));

  await done(await askSite(farm, 'site rename', { name: 'new.example.com', keepOld: 'no' }, 'www.example.com'));
  assert.deepEqual(zoneOf(farm), at('192.0.2.1', 'b', 'new'));
  await done(await askSite(farm, 'site move', { platform: 'p2', keepOldSeconds: 0 }, 'new.example.com'));
  assert.deepEqual(zoneOf(farm), at('192.0.2.2', 'b', 'new'));

  const moved = { params: { name: 'web2', type: 'http' }, body: { options: { publicHost: 'web2.hosting.test' } } };
  for (const { id } of (await call('service set', moved)).tasks) await done(id);
  assert.deepEqual(
    zoneOf(farm),
    [...others, 'b.example.com CNAME web2.hosting.test.', 'new.example.com CNAME web2.hosting.test.'].toSorted(),
  );

  await assert.rejects(
    call('service delete', { params: { name: 'master', type: 'dns' } }),
    isProblem('in-use', /new\.example\.com/),
  );
  await done(await askSite(farm, 'site delete', { force: true, backup: false }, 'new.example.com'));
  assert.deepEqual(zoneOf(farm), others);
  await call('service delete', { params: { name: 'master', type: 'dns' } });
});

test('whether all names of a dns service lead where they should is answered in one look', async (t) => {
  const farm = await dnsFarm(t);
  await installedSite(farm, 'www.example.com', { aliases: ['a.example.com', 'www.elsewhere.org'] });
  const names = () => farm.call('server names', { params: { name: 'master' } });
  assert.deepEqual(await names(), { checked: 3, differ: 0, differences: [] });
  await sql`update dns_record set pointing = jsonb_set(pointing, '{addresses}', '["192.0.2.77"]')
    where name = 'a.example.com'`.execute(farm.database.db);
  const differences = ['a.example.com answers A 192.0.2.1, not A 192.0.2.77'];
  assert.deepEqual(await names(), { checked: 3, differ: 1, differences });
  await withSecondServer(farm);
  await assert.rejects(farm.call('server names', { params: { name: 'web2' } }), isProblem('not-found', /dns service/));
});

test('a name that somebody else has in the zone is refused before anything is made, and one in no zone is told', async (t) => {
  const farm = await dnsFarm(t);
  const { call } = farm;
  const before = farm.world.snapshot();
  const { task } = await call('site create', { body: { name: 'taken.example.com', platform: 'p1' } });
  const refused = await farm.waitFor(task);
  assert.equal(refused.status, 'failed');
  assert.match(
    String(refused.problem?.message),
    /taken\.example\.com has records that Aegir has not made: A 192\.0\.2\.99/,
  );
  assert.equal(farm.world.snapshot(), before);
  // Who cares for the records himself gets the site.
  await call('site set', { params: { name: 'taken.example.com' }, body: { dns: null } });
  await farm.done(
    (await call('site task', { params: { name: 'taken.example.com' }, body: { name: 'site install' } })).task,
  );
  assert.deepEqual(zoneOf(farm), others);
  const { events } = await installedSite(farm, 'www.elsewhere.org');
  assert.ok(
    events.some(
      (event) => event.type === 'note' && event.text === 'in no zone of the dns service of master: www.elsewhere.org',
    ),
  );
});

test('a move that fails after its names were moved puts the records back as they were, with the addresses of then', async (t) => {
  const farm = await dnsFarm(t);
  await withSecondServer(farm);
  const { call } = farm;
  await installedSite(farm, 'www.example.com');
  const [zone, whole] = [zoneOf(farm), farm.world.states.get('bind')?.()];
  // What the web server is reached at is another now, and nobody has verified the site since.
  await farm.database.db
    .updateTable('service')
    .set({ options: JSON.stringify({ publicAddresses: ['192.0.2.77'] }) })
    .where('type', '=', 'http')
    .where('engine', '=', 'nginx')
    .execute();
  let updates = 0;
  farm.before = ({ method, what }) => {
    if (method !== 'run' || !what.startsWith('dig') || updates === 0) {
      if (what.startsWith('nsupdate')) updates += 1;
      return;
    }
    // The look that is to prove it.
    if (updates === 1 && zoneOf(farm).includes('www.example.com A 192.0.2.2')) {
      updates += 1;
      throw new Error('power cut');
    }
  };
  const ended = await farm.waitFor(
    await askSite(farm, 'site move', { platform: 'p2', keepOldSeconds: 0 }, 'www.example.com'),
  );
  assert.deepEqual([ended.status, updates > 1], ['failed', true], JSON.stringify(ended.problem));
  assert.deepEqual(zoneOf(farm), zone);
  assert.equal(farm.world.states.get('bind')?.(), whole);
  const { rows } = await rowsOf(farm);
  assert.deepEqual(rows, [{ name: 'www.example.com', addresses: ['192.0.2.1'] }]);
  await assert.doesNotReject(call('site get', { params: { name: 'www.example.com' } }));
});

async function rowsOf({ database }: HubWithWorker) {
  return sql`select name, pointing -> 'addresses' as addresses from dns_record order by name`.execute(database.db);
}

test('without addresses of its web server nothing is begun, and the hint says how to give them', async (t) => {
  const farm = await dnsFarm(t);
  const { call } = farm;
  for (const { id } of (
    await call('service set', { params: { name: 'master', type: 'http' }, body: { options: null } })
  ).tasks)
    await farm.done(id);
  const { task } = await call('site create', { body: { name: 'www.example.com', platform: 'p1' } });
  const { problem } = await farm.waitFor(task);
  assert.equal(problem?.code, 'invalid');
  assert.match(String(problem?.hint), /aegir service set master http .*publicAddresses/);
  await assert.rejects(
    call('site create', { body: { name: 'x.example.com', platform: 'p1', dns: 'nowhere' } }),
    isProblem('not-found'),
  );
  await farm.done((await call('server create', { body: { name: 'plain' } })).task);
  await assert.rejects(
    call('site create', { body: { name: 'x.example.com', platform: 'p1', dns: 'plain' } }),
    isProblem('invalid', /no dns service/),
  );
});
