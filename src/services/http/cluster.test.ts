import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { echo, onReal, type RealBench } from '../../../tests/kit/http-benches.ts';
import { sample } from '../../../tests/kit/http-contract.ts';
import { openDirectory } from '../../../tests/kit/web.ts';
import type { Machine } from '../../machine/machine.ts';
import { Problem } from '../../model/problem.ts';
import { serverPaths } from '../../model/server.ts';
import { cluster, pack } from './cluster.ts';
import type { Http, Web, Webs } from './http.ts';
import { latest } from './latest.ts';

interface Farm {
  readonly web1: RealBench;
  readonly web2: RealBench;
  readonly front: RealBench;
  /** With these members; web1 is where its files are. */
  open(...members: readonly string[]): Http;
  as(engine: typeof cluster, members: readonly string[], front?: string): Http;
}

const name = 'example.com';

/** Three private web servers, of which the second may be an Apache; the members believe the front. */
const onFarm = (action: (farm: Farm) => Promise<void>, second: 'nginx' | 'apache' = 'nginx'): Promise<void> =>
  onReal('nginx', (web1) =>
    onReal(second, (web2) =>
      onReal('nginx', async (front) => {
        const home = await openDirectory('aegir-cluster');
        const paths = serverPaths(join(home.path, 'aegir'), 'cluster1');
        await mkdir(paths.platforms, { recursive: true });
        const webs: Readonly<Record<string, Web>> = Object.fromEntries(
          Object.entries({ web1, web2, front }).map(([server, bench]) => {
            const http = bench.openWith(
              bench === front ? { publicAddresses: ['127.0.0.1'] } : { proxies: ['127.0.0.1'] },
            );
            return [server, { server, host: '127.0.0.1', machine: bench.machine, paths, http }];
          }),
        );
        for (const { http } of Object.values(webs)) await http.verify();
        const as: Farm['as'] = (engine, members, lead) => {
          const named: Webs['named'] = [...members, ...(lead === undefined ? [] : [lead])].flatMap(
            (one) => webs[one] ?? [],
          );
          const all: Webs = { host: 'elsewhere', named, find: (one) => webs[one] ?? null };
          return engine.open(
            { machine: web1.machine, paths, webs: all },
            { members, ...(lead !== undefined && { front: lead }) },
          ) as Http;
        };
        await as(cluster, ['web1']).verify();
        try {
          await action({ web1, web2, front, as, open: (...members) => as(cluster, members, 'front') });
        } finally {
          await home.remove();
        }
      }),
    ),
  );

async function textsOf({ machine, config }: RealBench): Promise<string> {
  const files = (await machine.find(config, {})).filter(({ kind }) => kind === 'file');
  return [...(await machine.readMany(files.map(({ path }) => path))).values()].join('\n');
}

test('a cluster publishes by its members, with a front that asks the other where one does not answer', () =>
  onFarm(async ({ web1, web2, front, open }) => {
    const both = open('web1', 'web2');
    await both.verify();
    const vhost = sample(web1, name, { tls: 'on' });
    const made = await both.create(vhost);
    assert.deepEqual([...new Set(made.map((one) => one.split(':')[0]))], ['web1', 'web2', 'front']);
    assert.deepEqual(await both.create(vhost), [], 'twice is the same as once');
    for (const bench of [web1, web2, front]) assert.equal(await bench.databaseOf(name), 'db_one');
    assert.equal((await front.ask(`https://${name}/`)).status, 200);
    assert.doesNotMatch(await textsOf(front), /db_one/, 'the front learns of no database');
    const seen = JSON.parse((await front.ask(`http://${name}/`, '--header', 'X-Forwarded-For: 192.0.2.7')).body);
    assert.equal(seen.REMOTE_ADDR, '127.0.0.1', 'nobody else is believed');

    await web2.web.stop();
    for (let at = 0; at < 6; at++) assert.equal(await front.databaseOf(name), 'db_one');
  }));

const foundThroughFront = (second: 'nginx' | 'apache') => () =>
  onFarm(async ({ web1, web2, front, open }) => {
    const vhost = sample(web1, name);
    await open('web1', 'web2').create(vhost);
    // The second member has its files elsewhere, as on another machine; its application leads away from what is not there.
    await writeFile(join(web2.root, 'index.php'), '<?php header("Location: /somewhere"); echo "made";');
    await web2.openWith({ proxies: ['127.0.0.1'] }).create({ ...vhost, root: web2.root });
    const files = join(web1.root, vhost.routing.files);
    await mkdir(files, { recursive: true });
    await writeFile(join(files, 'a.txt'), 'uploaded');
    for (let at = 0; at < 4; at++) assert.equal((await front.ask(`http://${name}/files/a.txt`)).body, 'uploaded');
    await rm(files, { recursive: true });
    await writeFile(join(web2.root, 'index.php'), echo);
    assert.equal(
      JSON.parse((await front.ask(`http://${name}/files/styles/b.png`)).body).REQUEST_URI,
      '/files/styles/b.png',
      'what the application makes',
    );
  }, second);
test('a file that was uploaded to one member is found through the front', foundThroughFront('nginx'));
test('and where the other member is an Apache', foundThroughFront('apache'));

test('a member that leaves is asked no more, and publishes the site no more; one that joins does', () =>
  onFarm(async ({ web1, web2, front, open }) => {
    const vhost = sample(web1, name);
    await open('web1', 'web2').create(vhost);
    const left = open('web1');
    assert.ok((await left.create(vhost)).includes(`web2: publishes ${name} no more`));
    assert.deepEqual(
      [await web1.databaseOf(name), await web2.databaseOf(name), await front.databaseOf(name)],
      ['db_one', null, 'db_one'],
    );
    assert.deepEqual(
      (await left.spread?.former(name))?.map(({ server }) => server),
      ['web2'],
      'its files are still there',
    );
    await left.spread?.settled(name);
    assert.deepEqual(await left.spread?.former(name), []);
    await open('web2', 'web1').create(vhost);
    assert.equal(await web2.databaseOf(name), 'db_one');

    await open('web1').destroy(name);
    for (const bench of [web1, web2, front]) assert.equal(await bench.databaseOf(name), null);
  }));

test('a pack wants its members to see the files of its server', () =>
  onFarm(async ({ web1, as }) => {
    const shared = as(pack, ['web1', 'web2'], 'front');
    await shared.verify();
    assert.equal(shared.spread, undefined, 'there is nothing to bring');
    await shared.create(sample(web1, name));
    await shared.destroy(name);
    await assert.rejects(
      async () => as(pack, ['web1'], 'web2').create({ ...sample(web1, 'no.example.com'), root: '/a b' }),
      Problem,
    );
  }));

test('a cluster can be no member of a cluster', () => {
  assert.throws(
    () =>
      cluster.open({ machine: { name: 'c' } as Machine, paths: serverPaths('/var/aegir', 'c') }, { members: ['web1'] }),
    /no member of another/,
  );
});

test('lines of several logs become one log by their time, the last of them', () => {
  const [one, other] = [
    ['a [2026-11-29T01:00:00+00:00] 1', 'a [2026-11-29T01:00:02+00:00] 3', 'its second line'],
    ['b [2026-11-29T01:00:01+00:00] 2', 'b [2026-11-29T01:00:03+00:00] 4'],
  ];
  assert.deepEqual(
    latest([one ?? [], other ?? []], 4).map((line) => line.split(' ').at(-1)),
    ['2', '3', 'line', '4'],
  );
});
