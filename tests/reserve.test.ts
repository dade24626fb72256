import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runReserves } from '../src/hub/reserve-run.ts';
import { simulatedState } from '../src/simulation/php.ts';
import { publishedAs } from '../src/simulation/web.ts';
import { type HubWithWorker, installedSite, verifiedFarm } from './kit/hub-with-worker.ts';

// The reserve with a hub, a worker and a server in memory: the tasks themselves, and what visitors get.

const noon = new Date('2030-01-10T12:00:00Z');
const night = new Date('2030-01-11T02:00:00Z');

/** Until nothing is to be done any more at that time. */
async function settle(farm: HubWithWorker, at: Date): Promise<void> {
  for (let round = 0; round < 20; round++) {
    await runReserves(farm.hub, at);
    const { items } = await farm.call('task list', { query: { status: 'queued' } });
    const { items: running } = await farm.call('task list', { query: { status: 'running' } });
    if (items.length + running.length === 0) {
      const { items: states } = await farm.call('reserve list', {});
      if (states.every(({ states: each }) => !('building' in each || 'renaming' in each))) return;
    }
    for (const { id } of [...items, ...running]) await farm.waitFor(id);
  }
}

/** Title and mail address of the site that a visitor of this name gets. */
function shownAt({ world }: HubWithWorker, name: string): readonly (string | undefined)[] {
  const published = publishedAs(world, name);
  if (published?.state !== 'enabled') assert.fail(`${name} is ${published?.state ?? 'not there'}`);
  const state = simulatedState(world, published.database);
  return [state?.title, state?.email];
}

for (const application of ['drupal', 'wordpress'] as const)
  test(`a spare answers under the name that was asked for as soon as it is handed over, and is renamed by night (${application})`, async (t) => {
    const farm = await verifiedFarm(t, { http: 'nginx', db: 'mysql', application });
    const { call, done, world } = farm;
    await installedSite(farm, 'template.example.net', { title: 'Template' });
    await call('client create', { body: { name: 'acme' } });
    const rules = { name: 'shops', template: 'template.example.net', pattern: 'spare-*.example.net', full: 2 };
    await call('reserve create', { body: rules });
    await settle(farm, noon);
    assert.equal((await call('reserve get', { params: { name: 'shops' } })).usable, 1);

    const body = { name: 'shop.example.com', client: 'acme', title: 'The shop', email: 'owner@example.com' };
    const claim = await call('reserve claim', { params: { name: 'shops' }, body });
    assert.equal(claim.spare, true);
    await done(claim.task);
    assert.deepEqual(shownAt(farm, 'shop.example.com'), ['The shop', 'owner@example.com']);
    assert.equal(publishedAs(world, 'spare-1.example.net')?.state, 'redirect', 'its first name leads there');
    const { link } = await call('site login-link', { params: { name: claim.site.id } });
    assert.match(link, /^http:\/\/shop\.example\.com\//);
    assert.equal(shownAt(farm, 'template.example.net')[0], 'Template');

    await settle(farm, noon);
    assert.equal((await call('site get', { params: { name: claim.site.id } })).name, 'spare-1.example.net');
    await settle(farm, night);
    const renamed = await call('site get', { params: { name: 'shop.example.com' } });
    assert.deepEqual([renamed.id, renamed.directory, renamed.aliases], [claim.site.id, 'shop.example.com', []]);
    assert.equal(shownAt(farm, 'shop.example.com')[0], 'The shop');
    assert.equal(publishedAs(world, 'spare-1.example.net'), null);

    const second = await call('reserve claim', { params: { name: 'shops' }, body: { name: 'two.example.com' } });
    await done(second.task);
    await call('reserve delete', { params: { name: 'shops' } });
    await settle(farm, night);
    const { items } = await call('site list', {});
    assert.deepEqual(
      items.map(({ name }) => name),
      ['shop.example.com', 'template.example.net', 'two.example.com'],
    );
  });

test('where there is no spare the site is cloned and then handed over, and a hand-over that fails is tried again', async (t) => {
  const farm = await verifiedFarm(t, { http: 'nginx', db: 'mysql', application: 'drupal' });
  const { call, done } = farm;
  await installedSite(farm, 'template.example.net');
  const rules = {
    name: 'shops',
    template: 'template.example.net',
    pattern: 'spare-*.example.net',
    full: 0,
    emergency: 0,
  };
  await call('reserve create', { body: rules });
  const body = { name: 'shop.example.com', title: 'The shop' };
  const claim = await call('reserve claim', { params: { name: 'shops' }, body });
  assert.deepEqual([claim.spare, claim.site.name, claim.task.name], [false, 'shop.example.com', 'site clone']);
  await done(claim.task);
  let failures = 0;
  farm.before = ({ method, what }) => {
    if (method === 'run' && what.startsWith('nginx') && failures++ === 0) throw new Error('power cut');
  };
  await settle(farm, noon);
  assert.equal((await call('reserve spares', { params: { name: 'shops' } })).items[0]?.state, 'claimed');
  await settle(farm, new Date(noon.getTime() + 10 * 60_000));
  const { items } = await call('reserve spares', { params: { name: 'shops' } });
  assert.deepEqual(
    items.map(({ state, site }) => [state, site]),
    [['done', 'shop.example.com']],
  );
  assert.equal(shownAt(farm, 'shop.example.com')[0], 'The shop');
});
