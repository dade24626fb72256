import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installedSite, verifiedFarm } from './kit/hub-with-worker.ts';

const name = 'example.com';

/** So many sessions are what it costs on a server that is reached by ssh: bench/servers.ts. */
for (const { most, ...kind } of [
  { http: 'nginx', db: 'mysql', application: 'wordpress', most: 10 },
  { http: 'apache', db: 'postgresql', application: 'drupal', most: 13 },
] as const)
  test(`a site verify that finds all as it should be, ${Object.values(kind).join(', ')}: a few trips to the server`, async (t) => {
    const farm = await verifiedFarm(t, kind);
    await installedSite(farm, name);
    const acts: string[] = [];
    farm.before = ({ method, what }) => void acts.push(`${method} ${what}`);
    const body = { name: 'site verify' };
    const { changed } = await farm.done((await farm.call('site task', { params: { name }, body })).task);
    farm.before = () => undefined;
    assert.deepEqual(changed, []);
    assert.ok(acts.length <= most, `${acts.length}:\n${acts.join('\n')}`);
  });
