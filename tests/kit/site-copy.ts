import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { Application, FormerPlace, InstalledSite } from '../../src/applications/application.ts';
import type { Platform } from '../../src/model/platform.ts';
import { Secret } from '../../src/model/secret.ts';
import type { DatabaseAddress } from '../../src/model/site.ts';
import { mysqlDatabase, pgsqlDatabase, putSite, sqliteDatabase, testSite } from './applications.ts';
import { privateMariadb, privatePostgres } from './databases.ts';
import { freePort } from './web.ts';

const run = promisify(execFile);

/**
 * A copy of a site as a task would make it, up to the point where it is to be rewritten: database, files and settings are there.
 * A new site gets a port of its own; the same one answers where it did, which is a part of the name of Seven's cookies.
 */
export async function copySite(
  t: TestContext,
  application: Application,
  from: InstalledSite,
  to: { readonly platform: Platform; readonly name: string; readonly isNew: boolean },
): Promise<InstalledSite> {
  const { platform, name, isNew } = to;
  const target = `${platform.root}/sites/${name}`;
  await run('cp', ['-a', `${from.platform.root}/sites/${from.site.directory}`, target]);
  const database = await copyDatabase(t, from.database, platform, name);
  const salt = new Secret('another-salt_of-the-clone-0123456789abcdefghijklmnopqrs');
  const port = isNew ? await freePort() : Number(new URL(from.address).port);
  const copy = testSite(platform, database, port, {
    ...from.site,
    name,
    directory: name,
    ...(isNew && { hashSalt: salt }),
  });
  const { site } = copy;
  const installed = {
    ...copy,
    site: { ...site, database: { name: database.name, user: database.user, password: database.password } },
  };
  await putSite(application, installed);
  return installed;
}

/** As the task would tell it. */
export const formerPlace = ({ site, platform, address }: InstalledSite): FormerPlace => ({
  ...{ root: platform.root, directory: site.directory, address, version: platform.version },
  names: [site.name, ...site.aliases.map(({ name }) => name)],
});

async function copyDatabase(
  t: TestContext,
  from: DatabaseAddress,
  platform: Platform,
  name: string,
): Promise<DatabaseAddress> {
  if (from.driver === 'sqlite') {
    const to = sqliteDatabase(platform, name);
    if (from.name.split('/').at(-1) !== to.name.split('/').at(-1)) await cp(from.name, to.name);
    return to;
  }
  if (from.driver === 'mysql') {
    const to = await mysqlDatabase(t);
    const { socket } = await privateMariadb(t);
    const way = `--no-defaults --socket=${socket} --user=root`;
    await run('bash', [
      '-o',
      'pipefail',
      '-c',
      `mariadb-dump ${way} --single-transaction ${from.name} | mariadb ${way} ${to.name}`,
    ]);
    return to;
  }
  const to = await pgsqlDatabase(t);
  const { sql } = await privatePostgres(t);
  await sql(
    `drop database ${to.name}; select pg_terminate_backend(pid) from pg_stat_activity where datname = '${from.name}'`,
  );
  await sql(`create database ${to.name} template ${from.name} owner ${to.name}`);
  await sql(
    `\\c ${to.name}\nreassign owned by ${from.name} to ${to.name}; alter database ${to.name} owner to ${to.name}`,
  );
  await sql(`alter database ${from.name} owner to ${from.name}`);
  return to;
}

/** All there is in a database of MariaDB as SQL, without caches and logs. */
export async function dumped(t: TestContext, { name }: DatabaseAddress, without: readonly string[]): Promise<string> {
  const { socket } = await privateMariadb(t);
  const ignored = without.map((table) => `--ignore-table=${name}.${table}`);
  const options = [
    '--no-defaults',
    `--socket=${socket}`,
    '--user=root',
    '--skip-extended-insert',
    '--skip-dump-date',
    ...ignored,
  ];
  const { stdout } = await run('mariadb-dump', [...options, name], { maxBuffer: 512 * 1024 * 1024 });
  return stdout;
}
