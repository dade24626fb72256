import { createHash } from 'node:crypto';
import { query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Changes } from '../../machine/put.ts';
import { Problem } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';
import { putLoginFile } from './login-file.ts';
import { type MysqlLogin, mysqlProblem } from './mysql-problem.ts';

/** Runs SQL with the client program of MariaDB or MySQL, whichever is there. SQL goes through its standard input, the password through a file. */
export class MysqlClient {
  readonly #machine: Machine;
  readonly #login: MysqlLogin;
  /** Of the file with the password, 0600. */
  readonly #file: string;
  #program: 'mariadb' | 'mysql' = 'mariadb';
  #ready: Promise<Changes> | undefined;

  constructor(machine: Machine, login: MysqlLogin, file: string) {
    this.#machine = machine;
    this.#login = login;
    this.#file = file;
  }

  /** Rows of all answers, by columns. Stops at the first statement that fails. */
  async run(statements: readonly string[], effect: 'reads' | 'changes', more: More = {}): Promise<Rows> {
    await this.prepare();
    const { timeoutMs, dryStdout, startsPrograms = false } = more;
    const output = await this.#machine.run({
      ...query`${this.#program} ${this.login()} ${clientWords} ${startsPrograms ? [] : ['--binary-mode']}`,
      stdin: new Secret([beginning, ...statements, ''].join(';\n')),
      effect,
      allow: [0, 1, 127],
      // A refused statement is repeated in the message, with the password in it.
      quiet: true,
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(dryStdout !== undefined && { dryStdout }),
    });
    if (output.exitCode === 127) return this.#runWithOther(statements, effect, more);
    if (output.exitCode !== 0) throw this.problem(output.stderr);
    return output.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t').map(unescaped));
  }

  /** Writes the file with the password where it is not there yet. */
  prepare(): Promise<Changes> {
    this.#ready ??= this.#putFile();
    return this.#ready;
  }

  async #putFile(): Promise<Changes> {
    const { password } = this.#login;
    if (password === null) return [];
    const escaped = password.reveal().replaceAll('\\', '\\\\');
    return putLoginFile(this.#machine, this.#file, new Secret(`[client]\npassword="${escaped}"\n`));
  }

  /** Takes the password away again. */
  async forget(): Promise<void> {
    this.#ready = undefined;
    await this.#machine.remove(this.#file);
  }

  /** Whether what is installed here is MySQL's own, which has its programs under the old names only. Known once something was run. */
  get isOfMysql(): boolean {
    return this.#program === 'mysql';
  }

  /** Whether the server runs on the machine that the client runs on. */
  get isLocal(): boolean {
    return this.#login.host === 'localhost';
  }

  #runWithOther(statements: readonly string[], effect: 'reads' | 'changes', more: More): Promise<Rows> {
    if (this.isOfMysql)
      throw new Problem('command-failed', `there is no client of MariaDB or MySQL on ${this.#machine.name}`, {
        hint: 'Install mariadb-client there.',
      });
    this.#program = 'mysql';
    return this.run(statements, effect, more);
  }

  /** Of the client and of the program that dumps. */
  login(): readonly string[] {
    const { host, port, socket, user, password } = this.#login;
    const local = host === 'localhost';
    return [
      // Must be the first. No other file of options is read, so that it does not matter whose home this is.
      password === null ? '--no-defaults' : `--defaults-file=${this.#file}`,
      ...['--default-character-set=utf8mb4', `--user=${user}`],
      ...(local ? ['--protocol=socket'] : ['--protocol=tcp', `--host=${host}`, `--port=${port}`]),
      ...(local && socket !== null ? [`--socket=${socket}`] : []),
    ];
  }

  /** What one of the programs said in refusing, explained. */
  problem(stderr: string): Problem {
    return mysqlProblem(this.#machine, this.#login, stderr);
  }
}

type Rows = readonly (readonly string[])[];

interface More {
  readonly timeoutMs?: number;
  /** What a dry run takes for the answer. */
  readonly dryStdout?: string;
  /** Lets a line that begins with `system` start a program. All words of all statements must be plain ones. */
  readonly startsPrograms?: boolean;
}

/**
 * Begins every script. A server's own mode could read our quotes in another way; and without NO_AUTO_CREATE_USER (which
 * MySQL 8 no longer needs, nor knows) a grant to a user who is gone makes one, without a password.
 */
const beginning = "set session sql_mode = concat('STRICT_TRANS_TABLES' /*M! , ',NO_AUTO_CREATE_USER' */)";

const clientWords = ['--batch', '--skip-column-names', '--connect-timeout=10'];

/** The client writes what would end a field or a line in two characters. */
const unescaped = (field: string): string =>
  field.replace(/\\(.)/g, (_, sign: string) => ({ n: '\n', t: '\t', '0': '\0' })[sign] ?? sign);

/** Our statements set the sql_mode that this is right for. */
export const literal = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
export const identifier = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
/** In a grant, `_` and `%` stand for any character: unescaped, a_b would open the database axb too. */
export const grantPattern = (name: string): string => name.replace(/[\\_%]/g, '\\$&');

/** What mysql_native_password stores. */
export const nativeHash = (password: string): string => {
  const sha1 = (data: string | Buffer): Buffer => createHash('sha1').update(data).digest();
  return `*${sha1(sha1(password)).toString('hex').toUpperCase()}`;
};
