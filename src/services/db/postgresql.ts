import type { z } from 'zod';
import type { Command } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Changes } from '../../machine/put.ts';
import { type Disk, diskOf } from '../../machine/room.ts';
import { Problem } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';
import type { Database, DatabaseAddress } from '../../model/site.ts';
import { type EngineHost, engine } from '../engine.ts';
import type { Copied, Db, Programs, SiteDatabase } from './db.ts';
import { loginFileOf } from './login-file.ts';
import { databaseServer, reachable, trialDatabase } from './options.ts';
import { identifier, literal, PostgresqlClient, scramVerifier } from './postgresql-client.ts';
import { endSessions, loginStatement } from './postgresql-close.ts';
import { copyPostgresql } from './postgresql-copy.ts';
import { dumpCommand, loadCommands, withExplanation } from './postgresql-dump.ts';
import {
  databaseStatements,
  type Found,
  findExtension,
  foundIn,
  type Login,
  lookStatements,
  mustBeOurs,
  mustBePlain,
  noDatabase,
} from './postgresql-look.ts';
import { dropReader, withReader } from './postgresql-reader.ts';
import { detect, mustLetIn, sitesShutOut } from './postgresql-server.ts';

const options = databaseServer.extend({
  port: databaseServer.shape.port.default(5432),
  socket: databaseServer.shape.socket.describe('Directory of the Unix socket, if it is not where psql looks for it'),
  siteHost: databaseServer.shape.host
    .unwrap()
    .optional()
    .describe(
      'Where sites reach it; by default 127.0.0.1 where the host is localhost, as Debian asks for a password only there',
    ),
});
type Options = z.output<typeof options>;

export const postgresql = engine({
  type: 'db',
  name: 'postgresql',
  title: 'PostgreSQL',
  options,
  secrets: ['password'],
  open: (host, given) => new Postgresql(host, given),
  detect,
});

const debianClusters = '/var/lib/postgresql';

class Postgresql implements Db {
  /** NAMEDATALEN - 1, in bytes. */
  readonly nameLengthMax = 63;
  readonly #host: EngineHost;
  readonly #options: Options;
  readonly #client: PostgresqlClient;

  constructor(host: EngineHost, given: Options) {
    const { password = null, socket = null } = given;
    this.#host = host;
    this.#options = given;
    const login = {
      ...given,
      host: given.host === 'localhost' ? socket : given.host,
      password: password === null ? null : new Secret(password),
    };
    this.#client = new PostgresqlClient(host.machine, login, `${host.paths.config}/postgresql.pgpass`);
  }

  /** Makes and drops a database and a role, and logs in as a site does: the only proof that we may. */
  async verify(): Promise<Changes> {
    const changes = await this.#client.prepare();
    const [version = '0', text = ''] = await this.#versions();
    // drop database … with (force), and pg_trgm for who is no superuser.
    if (Number(version) < 130_000)
      throw new Problem('configuration-refused', `the PostgreSQL of ${this.#host.machine.name} is too old: ${text}`, {
        hint: 'It must be 13 or newer.',
      });
    const database = trialDatabase(this.#host, this.#options);
    try {
      await this.create(database);
      // A dry run has made nothing, so it does not try.
      if ((await this.#lookAs(database)).login === 'refused')
        throw sitesShutOut(this.#host.machine.name, `${this.#ownHost()}, port ${this.#options.port}`);
    } finally {
      await this.destroy(database);
    }
    return changes;
  }

  async version(): Promise<string> {
    return (await this.#versions())[1] ?? '';
  }

  /** As a number and as text. */
  async #versions(): Promise<readonly string[]> {
    const statement = "select current_setting('server_version_num'), current_setting('server_version')";
    return (await this.#client.run([statement], 'reads'))[0] ?? [];
  }

  async exists(key: Pick<Database, 'name' | 'user'>): Promise<boolean> {
    return (await this.#look(key)).owner !== null;
  }

  async create(database: Database): Promise<Changes> {
    const { found, login } = await this.#lookAs(database);
    mustBeOurs(database, found);
    const changes: string[] = [];
    const statements = [
      ...this.#roleStatements(database, found, login, changes),
      ...databaseStatements(database, found, changes),
    ];
    if (statements.length > 0) await this.#client.run(statements, 'changes');
    if (login !== 'complete') changes.push(...(await this.#createExtension(database, found)));
    const { sites, machine } = this.#host;
    // In a dry run there is nothing to log in to; a site that is closed may not.
    if (sites && found.role?.mayLogIn !== false && (await this.#look(database)).owner !== null)
      for (const one of [sites.machine, ...(sites.more ?? [])])
        await mustLetIn(machine.name, one.name, () =>
          this.#loggedIn(one, database, (client) => client.run(['select 1'], 'reads', database.name)),
        );
    return changes;
  }

  async destroy(key: Pick<Database, 'name' | 'user'>): Promise<void> {
    const { name, user } = key;
    const { owner, role } = await this.#look(key);
    await this.#host.machine.remove(loginFileOf(this.#host.paths, 'postgresql', user));
    if (owner !== null && owner !== user) return;
    const isOnlyOurs = role !== null && !role.mayMore && role.otherDatabases === 0;
    const statements = [
      ...(owner !== null && role?.isOurMember === false ? [`grant ${identifier(user)} to current_user`] : []),
      ...(owner === null ? [] : [`drop database if exists ${identifier(name)} with (force)`]),
      ...(owner === null ? [] : [dropReader(name)]),
      ...(isOnlyOurs ? [`drop role if exists ${identifier(user)}`] : []),
    ];
    if (statements.length > 0) await this.#client.run(statements, 'changes');
  }

  address({ name, user, password }: Database): DatabaseAddress {
    return { driver: 'pgsql', name, user, password, host: this.#siteHost(), port: this.#options.port, socket: null };
  }

  async dumping<T>(
    from: SiteDatabase,
    at: Machine,
    emptied: readonly string[],
    action: (dump: Command) => Promise<T>,
  ): Promise<T> {
    if ((await this.#look(from)).owner === null) throw noDatabase(this.#host.machine.name, from.name);
    const dumpBy = async (client: PostgresqlClient): Promise<T> => {
      const dump = await dumpCommand(client, from.name, emptied);
      return withExplanation(client, [dump], () => action(dump));
    };
    if (at.name === this.#host.machine.name) return dumpBy(this.#client);
    return withReader(this.#client, from, (reader) => this.#loggedIn(at, reader, dumpBy));
  }

  loading<T>(into: SiteDatabase, at: Machine, action: (load: Programs) => Promise<T>): Promise<T> {
    return this.#loggedIn(at, into, async (client) => {
      const load = await loadCommands(client, into.name);
      return withExplanation(client, load, () => action(load));
    });
  }

  copy(from: SiteDatabase, to: SiteDatabase, emptied: readonly string[]): Promise<Copied> {
    mustBePlain(from);
    mustBePlain(to);
    const { machine } = this.#host;
    const loading = <T>(into: SiteDatabase, action: (load: Programs) => Promise<T>): Promise<T> =>
      this.loading(into, machine, action);
    return copyPostgresql({ client: this.#client, machine, loading }, from, to, emptied);
  }

  copyNeedsClosed(): boolean {
    return true;
  }

  /** The role may not log in any more; the database itself stays open for us, who are a member of it. */
  async close(database: SiteDatabase, graceMs: number): Promise<void> {
    const { name, user } = database;
    const found = await this.#look(database);
    if (found.owner === null) throw noDatabase(this.#host.machine.name, name);
    mustBeOurs(database, found);
    if (found.role && (found.role.mayMore || found.role.otherDatabases > 0))
      throw new Problem(
        'conflict',
        `the database ${name} cannot be closed: its role ${user} has rights on something else`,
        {
          hint: 'Give the site a database role of its own, or take these rights away.',
        },
      );
    const member = found.role?.isOurMember ? [] : [`grant ${identifier(user)} to current_user`];
    if (found.role?.mayLogIn) await this.#client.run([...member, loginStatement(user, false)], 'changes');
    await endSessions(this.#client, this.#host.machine.name, user, graceMs);
  }

  async reopen(database: SiteDatabase): Promise<void> {
    const { owner, role } = await this.#look(database);
    if (owner === database.user && role?.mayLogIn === false)
      await this.#client.run([loginStatement(database.user, true)], 'changes');
  }

  async sizeBytes({ name }: SiteDatabase): Promise<number> {
    const size = `select pg_database_size(oid) from pg_database where datname = ${literal(name)}`;
    const [[bytes = '0'] = []] = await this.#client.run([size], 'reads');
    return Number(bytes);
  }

  /** The server tells it only who may read all of its settings (pg_read_all_settings); else Debian's place for all clusters. */
  async disk(): Promise<Disk | null> {
    if (this.#options.host !== 'localhost') return null;
    const told = "select setting from pg_settings where name = 'data_directory'";
    const [[directory = debianClusters] = []] = await this.#client.run([told], 'reads');
    const { machine } = this.#host;
    return (await machine.stat(directory)) === null && directory === debianClusters ? null : diskOf(machine, directory);
  }

  /** As this role, from this machine, where sites reach the server; the file with the password is gone afterwards. */
  async #loggedIn<T>(
    at: Machine,
    { user, password }: { readonly user: string; readonly password: Secret },
    action: (client: PostgresqlClient) => Promise<T>,
  ): Promise<T> {
    const host = at.name === this.#host.machine.name ? this.#ownHost() : this.#siteHost();
    const login = { host, port: this.#options.port, user, password };
    const client = new PostgresqlClient(at, login, loginFileOf(this.#host.paths, 'postgresql', user));
    try {
      return await action(client);
    } finally {
      await client.forget();
    }
  }

  /** Where sites reach it. */
  #siteHost(): string {
    const { host, siteHost } = this.#options;
    const { machine, sites } = this.#host;
    if (!sites || siteHost !== undefined) return this.#ownHost();
    return reachable(machine.name, host === 'localhost' ? sites.host : host, sites);
  }

  /** Where it is reached with a password from its own machine. */
  #ownHost(): string {
    const { host, siteHost } = this.#options;
    return siteHost ?? (host === 'localhost' ? '127.0.0.1' : host);
  }

  /** The password is compared by logging in with it, as sites do. */
  #roleStatements({ user, password }: Database, { role }: Found, login: Login, changes: string[]): readonly string[] {
    const name = identifier(user);
    // Who makes roles without being superuser must be a member to make a database for one.
    const member = role?.isOurMember ? [] : [`grant ${name} to current_user`];
    // One that is closed cannot log in, and stays closed.
    if (role !== null && (login === 'let in' || login === 'complete' || !role.mayLogIn)) return member;
    changes.push(role === null ? `made the database role ${user}` : `set the password of the database role ${user}`);
    const verb = role === null ? 'create' : 'alter';
    return [`${verb} role ${name} login password ${literal(scramVerifier(password.reveal()))}`, ...member];
  }

  /** Drupal 10 wants pg_trgm. The database's owner may create it, and must own it: a dump that is loaded describes it anew. */
  async #createExtension({ name, user }: Database, { owner }: Found): Promise<Changes> {
    // A database that was just made has none, and in a dry run cannot be asked.
    if (owner !== null && (await this.#client.run([findExtension], 'reads', name)).length > 0) return [];
    const statements = [`set role ${identifier(user)}`, 'create extension if not exists pg_trgm'];
    await this.#client.run(statements, 'changes', name);
    return [`made the extension pg_trgm in ${name}`];
  }

  async #look(key: Pick<Database, 'name' | 'user'>): Promise<Found> {
    mustBePlain(key);
    return foundIn(await this.#client.run(lookStatements(key), 'reads'));
  }

  /** Looks, and where database and role are there also logs in where sites do. */
  async #lookAs(database: Database): Promise<{ readonly found: Found; readonly login: Login }> {
    mustBePlain(database);
    const { name, user, password } = database;
    const site = { host: this.#ownHost(), port: this.#options.port, user, password };
    const { rows, isRefused } = await this.#client.runAndLogIn(
      lookStatements(database),
      `exists (select from pg_database where datname = ${literal(name)} and pg_get_userbyid(datdba) = ${literal(user)})`,
      site,
      name,
      `select 'login', exists (${findExtension})`,
    );
    const [, isComplete] = rows.find(([kind]) => kind === 'login') ?? [];
    if (isRefused) return { found: foundIn(rows), login: 'refused' };
    if (isComplete === undefined) return { found: foundIn(rows), login: 'untried' };
    return { found: foundIn(rows), login: isComplete === 't' ? 'complete' : 'let in' };
  }
}
