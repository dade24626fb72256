import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endTasks, testHub } from '../../tests/kit/hub.ts';

const web = { type: 'http', engine: 'nginx' };
const cluster = (...members: readonly string[]) => [{ type: 'http', engine: 'cluster', options: { members } }];

test('a cluster publishes by servers with a web server of their own, which stay while it does', async (t) => {
  const made = await testHub(t);
  const { good, problem } = made;
  for (const name of ['web1', 'web2']) await good('POST', '/api/servers', { name, services: [web] });
  await good('POST', '/api/servers', { name: 'db1', services: [{ type: 'db', engine: 'mysql' }] });
  for (const member of ['db1', 'nobody', 'cluster1']) {
    const body = { name: 'cluster1', services: cluster('web1', member) };
    assert.match((await problem('invalid', 'POST', '/api/servers', body)).detail, new RegExp(member));
  }
  await problem('not-found', 'GET', '/api/servers/cluster1');
  await good('POST', '/api/servers', { name: 'cluster1', services: cluster('web1', 'web2') });
  await problem('invalid', 'POST', '/api/servers', { name: 'cluster2', services: cluster('cluster1') });
  const body = { engine: 'cluster', options: { members: ['web2'] } };
  await problem('in-use', 'PATCH', '/api/servers/web1/services/http', body);
  await endTasks(made);
  await problem('in-use', 'DELETE', '/api/servers/web1');
  await problem('in-use', 'DELETE', '/api/servers/web1/services/http');
  await good('PATCH', '/api/servers/cluster1/services/http', { options: { members: ['web2'] } });
  await endTasks(made);
  await good('DELETE', '/api/servers/web1');
});

test('what a cluster publishes is verified again when its members, or a web server among them, change', async (t) => {
  const made = await testHub(t);
  const { good } = made;
  for (const name of ['web1', 'web2', 'front', 'other']) await good('POST', '/api/servers', { name, services: [web] });
  const options = { members: ['web1', 'web2'], front: 'front' };
  const services = [{ type: 'http', engine: 'cluster', options }];
  await good('POST', '/api/servers', { name: 'cluster1', services });
  await good('POST', '/api/platforms', { name: 'd10', root: '/var/aegir/platforms/d10', server: 'cluster1' });
  await endTasks(made);
  const verified = async (server: string, changed: object): Promise<readonly string[]> => {
    const { tasks } = await good('PATCH', `/api/servers/${server}/services/http`, { options: changed });
    await endTasks(made);
    return tasks.map((one: { name: string; subject: { name: string } }) => `${one.name} ${one.subject.name}`);
  };
  for (const server of ['web1', 'front'])
    assert.deepEqual(
      await verified(server, { uploadMegabytesMax: 99 }),
      [`server verify ${server}`, 'platform verify d10'],
      server,
    );
  assert.deepEqual(await verified('other', { uploadMegabytesMax: 99 }), ['server verify other']);
  assert.deepEqual(await verified('cluster1', { members: ['web1'] }), [
    'server verify cluster1',
    'platform verify d10',
  ]);
  assert.deepEqual(await verified('web2', { uploadMegabytesMax: 98 }), ['server verify web2'], 'no member any more');
});

test('a server that publishes for others only carries no platform, and one that carries some is not made one', async (t) => {
  const made = await testHub(t);
  const { good, problem } = made;
  await good('POST', '/api/servers', { name: 'web1', services: [{ ...web, publishTo: 'servers' }] });
  await good('POST', '/api/servers', { name: 'web2', services: [web] });
  const platform = { name: 'd10', root: '/var/aegir/platforms/d10' };
  const { hint } = await problem('invalid', 'POST', '/api/platforms', { ...platform, server: 'web1' });
  assert.match(hint, /--publish-to sites/);
  assert.equal((await good('POST', '/api/platforms', platform)).platform.server, 'web2', 'the only one that could');
  await problem('in-use', 'PATCH', '/api/servers/web2/services/http', { publishTo: 'servers' });
  assert.equal(
    (await good('PATCH', '/api/servers/web1/services/http', { publishTo: 'sites' })).service.publishTo,
    'sites',
  );
  await problem('invalid', 'POST', '/api/servers', {
    name: 'db1',
    services: [{ type: 'db', engine: 'mysql', publishTo: 'servers' }],
  });
});
