import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { query } from '../../machine/command.ts';
import type { FileStat, Machine, Output } from '../../machine/machine.ts';
import type { Changes } from '../../machine/put.ts';
import type { Problem } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';
import { putLoginFile } from './login-file.ts';
import { type PostgresqlLogin, postgresqlProblem } from './postgresql-problem.ts';

/** Answers of statements, by columns. */
type Rows = readonly (readonly string[])[];

/** Runs SQL with psql. SQL goes through its standard input, the password through a file. */
export class PostgresqlClient {
  readonly #machine: Machine;
  readonly #login: PostgresqlLogin;
  /** Of the file with the password, 0600. */
  readonly #file: string;
  #ready: Promise<Changes> | undefined;
  #programs: Promise<readonly FileStat[]> | undefined;

  constructor(machine: Machine, login: PostgresqlLogin, file: string) {
    this.#machine = machine;
    this.#login = login;
    this.#file = file;
  }

  /** Rows of all answers. Each statement is a transaction; stops at the first that fails. */
  async run(
    statements: readonly string[],
    effect: 'reads' | 'changes',
    database = 'postgres',
    timeoutMs?: number,
  ): Promise<Rows> {
    const script = statements.map((one) => `${one};\n`).join('');
    const { exitCode, stdout, stderr } = await this.#psql(script, effect, database, timeoutMs);
    if (exitCode !== 0) throw this.problem(exitCode, stderr);
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
      ? postgresqlProblem(this.#machine, login, 2, stderr)
      : this.problem(exitCode, stderr);
    if (rows.length === 0 || problem.code !== 'forbidden') throw problem;
    return { rows, isRefused: true };
  }

  async #psql(script: string, effect: 'reads' | 'changes', database: string, timeoutMs?: number): Promise<Output> {
    await this.prepare();
    const fixed = '-X -q -A -t --no-password -v ON_ERROR_STOP=1 -v VERBOSITY=verbose'.split(' ');
    return this.#machine.run({
      ...query`${await this.program('psql')} ${fixed} ${['-F', '\t']} ${this.connection(database)}`,
      // Without these a server's own settings could read our quotes in another way, or add lines to the answer.
      stdin: new Secret(`set standard_conforming_strings = on;\nset client_min_messages = error;\n${script}`),
      effect,
      ...(timeoutMs !== undefined && { timeoutMs }),
      // psql: 1 is its own failure, 2 a connection that failed, 3 a statement.
      allow: [0, 1, 2, 3],
      quiet: true,
    });
  }

  /**
   * Path of psql, pg_dump or pg_restore, of the wanted major version of the server if it is there, else the newest: newer ones read
   * older servers. What Debian has in the path is a script that looks for the newest and starts it: several times as slow.
   */
  async program(name: string, major?: string): Promise<string> {
    this.#programs ??= this.#machine.find('/usr/lib/postgresql', {
      names: ['psql', 'pg_dump', 'pg_restore'],
      prune: ['lib'],
      depthMax: 3,
    });
    const paths = newestFirst(await this.#programs).filter((path) => path.endsWith(`/${name}`));
    return paths.find((path) => path === `/usr/lib/postgresql/${major}/bin/${name}`) ?? paths[0] ?? name;
  }

  /** Writes the file with the password where it is not there yet. */
  prepare(): Promise<Changes> {
    this.#ready ??= this.#putFile();
    return this.#ready;
  }

  async #putFile(): Promise<Changes> {
    const { password } = this.#login;
    if (password === null) return [];
    const escaped = password.reveal().replace(/[\\:]/g, '\\$&');
    return putLoginFile(this.#machine, this.#file, new Secret(`*:*:*:*:${escaped}\n`));
  }

  /** Takes the password away again. */
  async forget(): Promise<void> {
    this.#ready = undefined;
    await this.#machine.remove(this.#file);
  }

  /** What one of the programs said in refusing, explained. */
  problem(exitCode: number, stderr: string): Problem {
    return postgresqlProblem(this.#machine, this.#login, exitCode, stderr);
  }

  /** For psql and for the programs that dump and load. */
  connection(database: string): string {
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
