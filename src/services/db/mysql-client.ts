import { createHash } from 'node:crypto';
import { query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import { type Changes, putFile } from '../../machine/put.ts';
import { Problem } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';

export interface MysqlLogin {
  readonly host: string;
  readonly port: number;
  readonly socket: string | null;
  readonly user: string;
  /** Null: the server believes the operating system (unix_socket). */
  readonly password: Secret | null;
}

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
  async run(statements: readonly string[], effect: 'reads' | 'changes'): Promise<readonly (readonly string[])[]> {
    await this.prepare();
    const output = await this.#machine.run({
      ...query`${this.#program} ${this.#arguments()}`,
      stdin: new Secret([beginning, ...statements, ''].join(';\n')),
      effect,
      allow: [0, 1, 127],
      // A refused statement is repeated in the message, with the password in it.
      quiet: true,
    });
    if (output.exitCode === 127) return this.#runWithOther(statements, effect);
    if (output.exitCode !== 0) throw this.#problem(output.stderr);
    return output.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t'));
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
    const escaped = password.reveal().replaceAll('\\', '\\\\');
    return putFile(this.#machine, this.#file, new Secret(`[client]\npassword="${escaped}"\n`), { mode: '0600' });
  }

  /** MySQL has its client under the old name only. */
  #runWithOther(statements: readonly string[], effect: 'reads' | 'changes'): Promise<readonly (readonly string[])[]> {
    if (this.#program === 'mysql')
      throw new Problem('command-failed', `there is no client of MariaDB or MySQL on ${this.#machine.name}`, {
        hint: 'Install mariadb-client there.',
      });
    this.#program = 'mysql';
    return this.run(statements, effect);
  }

  #arguments(): readonly string[] {
    const { host, port, socket, user, password } = this.#login;
    const local = host === 'localhost';
    return [
      // Must be the first. No other file of options is read, so that it does not matter whose home this is.
      password === null ? '--no-defaults' : `--defaults-file=${this.#file}`,
      ...['--batch', '--raw', '--skip-column-names', '--binary-mode'],
      ...['--default-character-set=utf8mb4', '--connect-timeout=10', `--user=${user}`],
      ...(local ? ['--protocol=socket'] : ['--protocol=tcp', `--host=${host}`, `--port=${port}`]),
      ...(local && socket !== null ? [`--socket=${socket}`] : []),
    ];
  }

  #problem(stderr: string): Problem {
    const { host, port, socket, user, password } = this.#login;
    const at = host === 'localhost' ? (socket ?? 'its socket') : `${host}:${port}`;
    const server = `the database server of ${this.#machine.name} (${at})`;
    const code = Number(/ERROR (\d+)/.exec(stderr)?.[1] ?? 0);
    const cause = new Error(stderr.trim().slice(0, 1000));
    const known = kinds.find(({ codes, text }) => codes.includes(code) || text?.test(stderr));
    switch (known?.kind) {
      case 'unreachable':
        return new Problem('server-unreachable', `${server} does not answer`, {
          hint: 'Start it (systemctl start mariadb), or correct host, port and socket of the service.',
          cause,
        });
      case 'login':
        return new Problem('forbidden', `${server} does not let the user ${user} in`, {
          hint:
            password === null
              ? `Make the user: create user ${user}@localhost identified via unix_socket; grant all on *.* to ${user}@localhost with grant option;`
              : 'Correct user and password of the service.',
          cause,
        });
      case 'right':
        return new Problem('forbidden', `the user ${user} may not do this on ${server}`, {
          hint: `Grant it: grant all on *.* to '${user}'@'localhost' with grant option;`,
          cause,
        });
      case 'full':
        return new Problem('disk-full', `there is no space left on ${server}`, {
          hint: 'Free some space there, then run the task again.',
          cause,
        });
      case 'locked':
        return new Problem('timeout', `${server} took too long`, {
          hint: "A backup or a long query may hold it: see 'show full processlist'. Run the task again when that has ended.",
          cause,
        });
      case 'exists':
        return new Problem('conflict', `somebody else made the same on ${server} meanwhile`, {
          hint: 'Run the task again.',
          cause,
        });
      case 'password':
        return new Problem('configuration-refused', `${server} finds our random passwords too weak`, {
          hint: 'Lower its validate_password policy: they are 32 characters of letters and digits.',
          cause,
        });
      default:
        return new Problem('command-failed', `${server} refused a statement (error ${code})`, { cause });
    }
  }
}

/**
 * Begins every script. A server's own mode could read our quotes in another way; and without NO_AUTO_CREATE_USER (which
 * MySQL 8 no longer needs, nor knows) a grant to a user who is gone makes one, without a password.
 */
const beginning = "set session sql_mode = concat('STRICT_TRANS_TABLES' /*M! , ',NO_AUTO_CREATE_USER' */)";

/** Numbers of errors: mariadb.com/kb/en/mariadb-error-code-reference, the same in MySQL. */
const kinds: readonly { readonly kind: string; readonly codes: readonly number[]; readonly text?: RegExp }[] = [
  { kind: 'full', codes: [1021], text: /No space left|Errcode: 28\b/ },
  { kind: 'unreachable', codes: [1040, 1053, 1129, 1130, 2002, 2003, 2005, 2006, 2013, 2026] },
  { kind: 'login', codes: [1045, 1251, 1524, 1698] },
  { kind: 'right', codes: [1044, 1095, 1142, 1143, 1227, 1290, 1370, 1396, 1410] },
  { kind: 'locked', codes: [1205, 1969] },
  { kind: 'exists', codes: [1007] },
  { kind: 'password', codes: [1819] },
];

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
