import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeKey } from '../../src/hub/hub-key.ts';
import type { HubWithWorker } from '../kit/hub-with-worker.ts';
import { onHost, script } from '../kit/lab.ts';
import { addServer, bootstrap, labHub } from '../kit/lab-hub.ts';
import { startS3rver } from '../kit/s3rver.ts';

const name = 'www.example.com';

/** web1 with a small site, whose database is on db1. */
async function farmOf(t: TestContext): Promise<HubWithWorker> {
  const farm = await labHub(t);
  const { call, done } = farm;
  await addServer(farm, 'web1', [{ type: 'http', engine: 'nginx' }]);
  await addServer(farm, 'db1', [{ type: 'db', engine: 'mysql' }]);
  const platform = await call('platform create', {
    body: {
      ...{ name: 'wp', server: 'web1', root: '/var/aegir/platforms/wp' },
      source: { type: 'debian', package: 'wordpress' },
    },
  });
  await done(platform.task);
  const made = await call('site create', {
    body: { name, platform: 'wp', dbServer: 'db1', title: 'As it was', email: 'a@example.com' },
  });
  await done(made.task);
  return farm;
}

/** How each engine keeps files on db2, or in a store that is neither. */
async function waysTo(t: TestContext): Promise<Readonly<Record<string, object>>> {
  const key = makeKey();
  const hostKey = (await onHost('db2', ['cat', '/etc/ssh/ssh_host_ed25519_key.pub'])).split(' ').slice(0, 2).join(' ');
  const login = { host: 'db2', privateKey: key.private.reveal(), hostKeys: [hostKey.trim()] };
  // Of the user that each server has: bootstrap gives it the same number everywhere.
  await script('web1', 'install -d -m 777 -o aegir /mnt/share/kept');
  t.after(() => onHost('web1', ['rm', '-rf', '/mnt/share/kept']));
  const directory = await mkdtemp(join(tmpdir(), 'aegir-s3-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const { endpoint, ...access } = await startS3rver(t, directory, '10.77.0.1');
  return {
    rsync: login,
    scp: login,
    sftp: login,
    git: { ...login, directory: '/var/aegir-files/kept.git' },
    svn: { ...login, directory: '/var/aegir-files/kept.svn' },
    mount: { directory: '/mnt/share/kept', paths: { web1: '/mnt/share/kept' } },
    s3: { endpoint, bucket: 'aegir', ...access },
  };
}

const titleOnWeb1 = async (): Promise<string> =>
  /<title>([^<&]*)/
    .exec(await onHost('web1', ['curl', '-s', '--resolve', `${name}:80:127.0.0.1`, `http://${name}/`]))?.[1]
    ?.trim() ?? '';

async function onSite({ call, waitFor }: HubWithWorker, task: string, args: object = {}) {
  const asked = await call('site task', { params: { name }, body: { name: task, args } as never });
  const { status, problem, task: ended } = await waitFor(asked.task);
  assert.equal(status, 'done', `${task}: ${JSON.stringify(problem)}`);
  return ended;
}

const onBackup = async ({ call, done }: HubWithWorker, backup: string, task: string): Promise<void> => {
  await done((await call('backup task', { params: { name: backup }, body: { name: task } as never })).task);
};

const archives = async (): Promise<string> => (await onHost('web1', ['ls', '/var/aegir/backups'])).trim();

test('a backup goes to another server by each file engine, and the site comes back from there when all that was here is gone', async (t) => {
  const farm = await farmOf(t);
  const { call, done } = farm;
  const ways = await waysTo(t);
  const took: string[] = [];
  for (const [engine, options] of Object.entries(ways)) {
    const begun = Date.now();
    if (engine === 'rsync') await addServer(farm, 'db2', [{ type: 'file', engine, options: options as never }]);
    else
      await done(
        (
          await call('service create', {
            params: { name: 'db2' },
            body: { type: 'file', engine, options: options as never },
          })
        ).task,
      );
    await bootstrap(farm, 'db2');
    const backups = { type: 'backup', engine: 'archive', options: { fileService: 'db2' } } as const;
    await done((await call('service create', { params: { name: 'web1' }, body: backups })).task);

    // A restore gives the site another one.
    const database = (await call('site get', { params: { name } })).database.name;
    const { result } = await onSite(farm, 'site backup');
    const { backup: id } = result as { backup: string };
    const backup = await call('backup get', { params: { name: id } });
    assert.deepEqual([backup.elsewhere?.server, backup.elsewhere?.problem], ['db2', null], engine);
    await script(
      'db1',
      `mariadb "$1" -e "update wp_options set option_value = 'Spoilt' where option_name = 'blogname'"`,
      database,
    );
    assert.equal(await titleOnWeb1(), 'Spoilt');
    await script('web1', 'rm /var/aegir/backups/*');
    await onSite(farm, 'site restore', { backup: id, backupFirst: false });
    assert.equal(await titleOnWeb1(), 'As it was', engine);
    await onBackup(farm, id, 'backup verify');
    await onBackup(farm, id, 'backup delete');
    assert.equal(await archives(), '', engine);
    await assert.rejects(call('service delete', { params: { name: 'db2', type: 'file' } }), { code: 'in-use' });
    for (const [server, type] of [
      ['web1', 'backup'],
      ['db2', 'file'],
    ] as const)
      await call('service delete', { params: { name: server, type } });
    took.push(`${engine} ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  }
  console.log(`# ${took.join(', ')}`);
  const { task } = await call('site task', {
    params: { name },
    body: { name: 'site delete', args: { force: true, backup: false } } as never,
  });
  await done(task);
});
