import { createHash } from 'node:crypto';
import { z } from 'zod';
import { query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Changes } from '../../machine/put.ts';
import { Problem } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';
import type { Database, DatabaseAddress } from '../../model/site.ts';
import { type Detected, type EngineHost, engine } from '../engine.ts';
import type { Db } from './db.ts';
import { grantPattern, identifier, literal, MysqlClient, nativeHash } from './mysql-client.ts';
import { databaseServer, plainNames, trialDatabase } from './options.ts';

const options = databaseServer.extend({
  port: databaseServer.shape.port.default(3306),
  grantHosts: z
    .array(z.string().regex(/^[A-Za-z0-9_.:%/-]{1,255}$/))
    .min(1)
    .max(100)
    .default(['localhost'])
    .describe('Where sites connect from: the web servers, as the database server sees them'),
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

/** A user of the server is name and host; rights belong to that pair. */
interface AccountFound {
  readonly host: string;
  readonly plugin: string;
  readonly samePassword: boolean;
  /** May make and drop the database in question: this is what makes it ours. */
  readonly owns: boolean;
  /** How many rights it has on anything else. */
  readonly rightsElsewhere: number;
}
interface Found {
  readonly exists: boolean;
  readonly accounts: readonly AccountFound[];
}

class Mysql implements Db {
  readonly nameLengthMax = 32;
  readonly #host: EngineHost;
  readonly #options: Options;
  readonly #client: MysqlClient;

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
    return (await this.#look(key, '')).exists;
  }

  async create(database: Database): Promise<Changes> {
    const { name, user, password } = database;
    const found = await this.#look(database, nativeHash(password.reveal()));
    this.#mustBeOurs(database, found);
    const statements: string[] = [];
    const changes: string[] = [];
    // Rights first: if we stop half-way, `destroy` still knows whose it is.
    for (const host of this.#options.grantHosts) {
      const account = found.accounts.find((one) => one.host === host);
      const at = `${literal(user)}@${literal(host)}`;
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
    if (statements.length > 0) await this.#client.run(statements, 'changes');
    return changes;
  }

  async destroy(key: Pick<Database, 'name' | 'user'>): Promise<void> {
    const { name, user } = key;
    const found = await this.#look(key, '');
    await this.#host.machine.remove(this.#loginFile(user));
    if (found.exists && !found.accounts.some(({ owns }) => owns)) return;
    // A user who can do more than this belongs to somebody else too.
    const users = found.accounts.filter(({ rightsElsewhere }) => rightsElsewhere === 0);
    const statements = [
      ...(found.exists ? [`drop database if exists ${identifier(name)}`] : []),
      ...users.map(({ host }) => `drop user if exists ${literal(user)}@${literal(host)}`),
    ];
    if (statements.length > 0) await this.#client.run(statements, 'changes');
  }

  address({ name, user, password }: Database): DatabaseAddress {
    const { host, port, socket = null } = this.#options;
    const local = host === 'localhost';
    const way = local ? { port: null, socket } : { port, socket: null };
    return { driver: 'mysql', name, user, password, host, ...way };
  }

  #mustBeOurs({ name, user }: Database, { exists, accounts }: Found): void {
    if (accounts.some(({ owns }) => owns)) return;
    if (exists)
      throw new Problem('conflict', `there is a database ${name} already, and ${user} has no rights on it`, {
        hint: `It is left alone. Choose another name, or make it the site's: grant all on \`${grantPattern(name)}\`.* to '${user}'@'localhost';`,
      });
    if (accounts.some(({ rightsElsewhere }) => rightsElsewhere > 0))
      throw new Problem('conflict', `there is a database user ${user} already, with rights on something else`, {
        hint: 'It is left alone. Choose another name for the user of the site.',
      });
  }

  /** One way of storing passwords can be compared. For the others (MySQL 8) we log in with it, where sites do. */
  async #hasPassword(account: AccountFound, { user, password }: Database): Promise<boolean> {
    if (account.plugin === 'mysql_native_password') return account.samePassword;
    const { machine } = this.#host;
    const { socket = null } = this.#options;
    const file = this.#loginFile(user);
    try {
      await new MysqlClient(machine, { ...this.#options, socket, user, password }, file).run(['select 1'], 'reads');
      return true;
    } catch (error) {
      if (error instanceof Problem && error.code === 'forbidden') return false;
      throw error;
    } finally {
      await machine.remove(file);
    }
  }

  /** Of a database user always the same, so that one which a lost worker left is found again. The hash is for odd names. */
  #loginFile(user: string): string {
    return `${this.#host.paths.config}/mysql-login-${createHash('sha256').update(user).digest('hex').slice(0, 16)}.cnf`;
  }

  async #look(key: Pick<Database, 'name' | 'user'>, hash: string): Promise<Found> {
    plainNames('MariaDB or MySQL', key, { name: 64, user: 80 });
    const rows = await this.#client.run(lookStatements(key, hash), 'reads');
    const accounts = rows.flatMap(([kind, host = '', plugin = '', same, owned, elsewhere]): AccountFound[] => {
      const rights = { owns: Number(owned) > 0, rightsElsewhere: Number(elsewhere) };
      return kind === 'account' ? [{ host, plugin, samePassword: same === '1', ...rights }] : [];
    });
    return { exists: rows.some(([kind]) => kind === 'database'), accounts };
  }
}

/** Columns of these tables: mariadb.com/kb/en/mysql-db-table. Names are compared byte by byte, as file names are. */
function lookStatements({ name, user }: { name: string; user: string }, hash: string): readonly string[] {
  const [here, u] = [`in (${literal(name)}, ${literal(grantPattern(name))})`, literal(user)];
  const of = (table: string): string => `${table} r where r.user = u.user and r.host = u.host`;
  return [
    `select 'database' from information_schema.schemata where schema_name = ${literal(name)} and cast(schema_name as binary) = cast(${literal(name)} as binary)`,
    [
      `select 'account', u.host, u.plugin, u.authentication_string = ${literal(hash)},`,
      `(select count(*) from ${of('mysql.db')} and r.db ${here} and r.create_priv = 'Y' and r.drop_priv = 'Y'),`,
      `(select count(*) from ${of('mysql.db')} and r.db not ${here}) +`,
      `(select count(*) from ${of('mysql.tables_priv')} and r.db not ${here}) +`,
      `(select count(*) from information_schema.user_privileges p`,
      `where p.grantee = concat("'", u.user, "'@'", u.host, "'") and p.privilege_type <> 'USAGE')`,
      `from mysql.user u where u.user = ${u}`,
    ].join(' '),
  ];
}

/** What Drupal 10 asks for. */
function mustBeNewEnough(version: string, machine: Machine): void {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number);
  const isMaria = /maria/i.test(version);
  const least = isMaria ? ([10, 3, 7] as const) : ([5, 7, 8] as const);
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
