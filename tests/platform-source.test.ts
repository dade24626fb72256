import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Input } from '../src/api/endpoints.ts';
import { codeToFetch } from '../src/simulation/build.ts';
import { type HubWithWorker, hubWithWorker, installedSite } from './kit/hub-with-worker.ts';

/** Platforms with a source, from the request to the hub until they are deleted; built in memory. What is really built is in sources.test.ts. */

type Source = Input<'platform create'>['body']['source'];

const root = '/var/aegir/platforms/p1';
const composer = { type: 'composer', package: 'drupal/recommended-project', version: '^10' } as const;

async function farmWithServer(t: TestContext): Promise<HubWithWorker> {
  const farm = await hubWithWorker(t);
  const services = [
    { type: 'http', engine: 'nginx' },
    { type: 'db', engine: 'mysql' },
  ];
  await farm.done((await farm.call('server create', { body: { name: 'master', services } })).task);
  return farm;
}

const create = ({ call }: HubWithWorker, source: Source, more: { name?: string; root?: string } = {}) =>
  call('platform create', { body: { name: 'p1', root, ...more, source } });

const asked = ({ call }: HubWithWorker, body: Input<'platform task'>['body']) =>
  call('platform task', { params: { name: 'p1' }, body });

test('a platform with a source is built, carries sites, and goes with all its code', async (t) => {
  const farm = await farmWithServer(t);
  const { call, world, done } = farm;
  const before = world.snapshot();
  const { platform, task } = await create(farm, composer);
  assert.deepEqual([platform.root, platform.source, platform.tree, platform.builtAt], [root, composer, root, null]);
  const { changed } = await done(task);
  assert.ok(changed.includes(`built ${root}`), changed.join('\n'));
  const built = await call('platform get', { params: { name: 'p1' } });
  assert.deepEqual(
    [built.status, built.root, built.tree, built.application],
    ['enabled', `${root}/web`, root, 'drupal'],
  );
  assert.notEqual(built.builtAt, null);
  assert.ok(world.get(`${root}/composer.json`));

  const again = await done((await asked(farm, { name: 'platform verify' })).task);
  assert.deepEqual(
    [again.changed, again.task.steps.map(({ name }) => name)],
    [[], ['write shared files', 'scan packages', 'find sites']],
  );

  await installedSite(farm, 'one.example.com');
  await installedSite(farm, 'two.example.com');
  const remove = { name: 'platform delete', args: { removeCode: true } };
  await assert.rejects(asked(farm, remove), {
    code: 'in-use',
    message: /still carries one\.example\.com, two\.example\.com$/,
  });
  assert.ok(world.get(`${root}/web/index.php`));
  for (const name of ['one.example.com', 'two.example.com'])
    await done(
      (
        await call('site task', {
          params: { name },
          body: { name: 'site delete', args: { force: true, backup: false } },
        })
      ).task,
    );
  await done((await asked(farm, remove)).task);
  assert.equal(world.get(root), undefined);
  const left = (text: string): readonly string[] => text.split('\n').filter((line) => /platforms|builds/.test(line));
  assert.deepEqual(left(world.snapshot()), left(before));
});

test('a build that fails leaves the platform failed and nothing on the server; asked again, it is built', async (t) => {
  const farm = await farmWithServer(t);
  const { call, world, done } = farm;
  const before = world.snapshot();
  world.put(codeToFetch, 'drupal');
  world.remove('/var/aegir/builds');
  const failed = await farm.waitFor((await create(farm, composer)).task);
  assert.match(failed.problem?.message ?? '', /code of others cannot be run safely on master/);
  assert.equal((await call('platform get', { params: { name: 'p1' } })).status, 'failed');
  world.directory('/var/aegir/builds', { owner: 'aegir-build', group: 'aegir', mode: '0750' });
  const rehearsed = await done((await asked(farm, { name: 'platform verify', dryRun: true })).task);
  const said = rehearsed.events.flatMap((event) => (event.type === 'note' ? [event.text] : []));
  assert.deepEqual(said, [`would build ${root} from composer package=drupal/recommended-project version=^10`]);
  assert.equal(world.snapshot(), before);
  await done((await asked(farm, { name: 'platform verify' })).task);
  assert.equal((await call('platform get', { params: { name: 'p1' } })).status, 'enabled');
});

test('no platform is made in the tree of another one, nor above it', async (t) => {
  const farm = await farmWithServer(t);
  await farm.done((await create(farm, composer)).task);
  for (const other of [`${root}/web`, `${root}/web/sites/x`, '/var/aegir/platforms', root])
    for (const source of [{ type: 'path' }, composer] as const)
      await assert.rejects(create(farm, source, { name: 'p2', root: other }), { code: 'conflict' }, other);
  await farm.done((await create(farm, composer, { name: 'p2', root: `${root}1` })).task);
});

const bad: readonly (readonly [string, unknown])[] = [
  ['no such type', { type: 'svn' }],
  ['http without a checksum', { type: 'archive', location: 'http://example.com/a.tar' }],
  ['a password in an address', { type: 'archive', location: 'https://me:secret@example.com/a.tar' }],
  ['ftp', { type: 'archive', location: 'ftp://example.com/a.tar' }],
  ['file', { type: 'archive', location: 'file:///etc/passwd' }],
  ['an option', { type: 'archive', location: '--output=/etc/cron.d/x' }],
  ['a path that is not plain', { type: 'archive', location: '/srv/../etc/passwd' }],
  ['a checksum of another kind', { type: 'archive', location: '/srv/a.tar', sha256: 'abc' }],
  ['git over ssh', { type: 'git', repository: 'ssh://git@example.com/a.git' }],
  ['git over ssh, as scp writes it', { type: 'git', repository: 'git@example.com:a.git' }],
  ['git by a program', { type: 'git', repository: 'ext::sh -c touch% /tmp/x' }],
  ['git over http', { type: 'git', repository: 'http://example.com/a.git' }],
  ['a branch that is an option', { type: 'git', repository: '/srv/a.git', ref: '--upload-pack=x' }],
  ['a branch with more in it', { type: 'git', repository: '/srv/a.git', ref: 'main:refs/heads/x' }],
  ['a document root that leads out', { type: 'git', repository: '/srv/a.git', docroot: '../x' }],
  ['a package that is an option', { type: 'composer', package: '--working-dir=/etc' }],
  ['a version that is an option', { type: 'composer', package: 'a/b', version: '--no-plugins' }],
  ['a field of another type', { type: 'debian', package: 'wordpress', ref: 'x' }],
  ['a Debian package that is an option', { type: 'debian', package: '--help' }],
];

test('a source that is none is refused, and there is no platform', async (t) => {
  const farm = await farmWithServer(t);
  for (const [what, source] of bad) await assert.rejects(create(farm, source as Source), { code: 'invalid' }, what); // That it is none is the point.
  assert.equal((await farm.call('platform list', { query: {} })).total, 0);
});
