import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { fresh } from '../../../tests/kit/db-contract.ts';
import { localHost, openDb } from '../../../tests/kit/db-worlds.ts';
import { command } from '../../machine/command.ts';
import { Secret } from '../../model/secret.ts';
import type { Engine } from '../engine.ts';
import { mysql } from './mysql.ts';
import { nullDb } from './null.ts';
import { postgresql } from './postgresql.ts';
import { sqlite } from './sqlite.ts';

test('addresses say how a site reaches its database', async (t) => {
  const host = await localHost(t);
  const database = { name: 'n', user: 'u', password: new Secret('p') };
  const address = (engine: Engine, options: unknown): unknown => {
    const { password: _, ...rest } = openDb(engine, host, options).address(database, '/p/sites/example.com');
    return rest;
  };
  const same = { name: 'n', user: 'u' };
  assert.deepEqual(address(mysql, { socket: '/run/s' }), {
    ...{ driver: 'mysql', ...same, host: 'localhost', port: null, socket: '/run/s' },
  });
  assert.deepEqual(address(mysql, { host: '10.0.0.2' }), {
    ...{ driver: 'mysql', ...same, host: '10.0.0.2', port: 3306, socket: null },
  });
  assert.deepEqual(address(postgresql, {}), {
    ...{ driver: 'pgsql', ...same, host: '127.0.0.1', port: 5432, socket: null },
  });
  assert.deepEqual(address(sqlite, {}), {
    ...{ driver: 'sqlite', user: 'u', name: '/p/sites/example.com/private/database.sqlite' },
    ...{ host: '', port: null, socket: null },
  });
  assert.throws(() => address(nullDb, {}), { code: 'invalid', hint: /another server/ });
});

test('sqlite: only a file of the right name in its place is looked for and removed, with what lies beside it', async (t) => {
  const host = await localHost(t);
  const db = openDb(sqlite, host, {});
  const path = `${host.paths.root}/sites/example.com/private/database.sqlite`;
  const key = { name: path, user: '' };
  assert.equal(await db.exists(key), false);
  await host.machine.makeDirectory(path.slice(0, path.lastIndexOf('/')), { mode: '0755' });
  for (const end of ['', '-wal', '-shm', '-journal', '.kept'])
    await host.machine.write(`${path}${end}`, '', { mode: '0644' });
  assert.equal(await db.exists(key), true);
  await db.destroy(key);
  await db.destroy(key);
  assert.deepEqual(await readdir(path.slice(0, path.lastIndexOf('/'))), ['database.sqlite.kept']);
  for (const name of ['/etc/passwd', '../private/database.sqlite', '/a/../private/database.sqlite', '', 'a/b', 'a\n'])
    await assert.rejects(db.destroy({ name, user: '' }), { code: 'invalid' }, name);
  assert.deepEqual(await db.create({ name: 'example_com_7', user: '', password: new Secret('') }), []);
});

test('null: accepts all and provides nothing', async (t) => {
  const db = openDb(nullDb, await localHost(t), {});
  assert.deepEqual([await db.verify(), await db.create(fresh()), await db.exists(fresh())], [[], [], false]);
  await db.destroy(fresh());
});

test('detect says which servers are installed', async (t) => {
  const { machine } = await localHost(t);
  assert.match((await mysql.detect?.(machine))?.version ?? '', /^\d+\.\d+/);
  assert.match((await postgresql.detect?.(machine))?.version ?? '', /^\d+\.\d+/);
});

test('sqlite: a copy and a database that is loaded are the site’s own, as its directory is, wherever they came from', async (t) => {
  if (process.geteuid?.() !== 0) return t.skip('only root can be two users');
  const host = await localHost(t);
  const { machine, paths } = host;
  const db = openDb(sqlite, host, {});
  const [one, other, third] = ['one', 'other', 'third'].map(
    (site) => `${paths.root}/sites/${site}/private/database.sqlite`,
  );
  await machine.run(command`chmod 0755 ${paths.root}`);
  const address = (name: string) => db.address({ ...fresh(), name }, '');
  for (const path of [one!, other!, third!])
    await machine.makeDirectory(path.slice(0, path.lastIndexOf('/')), { mode: '02770', group: 'www-data' });
  const make = `<?php $db = new SQLite3('${one}'); $db->exec("create table t (v); insert into t values ('kept')");`;
  await machine.run({ ...command`sudo -n -u www-data php`, stdin: make });
  await db.close(address(one!), 0);
  await db.copy(address(one!), address(other!), []);
  await db.dumping(address(one!), machine, [], (dump) =>
    db.loading(address(third!), machine, (load) => machine.pipe({ commands: [dump, ...load] })),
  );
  for (const path of [other!, third!]) {
    const { owner, group, mode } = (await machine.stat(path))!;
    assert.deepEqual([owner, group, mode], ['www-data', 'www-data', '0660']);
    assert.deepEqual((await machine.find(path.slice(0, path.lastIndexOf('/')), {})).length, 1);
    const read = `<?php $db = new SQLite3('${path}'); $db->exec("insert into t values ('new')"); echo $db->querySingle('select v from t');`;
    assert.equal((await machine.run({ ...command`sudo -n -u www-data php`, stdin: read })).stdout, 'kept');
  }
});
