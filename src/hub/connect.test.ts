import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { testHub } from '../../tests/kit/hub.ts';
import { temporaryDirectory } from '../../tests/kit/postgres.ts';
import { query, replicated, startServer } from '../../tests/kit/replicated-postgres.ts';
import { hubApp } from './app.ts';
import { databaseAddress } from './connect.ts';
import { openDatabase } from './database.ts';
import { migrate } from './migrate.ts';

test('an address with several hosts, ports and options is read as libpq reads it; what is none is refused', () => {
  const of = (url: string): string => databaseAddress(url).connectionString;
  assert.equal(
    of('postgres://a:p@db1,db2:5433/x?sslmode=verify-full'),
    'postgres://a:p@db1:5432/x?sslmode=verify-full',
  );
  assert.equal(of('postgresql://a@[::1]:7,db2/x?target_session_attrs=read-write'), 'postgresql://a@[::1]:7/x');
  assert.equal(of('postgres://a@localhost/x?host=%2Frun'), 'postgres://a@localhost/x?host=%2Frun');
  for (const bad of [
    'mysql://a@b/c',
    'postgres://a@b:x/c',
    'postgres://a@b,/c',
    'postgres://a@b/c?target_session_attrs=standby',
  ])
    assert.throws(() => databaseAddress(bad), { code: 'invalid' }, bad);
});

test('the primary is found whichever stands first; after a fail-over reads, writes, LISTEN and the hub go on by themselves', async (t) => {
  const { primary, standby, url } = await replicated(t);
  const { hub } = await testHub(t);
  await migrate(url);
  const [hosts = ''] = /(?<=@)[^/]+/.exec(url) ?? [];
  const turned = openDatabase(url.replace(hosts, hosts.split(',').toReversed().join()));
  t.after(() => turned.close());
  const portOf = async (database: typeof turned): Promise<unknown> =>
    (await sql<{ port: string }>`select current_setting('port') as port`.execute(database.db)).rows[0]?.port;
  assert.equal(await portOf(turned), String(primary.port));
  const heard: string[] = [];
  let back = 0;
  await turned.listen(
    'task',
    (payload) => heard.push(payload),
    () => back++,
  );
  const app = hubApp({ ...hub, database: turned });
  const ask = async (): Promise<Response> => app.request('/api/clients', {}, { local: true });
  assert.equal((await ask()).status, 200);
  await primary.kill();
  const away = await ask();
  assert.deepEqual([away.status, away.headers.get('retry-after')], [503, '2']);
  assert.match(await away.text(), /"code":"server-unreachable"/);
  await standby.promote();
  for (let tries = 0; (await ask()).status !== 200; tries++) {
    assert.ok(tries < 100, 'it does not come back');
    await sleep(100);
  }
  assert.equal(await portOf(turned), String(standby.port));
  while (back === 0) await sleep(50);
  await sql`select pg_notify('task', 'after')`.execute(turned.db);
  while (!heard.includes('after')) await sleep(20);
});

test('the connection is encrypted when the address says so, and a server that cannot show who it is gets nothing', async (t) => {
  const directory = await temporaryDirectory(t);
  const key = (name: string): readonly string[] => [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`],
    ...['-keyout', `${directory}/${name}.key`, '-out', `${directory}/${name}.crt`],
  ];
  for (const name of ['localhost', 'other']) await promisify(execFile)('openssl', [...key(name)], { timeout: 60_000 });
  const files = {
    'server.crt': await readFile(`${directory}/localhost.crt`, 'utf8'),
    'server.key': await readFile(`${directory}/localhost.key`, 'utf8'),
    'pg_hba.conf': 'host all all 127.0.0.1/32 trust\n',
  };
  const server = await startServer(t, { settings: ["ssl = 'on'"], files });
  await query(server, 'create database aegir');
  const url = `postgres://aegir@localhost:${server.port}/aegir`;
  // From here on nobody is let in without.
  await promisify(execFile)('sed', ['-i', 's/^host /hostssl /', `${server.data}/pg_hba.conf`]);
  await query(server, 'select pg_reload_conf()').catch(() => undefined);
  const asked = async (options: string): Promise<unknown> => {
    await migrate(`${url}?${options}`);
    const database = openDatabase(`${url}?${options}`);
    try {
      await database.listen('task', () => undefined);
      const { rows } = await sql<{ all: boolean }>`
        select bool_and(ssl) as all from pg_stat_ssl join pg_stat_activity using (pid)
        where usename = 'aegir' and application_name = 'aegir'`.execute(database.db);
      return rows[0]?.all;
    } finally {
      await database.close();
    }
  };
  const trusted = `sslmode=verify-full&sslrootcert=${directory}/localhost.crt`;
  assert.equal(await asked(trusted), true);
  assert.equal(await asked(`${trusted}&target_session_attrs=read-write`), true);
  await assert.rejects(asked('sslmode=disable'), { code: 'server-unreachable' });
  await assert.rejects(asked(`sslmode=verify-full&sslrootcert=${directory}/other.crt`), { code: 'server-unreachable' });
});
