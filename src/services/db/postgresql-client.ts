import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { query } from '../../machine/command.ts';
import type { FileStat, Machine, Output } from '../../machine/machine.ts';
import { type Changes, putFile } from '../../machine/put.ts';
import { Problem } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';

export interface PostgresqlLogin {
  /** A host name, or the directory of the Unix socket; null: where psql looks for the socket. */
  readonly host: string | null;
  readonly port: number;
  readonly user: string;
  /** Null: the server believes the operating system (peer). */
  readonly password: Secret | null;
}

/** Answers of statements, by columns. */
type Rows = readonly (readonly string[])[];

/** Runs SQL with psql. SQL goes through its standard input, the password through a file. */
export class PostgresqlClient {
  readonly #machine: Machine;
  readonly #login: PostgresqlLogin;
  /** Of the file with the password, 0600. */
  readonly #file: string;
  #ready: Promise<Changes> | undefined;
  #program: Promise<string> | undefined;

  constructor(machine: Machine, login: PostgresqlLogin, file: string) {
    this.#machine = machine;
    this.#login = login;
    this.#file = file;
  }

  /** Rows of all answers. Each statement is a transaction; stops at the first that fails. */
  async run(statements: readonly string[], effect: 'reads' | 'changes', database = 'postgres'): Promise<Rows> {
    const { exitCode, stdout, stderr } = await this.#psql(
      statements.map((one) => `${one};\n`).join(''),
      effect,
      database,
    );
    if (exitCode !== 0) throw this.#problem(this.#login, exitCode, stderr);
    return rowsOf(stdout);
  }

  /**
   * Runs the statements, and where `condition` (SQL) is true logs in anew as a site does, over the network and with its
   * password, and asks `statement` there. One program does for all of it, so a verify of an unchanged site is quick, and
   * the password of the site is in no file.
   */
  async runAndLogIn(
    statements: readonly string[],
    condition: string,
    login: PostgresqlLogin & { readonly host: string; readonly password: Secret },
    database: string,
    statement: string,
  ): Promise<{ readonly rows: Rows; readonly isRefused: boolean }> {
    const { host, port, user, password } = login;
    const words = { host, port: String(port), user, dbname: database, connect_timeout: '10' };
    const connection = `${connectionString(words)} password=${quoted(password.reveal())}`.replaceAll('"', '""');
    const script = [
      ...statements.map((one) => `${one};`),
      `select ${condition} as aegir_logs_in \\gset`,
      '\\if :aegir_logs_in',
      `\\connect -reuse-previous=off "${connection}"`,
      `${statement};`,
      '\\endif\n',
    ].join('\n');
    const { exitCode, stdout, stderr } = await this.#psql(script, 'reads', 'postgres');
    const rows = rowsOf(stdout);
    if (exitCode === 0) return { rows, isRefused: false };
    const problem = /\\connect/.test(stderr)
      ? this.#problem(login, 2, stderr)
      : this.#problem(this.#login, exitCode, stderr);
    if (rows.length === 0 || problem.code !== 'forbidden') throw problem;
    return { rows, isRefused: true };
  }

  async #psql(script: string, effect: 'reads' | 'changes', database: string): Promise<Output> {
    await this.prepare();
    const fixed = '-X -q -A -t --no-password -v ON_ERROR_STOP=1 -v VERBOSITY=verbose'.split(' ');
    return this.#machine.run({
      ...query`${await this.#findProgram()} ${fixed} ${['-F', '\t']} ${this.#connection(database)}`,
      // Without these a server's own settings could read our quotes in another way, or add lines to the answer.
      stdin: new Secret(`set standard_conforming_strings = on;\nset client_min_messages = error;\n${script}`),
      effect,
      // psql: 1 is its own failure, 2 a connection that failed, 3 a statement.
      allow: [0, 1, 2, 3],
      quiet: true,
    });
  }

  /** Debian's psql is a script that looks for the newest and starts it: several times as slow as what it starts. */
  #findProgram(): Promise<string> {
    this.#program ??= this.#machine
      .find('/usr/lib/postgresql', { names: ['psql'], prune: ['lib'], depthMax: 3 })
      .then((found) => newestFirst(found)[0] ?? 'psql');
    return this.#program;
  }

  /** Writes the file with the password where it is not there yet. */
  prepare(): Promise<Changes> {
    this.#ready ??= this.#putFile();
    return this.#ready;
  }

  async #putFile(): Promise<Changes> {
    const { password } = this.#login;
    if (password === null) return [];
    const directory = this.#file.slice(0, this.#file.lastIndexOf('/'));
    if (!(await this.#machine.stat(directory))) await this.#machine.makeDirectory(directory, { mode: '0711' });
    const escaped = password.reveal().replace(/[\\:]/g, '\\$&');
    return putFile(this.#machine, this.#file, new Secret(`*:*:*:*:${escaped}\n`), { mode: '0600' });
  }

  #connection(database: string): string {
    const { host, port, user, password } = this.#login;
    const words = {
      ...(host !== null && { host }),
      port: String(port),
      user,
      dbname: database,
      connect_timeout: '10',
      // A file of the operating system's user is never read: it could hold another password.
      passfile: password === null ? '/dev/null' : this.#file,
    };
    return connectionString(words);
  }

  #problem({ host, port, user, password }: PostgresqlLogin, exitCode: number, stderr: string): Problem {
    const server = `the PostgreSQL server of ${this.#machine.name} (${host ?? 'socket'}, port ${port})`;
    const cause = new Error(stderr.trim().slice(0, 1000));
    const code = /\b(?:ERROR|FATAL): {2}([0-9A-Z]{5})\b/.exec(stderr)?.[1] ?? '';
    const refused = /authentication|no password supplied|pg_hba\.conf|role .* does not exist/.test(stderr);
    if (exitCode === 2 && (refused || code.startsWith('28')))
      return new Problem('forbidden', `${server} does not let the user ${user} in`, {
        hint:
          password === null
            ? `Make the role: create role ${user} login createdb createrole; peer authentication must be on for the socket.`
            : 'Correct user and password, and look at the lines of pg_hba.conf.',
        cause,
      });
    if (exitCode === 2)
      return new Problem('server-unreachable', `${server} does not answer`, {
        hint: 'Start it (systemctl start postgresql), or correct host, port and socket of the service.',
        cause,
      });
    switch (code) {
      case '42501':
        return new Problem('forbidden', `the role ${user} may not do this on ${server}`, {
          hint: `Allow it: alter role ${user} createdb createrole;`,
          cause,
        });
      case '53100':
        return new Problem('disk-full', `there is no space left on ${server}`, {
          hint: 'Free some space there, then run the task again.',
          cause,
        });
      case '2BP01':
        return new Problem('in-use', `a role on ${server} still has something that is not the site's`, {
          hint: 'See what depends on it in the cause; take it away (reassign owned, revoke), then run the task again.',
          cause,
        });
      case '42P04':
      case '42710':
        return new Problem('conflict', `somebody else made the same on ${server} meanwhile`, {
          hint: 'Run the task again.',
          cause,
        });
      default:
        return new Problem('command-failed', `${server} refused a statement (${code || `exit code ${exitCode}`})`, {
          cause,
        });
    }
  }
}

const quoted = (value: string): string => `'${value.replace(/[\\']/g, '\\$&')}'`;
const connectionString = (words: Readonly<Record<string, string>>): string =>
  Object.entries(words)
    .map(([word, value]) => `${word}=${quoted(value)}`)
    .join(' ');

const rowsOf = (stdout: string): Rows =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));

/** Paths such as /usr/lib/postgresql/15/bin/psql. */
export const newestFirst = (found: readonly FileStat[]): readonly string[] =>
  found.map(({ path }) => path).toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }));

export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * What the server stores for a password (RFC 5803), made here so that the password itself is in no statement and so
 * in no log of the server. Passwords are ASCII (we make them), so SASLprep changes nothing.
 */
export function scramVerifier(password: string, salt = randomBytes(16)): string {
  const iterations = 4096;
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const key = (name: string): Buffer => createHmac('sha256', salted).update(name).digest();
  const stored = createHash('sha256').update(key('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${key('Server Key').toString('base64')}`;
}
