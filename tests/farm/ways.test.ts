import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { makeKey } from '../../src/hub/hub-key.ts';
import type { HubWithWorker } from '../kit/hub-with-worker.ts';
import { onHost, script } from '../kit/lab.ts';
import { addServer, bootstrap, labHub } from '../kit/lab-hub.ts';

// By which way the files of a site go from one web server to another is chosen by what the two have in common, and told.

const name = 'www.example.com';
const root = '/var/aegir/platforms/wp';
const kept = '/mnt/share/kept';
type Web = 'web1' | 'web2';
const platformOn = { web1: 'wp1', web2: 'wp2' } as const;

/** A site with three hundred small files and a large one on web1, its database on db1. */
async function farmOf(t: TestContext): Promise<HubWithWorker> {
  const farm = await labHub(t);
  const { call, done } = farm;
  await Promise.all([
    addServer(farm, 'web1', [{ type: 'http', engine: 'nginx' }]),
    addServer(farm, 'web2', [{ type: 'http', engine: 'nginx' }]),
    addServer(farm, 'db1', [{ type: 'db', engine: 'mysql' }]),
  ]);
  for (const server of ['web1', 'web2'] as const) {
    const source = { type: 'debian', package: 'wordpress' } as const;
    await done((await call('platform create', { body: { name: platformOn[server], server, root, source } })).task);
  }
  const body = { name, platform: 'wp1', dbServer: 'db1', title: 'On its way', email: 'a@example.com' };
  await done((await call('site create', { body })).task);
  await script('web1', usage, `${root}/sites/${name}`);
  return farm;
}
const usage = `cd "$1"
runuser -u www-data -- sh -c 'head -c 30000000 /dev/urandom >files/picture.png; for i in $(seq 300); do echo $i >files/$i.txt; done'`;

const sums = (web: Web): Promise<string> =>
  script(web, 'cd "$1/files" && find . -type f -exec md5sum {} + | sort -k 2', `${root}/sites/${name}`);

/** What the log says of the way. */
async function migrate({ call, waitFor }: HubWithWorker, to: Web): Promise<readonly string[]> {
  const body = { name: 'site migrate', args: { platform: platformOn[to] } } as const;
  const { status, problem, events } = await waitFor((await call('site task', { params: { name }, body })).task);
  assert.equal(status, 'done', JSON.stringify(problem));
  return events.flatMap((one) => (one.type === 'note' && /^files (?:cannot )?go/.test(one.text) ? [one.text] : []));
}

const isEmpty = async (host: string, directory: string): Promise<void> =>
  assert.equal(
    await script(host, 'find "$1" -mindepth 1 ! -name .aegir-share', directory),
    '',
    'nothing is left on the way',
  );

test('a site goes by a share, by a login from one server to the other, or through the worker, and says so', async (t) => {
  const farm = await farmOf(t);
  const { call, done } = farm;
  const before = await sums('web1');
  const service = async (server: string, type: 'file' | 'backup', engine: string, options: object) =>
    done(
      (await call('service create', { params: { name: server }, body: { type, engine, options: options as never } }))
        .task,
    );

  await t.test('by a share', async () => {
    await script('web1', 'install -d -m 700 -o aegir "$1"', kept);
    t.after(() => onHost('web1', ['rm', '-rf', kept]));
    await service('web1', 'file', 'mount', { directory: kept, paths: { web2: kept } });
    assert.deepEqual(await migrate(farm, 'web2'), [
      `files go from web1 to web2 by a share that both have mounted: ${kept}, of the file service of web1`,
    ]);
    assert.equal(await sums('web2'), before);
    await isEmpty('web1', kept);
  });

  await t.test('which is not mounted any more', async () => {
    await onHost('web1', ['rm', `${kept}/.aegir-share`]);
    const [cannot, told] = await migrate(farm, 'web1');
    assert.match(
      cannot ?? '',
      /^files cannot go by a share .*: the share is not mounted at \/mnt\/share\/kept on web2$/,
    );
    assert.match(told ?? '', /^files go from web2 to web1 through the worker/);
    assert.equal(await sums('web1'), before);
    await call('service delete', { params: { name: 'web1', type: 'file' } });
  });

  await t.test('by a login', async () => {
    const key = makeKey();
    const shown = await onHost('web2', ['cat', '/etc/ssh/ssh_host_ed25519_key.pub']);
    const hostKeys = [shown.split(' ').slice(0, 2).join(' ').trim()];
    await service('web2', 'file', 'rsync', { host: 'web2', privateKey: key.private.reveal(), hostKeys }).catch(
      () => {},
    );
    await bootstrap(farm, 'web2');
    await service('web1', 'backup', 'archive', { fileService: 'web2' });
    assert.deepEqual(await migrate(farm, 'web2'), [
      'files go from web1 to web2 directly, by ssh to aegir-files@web2:/var/aegir-files/kept, the file service of web2',
    ]);
    assert.equal(await sums('web2'), before);
    await isEmpty('web2', '/var/aegir-files/kept');
  });

  const args = { force: true, backup: false };
  await done((await call('site task', { params: { name }, body: { name: 'site delete', args } as never })).task);
});
