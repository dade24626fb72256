import type { z } from 'zod';
import { query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Changes } from '../../machine/put.ts';
import { Problem } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';
import type { Database, DatabaseAddress } from '../../model/site.ts';
import { type Detected, type EngineHost, engine } from '../engine.ts';
import type { Db } from './db.ts';
import { databaseServer, plainNames, trialDatabase } from './options.ts';
import { identifier, literal, newestFirst, PostgresqlClient, scramVerifier } from './postgresql-client.ts';

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

/** How a site fares that logs in; 'untried': it has not both a role and a database. 'complete': it finds all it needs. */
type Login = 'untried' | 'refused' | 'let in' | 'complete';

/** Whose a database is: its owner, a role of its own for each site. */
interface Found {
  readonly owner: string | null;
  readonly isPublic: boolean;
  readonly role: { readonly mayMore: boolean; readonly otherDatabases: number; readonly isOurMember: boolean } | null;
}

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
      if ((await this.#lookAs(database)).login === 'refused') throw this.#sitesShutOut();
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
    if (login === 'complete') return changes;
    return [...changes, ...(await this.#createExtension(database, found))];
  }

  async destroy(key: Pick<Database, 'name' | 'user'>): Promise<void> {
    const { name, user } = key;
    const { owner, role } = await this.#look(key);
    if (owner !== null && owner !== user) return;
    const isOnlyOurs = role !== null && !role.mayMore && role.otherDatabases === 0;
    const statements = [
      ...(owner !== null && role?.isOurMember === false ? [`grant ${identifier(user)} to current_user`] : []),
      ...(owner === null ? [] : [`drop database if exists ${identifier(name)} with (force)`]),
      ...(isOnlyOurs ? [`drop role if exists ${identifier(user)}`] : []),
    ];
    if (statements.length > 0) await this.#client.run(statements, 'changes');
  }

  address({ name, user, password }: Database): DatabaseAddress {
    return { driver: 'pgsql', name, user, password, host: this.#siteHost(), port: this.#options.port, socket: null };
  }

  #sitesShutOut(): Problem {
    const way = `${this.#siteHost()}, port ${this.#options.port}`;
    return new Problem(
      'forbidden',
      `PostgreSQL on ${this.#host.machine.name} lets no site in with a password (${way})`,
      {
        hint: 'Add to pg_hba.conf: host all all samehost scram-sha-256',
      },
    );
  }

  #siteHost(): string {
    const { host, siteHost } = this.#options;
    return siteHost ?? (host === 'localhost' ? '127.0.0.1' : host);
  }

  /** The password is compared by logging in with it, as sites do. */
  #roleStatements({ user, password }: Database, { role }: Found, login: Login, changes: string[]): readonly string[] {
    const name = identifier(user);
    // Who makes roles without being superuser must be a member to make a database for one.
    const member = role?.isOurMember ? [] : [`grant ${name} to current_user`];
    if (role !== null && (login === 'let in' || login === 'complete')) return member;
    changes.push(role === null ? `made the database role ${user}` : `set the password of the database role ${user}`);
    const verb = role === null ? 'create' : 'alter';
    return [`${verb} role ${name} login password ${literal(scramVerifier(password.reveal()))}`, ...member];
  }

  /** Drupal 10 wants pg_trgm. The database's owner may create it. */
  async #createExtension({ name }: Database, { owner }: Found): Promise<Changes> {
    // A database that was just made has none, and in a dry run cannot be asked.
    if (owner !== null && (await this.#client.run([findExtension], 'reads', name)).length > 0) return [];
    await this.#client.run(['create extension if not exists pg_trgm'], 'changes', name);
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
    const site = { host: this.#siteHost(), port: this.#options.port, user, password };
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

const mustBePlain = (key: Pick<Database, 'name' | 'user'>): void =>
  plainNames('PostgreSQL', key, { name: 63, user: 63 });

function foundIn(rows: readonly (readonly string[])[]): Found {
  const database = rows.find(([kind]) => kind === 'database');
  const role = rows.find(([kind]) => kind === 'role');
  return {
    owner: database?.[1] ?? null,
    isPublic: database?.[2] === 't',
    role: role ? { mayMore: role[1] === 't', otherDatabases: Number(role[2]), isOurMember: role[3] === 't' } : null,
  };
}

const findExtension = "select 'extension' from pg_extension where extname = 'pg_trgm'";

function mustBeOurs({ name, user }: Database, { owner, role }: Found): void {
  if (owner !== null && owner !== user)
    throw new Problem('conflict', `there is a database ${name} already, and it belongs to ${owner}`, {
      hint: `It is left alone. Choose another name, or give it to the site: alter database ${identifier(name)} owner to ${identifier(user)};`,
    });
  if (owner === null && role && (role.mayMore || role.otherDatabases > 0))
    throw new Problem('conflict', `there is a database role ${user} already, with rights on something else`, {
      hint: 'It is left alone. Choose another name for the user of the site.',
    });
}

/** The role comes before: a database is owned from its first moment. */
function databaseStatements({ name, user }: Database, found: Found, changes: string[]): readonly string[] {
  const make = `create database ${identifier(name)} owner ${identifier(user)} template template0 encoding 'UTF8' lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8'`;
  const close = `revoke connect, temporary on database ${identifier(name)} from public`;
  if (found.owner === null) {
    changes.push(`made the database ${name}`);
    return [make, close];
  }
  if (!found.isPublic) return [];
  changes.push(`closed the database ${name} to other roles`);
  return [close];
}

const lookStatements = ({ name, user }: { name: string; user: string }): readonly string[] => [
  `select 'database', pg_get_userbyid(datdba), has_database_privilege('public', oid, 'connect') from pg_database where datname = ${literal(name)}`,
  [
    `select 'role', rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls,`,
    `(select count(*) from pg_database d where d.datdba = r.oid and d.datname <> ${literal(name)}),`,
    `pg_has_role(current_user, r.oid, 'member') from pg_roles r where rolname = ${literal(user)}`,
  ].join(' '),
];

async function detect(machine: Machine): Promise<Detected | null> {
  const [newest] = newestFirst(
    await machine.find('/usr/lib/postgresql', { names: ['postgres'], prune: ['lib'], depthMax: 3 }),
  );
  if (newest === undefined) return null;
  const { stdout } = await machine.run({ ...query`${newest} --version`, quiet: true });
  return { engine: 'postgresql', version: /(\d+(?:\.\d+)+)/.exec(stdout)?.[1] ?? '', options: {} };
}
