import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { LocalMachine } from '../src/machine/local.ts';
import type { MemoryWorld } from '../src/machine/memory-world.ts';
import { serverPaths } from '../src/model/server.ts';
import type { RunLoad } from '../src/tasks/run-type.ts';
import { serverLoad } from '../src/tasks/server-load.ts';
import { installedSite, verifiedFarm } from './kit/hub-with-worker.ts';
import { isProblem, onNginx } from './kit/looks.ts';

const log = '/var/log/aegir/web/nginx-access.log';
const line = (host: string, request: string, status = 200): string =>
  `${host} 192.0.2.7 - - [2026-11-28T18:00:00+01:00] "GET ${request} HTTP/1.1" ${status} 12 "-" "curl/8"\n`;

/** As much of grep as is asked here, and what a server of ours says of itself. */
function furnish(world: MemoryWorld): void {
  world.programs.set('grep', ({ argv, stdin }) => {
    const wanted = new RegExp(argv.at(-1) ?? '', 'i');
    const lines = String(stdin ?? '')
      .split('\n')
      .filter((one) => wanted.test(one));
    return { exitCode: lines.length > 0 ? 0 : 1, stdout: lines.map((one) => `${one}\n`).join('') };
  });
  world.programs.set('nproc', () => ({ stdout: '4\n' }));
  world.programs.set('df', () => ({
    stdout:
      'Filesystem 1048576-blocks Used Available Capacity Mounted on\n/dev/a 100M 40M 60M 40% /\n/dev/a 100M 40M 60M 40% /\n',
  }));
  world.put('/proc/loadavg', '0.50 0.25 0.10 1/234 5678\n');
  world.put('/proc/uptime', '86461.23 1000.00\n');
  world.put('/proc/meminfo', 'MemTotal:  2048000 kB\nMemAvailable:  1024000 kB\nSwapTotal:  0 kB\nSwapFree:  0 kB\n');
  world.directory('/var/log/aegir/web');
  world.put(
    log,
    [
      line('example.com', '/first'),
      line('other.example.com', '/theirs'),
      line('www.example.com', '/cron.php?cron_key=s3cret', 403),
    ].join(''),
  );
}

test('a worker looks at a server while somebody waits, also when the load keeps it from tasks, and tells what is wrong', async (t) => {
  const farm = await verifiedFarm(t, onNginx);
  const { call, world, database } = farm;
  furnish(world);
  await installedSite(farm, 'example.com', { aliases: ['www.example.com'] });
  farm.busy = 'the load is too high';
  assert.deepEqual(await call('server load', { params: { name: 'master' } }), {
    ...{ load: [0.5, 0.25, 0.1], cpus: 4, uptimeSeconds: 86_461 },
    memory: { totalMb: 2000, availableMb: 1000, swapTotalMb: 0, swapFreeMb: 0 },
    disks: [{ path: '/', totalMb: 100, freeMb: 60 }],
  });
  const read = (query: object) => call('site web-log', { params: { name: '@example.com' }, query });
  const { items } = await read({});
  assert.deepEqual(
    items.map(({ at, status, text }) => [at, status, / "GET (\S+)/.exec(text)?.[1]]),
    [
      ['2026-11-28T17:00:00.000Z', 403, '/cron.php?cron_key=•••'],
      ['2026-11-28T17:00:00.000Z', 200, '/first'],
    ],
  );
  // What is hidden is not found either.
  assert.deepEqual((await read({ q: 's3cret' })).items, []);
  assert.equal((await read({ q: 'FIRST' })).items.length, 1);
  assert.equal((await read({ limit: 1 })).items.length, 1);
  await assert.rejects(read({ log: 'error' }), isProblem('not-found', /nginx-error\.log/));
  const { rows } = await sql`select from look`.execute(database.db);
  assert.equal(rows.length, 0);
  await farm.stop();
  await assert.rejects(read({}), isProblem('server-unreachable', /no worker runs/));
});

test('the load of this very machine is read', async () => {
  const machine = new LocalMachine({
    name: 'here',
    log: { append: async () => {} },
    claim: new AbortController().signal,
  });
  const load = { server: async () => ({ machine, paths: serverPaths('/nonexistent', 'here') }) } as unknown as RunLoad; // all that is asked of it
  const read = (await serverLoad.run(load, '1', {})) as { memory: { totalMb: number }; disks: { freeMb: number }[] };
  assert.ok(read.memory.totalMb > 100, JSON.stringify(read));
  assert.ok(read.disks.length > 0 && read.disks.every(({ freeMb }) => freeMb > 0), JSON.stringify(read));
});
