import { z } from 'zod';
import { type Command, query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Changes } from '../../machine/put.ts';
import { type Disk, diskOf } from '../../machine/room.ts';
import { Problem } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';
import type { Database, DatabaseAddress } from '../../model/site.ts';
import { type Detected, type EngineHost, engine } from '../engine.ts';
import type { Copied, Db, Programs, SiteDatabase } from './db.ts';
import { loginFileOf } from './login-file.ts';
import { grantPattern, identifier, literal, MysqlClient, nativeHash } from './mysql-client.ts';
import { closeMysql, reopenMysql } from './mysql-close.ts';
import { copyMysql } from './mysql-copy.ts';
import { dumpCommand, loadCommands, withExplanation } from './mysql-dump.ts';
import { type AccountFound, account as accountName, look, mustBeOurs, noDatabase } from './mysql-look.ts';
import { dropReader, withReader } from './mysql-reader.ts';
import { seenAs } from './mysql-seen-as.ts';
import { databaseServer, reachable, siteHost, trialDatabase } from './options.ts';

const options = databaseServer.extend({
  port: databaseServer.shape.port.default(3306),
  siteHost: siteHost.describe(
    'Where sites on other servers reach it; by default the name of its server, or the host if that is not localhost',
  ),
  grantHosts: z
    .array(z.string().regex(/^[A-Za-z0-9_.:%/-]{1,255}$/))
    .min(1)
    .max(100)
    .optional()
    .describe('Where sites connect from, as the database server sees them; found out by itself unless given'),
});
type Options = z.output<typeof options>;

export const mysql = engine({
  type: 'db',
  name: 'mysql',
  title: 'MariaDB or MySQL',
  options,
  secrets: ['password'],
  open: (host, given) => new Mysql(host, given),
  detect,
});

class Mysql implements Db {
  readonly nameLengthMax = 32;
  readonly #host: EngineHost;
  readonly #options: Options;
  readonly #client: MysqlClient;
  #seenAs: Promise<readonly string[]> | undefined;

  constructor(host: EngineHost, given: Options) {
    const { password = null, socket = null } = given;
    this.#host = host;
    this.#options = given;
    const login = { ...given, socket, password: password === null ? null : new Secret(password) };
    this.#client = new MysqlClient(host.machine, login, `${host.paths.config}/mysql.cnf`);
  }

  /** Makes and drops a database and a user: the only proof that we may. */
  async verify(): Promise<Changes> {
    const changes = await this.#client.prepare();
    mustBeNewEnough(await this.version(), this.#host.machine);
    const database = trialDatabase(this.#host, this.#options);
    try {
      await this.create(database);
    } finally {
      await this.destroy(database);
    }
    return changes;
  }

  async version(): Promise<string> {
    const [[version = ''] = []] = await this.#client.run(['select version()'], 'reads');
    return version;
  }

  async exists(key: Pick<Database, 'name' | 'user'>): Promise<boolean> {
    return (await look(this.#client, key)).exists;
  }

  async create(database: Database): Promise<Changes> {
    const { name, user, password } = database;
    const found = await look(this.#client, database, nativeHash(password.reveal()));
    mustBeOurs(database, found);
    const statements: string[] = [];
    const changes: string[] = [];
    // Rights first: if we stop half-way, `destroy` still knows whose it is.
    for (const host of await this.#grantHosts()) {
      const account = found.accounts.find((one) => one.host === host);
      const at = accountName(user, host);
      if (!account) {
        statements.push(`create user ${at} identified by ${literal(password.reveal())}`);
        changes.push(`made the database user ${user}@${host}`);
      } else if (!(await this.#hasPassword(account, database))) {
        statements.push(`alter user ${at} identified by ${literal(password.reveal())}`);
        changes.push(`set the password of the database user ${user}@${host}`);
      }
      if (account?.owns) continue;
      statements.push(`grant all privileges on ${identifier(grantPattern(name))}.* to ${at}`);
      changes.push(`gave ${user}@${host} the database ${name}`);
    }
    if (!found.exists) {
      statements.push(`create database ${identifier(name)} character set utf8mb4 collate utf8mb4_general_ci`);
      changes.push(`made the database ${name}`);
    }
    if (statements.length > 0) await this.#client.run([overInTime, ...statements], 'changes');
    return changes;
  }

  async destroy(key: Pick<Database, 'name' | 'user'>): Promise<void> {
    const { name, user } = key;
    const found = await look(this.#client, key);
    await this.#host.machine.remove(this.#loginFile(user));
    if (found.exists && !found.accounts.some(({ owns }) => owns)) return;
    // A user who can do more than this belongs to somebody else too.
    const users = found.accounts.filter(({ rightsElsewhere }) => rightsElsewhere === 0);
    const statements = [
      ...(found.exists ? [`drop database if exists ${identifier(name)}`] : []),
      ...users.map(({ host }) => `drop user if exists ${accountName(user, host)}`),
      ...(found.exists ? dropReader(name, await this.#grantHosts()) : []),
    ];
    if (statements.length > 0) await this.#client.run(statements, 'changes');
  }

  address({ name, user, password }: Database): DatabaseAddress {
    const { port, socket = null } = this.#options;
    const host = this.#siteHost();
    const local = host === 'localhost';
    const way = local ? { port: null, socket } : { port, socket: null };
    return { driver: 'mysql', name, user, password, host, ...way };
  }

  async dumping<T>(
    from: SiteDatabase,
    at: Machine,
    emptied: readonly string[],
    action: (dump: Command) => Promise<T>,
  ): Promise<T> {
    const { name } = from;
    if (!(await this.exists(from))) throw noDatabase(this.#host.machine.name, name);
    const dumpBy = async (client: MysqlClient): Promise<T> => {
      const dump = await dumpCommand(client, name, { emptied });
      return withExplanation(client, [dump], () => action(dump));
    };
    if (at.name === this.#host.machine.name) return dumpBy(this.#client);
    return withReader(this.#client, name, await this.#grantHosts(), (reader) =>
      this.#loggedIn(at, reader, async (client) => {
        await client.run(['select 1'], 'reads');
        return dumpBy(client);
      }),
    );
  }

  loading<T>(into: SiteDatabase, at: Machine, action: (load: Programs) => Promise<T>): Promise<T> {
    return this.#loggedIn(at, into, async (client) => {
      await client.run(['select 1'], 'reads');
      const load = loadCommands(client, into.name);
      return withExplanation(client, load, () => action(load));
    });
  }

  copy(from: SiteDatabase, to: SiteDatabase, emptied: readonly string[]): Promise<Copied> {
    const { machine } = this.#host;
    const loading = <T>(into: SiteDatabase, action: (load: Programs) => Promise<T>): Promise<T> =>
      this.loading(into, machine, action);
    return copyMysql({ client: this.#client, machine, loading }, from, to, emptied);
  }

  copyNeedsClosed(): boolean {
    return true;
  }

  close(database: SiteDatabase, graceMs: number): Promise<void> {
    return closeMysql(this.#client, this.#host.machine.name, database, graceMs);
  }

  reopen(database: SiteDatabase): Promise<void> {
    return reopenMysql(this.#client, database);
  }

  async sizeBytes({ name }: SiteDatabase): Promise<number> {
    const size = `select coalesce(sum(data_length + index_length), 0) from information_schema.tables where table_schema = ${literal(name)}`;
    // MySQL 8 remembers sizes for a day.
    const fresh = 'set session sql_mode = @@sql_mode /*!80000 , information_schema_stats_expiry = 0 */';
    const [[bytes = '0'] = []] = await this.#client.run([fresh, size], 'reads');
    return Number(bytes);
  }

  async disk(): Promise<Disk | null> {
    if (!this.#client.isLocal) return null;
    const [[directory = ''] = []] = await this.#client.run(['select @@datadir'], 'reads');
    return diskOf(this.#host.machine, directory.replace(/\/$/, ''));
  }

  /** One way of storing passwords can be compared. For the others (MySQL 8) we log in with it, where sites do. */
  async #hasPassword(account: AccountFound, login: Database): Promise<boolean> {
    if (account.plugin === 'mysql_native_password') return account.samePassword;
    try {
      await this.#loggedIn(this.#host.machine, login, (client) => client.run(['select 1'], 'reads'));
      return true;
    } catch (error) {
      // Who is locked out cannot be tried, and keeps what he has.
      if (error instanceof Problem && error.code === 'forbidden') return /\b(3118|4151)\b/.test(String(error.cause));
      throw error;
    }
  }

  /** As this user, from this machine; the file with the password is gone afterwards. */
  async #loggedIn<T>(
    at: Machine,
    { user, password }: { readonly user: string; readonly password: Secret },
    action: (client: MysqlClient) => Promise<T>,
  ): Promise<T> {
    const { socket = null, port } = this.#options;
    const isHere = at.name === this.#host.machine.name;
    const host = isHere ? this.#options.host : this.#siteHost();
    const login = { host, port, socket: host === 'localhost' ? socket : null, user, password };
    const client = new MysqlClient(at, login, this.#loginFile(user));
    try {
      return await action(client);
    } finally {
      await client.forget();
    }
  }

  #siteHost(): string {
    const { host, siteHost: given } = this.#options;
    const { machine, sites } = this.#host;
    return reachable(machine.name, given ?? (sites && host === 'localhost' ? sites.host : host), sites);
  }

  /** From where a site's user may come: its web servers, and the server itself, where its database is filled. */
  async #grantHosts(): Promise<readonly string[]> {
    const { grantHosts, port } = this.#options;
    const { sites } = this.#host;
    if (grantHosts || !sites) return grantHosts ?? ['localhost'];
    const where = { host: this.#siteHost(), port };
    const all = [sites.machine, ...(sites.more ?? [])];
    this.#seenAs ??= Promise.all(all.map((machine) => seenAs(machine, where)));
    return [...new Set(['localhost', ...(await this.#seenAs)])];
  }

  #loginFile(user: string): string {
    return loginFileOf(this.#host.paths, 'mysql', user);
  }
}

/**
 * A server goes on with a statement whose client is gone: what waits for a backup's lock would be done when that is over,
 * perhaps after everything was put back. So it ends before we give its client up, after a minute. Locks of the accounts'
 * tables know no lock_wait_timeout; MySQL does not know the other.
 */
const overInTime = 'set session /*M! max_statement_time = 15, */ lock_wait_timeout = 15';

/** Drupal 10 asks for nearly as much; from here on an account can be locked. */
function mustBeNewEnough(version: string, machine: Machine): void {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number);
  const isMaria = /maria/i.test(version);
  const least = isMaria ? ([10, 4, 2] as const) : ([5, 7, 8] as const);
  const number = (parts: readonly number[]): number => parts.reduce((sum, part) => sum * 1000 + part, 0);
  if (number([major, minor, patch]) >= number(least)) return;
  throw new Problem('configuration-refused', `the database server of ${machine.name} is too old: ${version}`, {
    hint: `It must be ${isMaria ? 'MariaDB' : 'MySQL'} ${least.join('.')} or newer.`,
  });
}

async function detect(machine: Machine): Promise<Detected | null> {
  for (const program of ['mariadbd', 'mysqld']) {
    // Not in every user's path.
    const path = `/usr/sbin/${program}`;
    if (!(await machine.stat(path))) continue;
    const { stdout } = await machine.run({ ...query`${path} --version`, quiet: true });
    return { engine: 'mysql', version: /Ver (\S+)/.exec(stdout)?.[1] ?? '', options: {} };
  }
  return null;
}
