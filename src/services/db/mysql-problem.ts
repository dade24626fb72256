import type { Machine } from '../../machine/machine.ts';
import { Problem } from '../../model/problem.ts';
import type { Secret } from '../../model/secret.ts';

export interface MysqlLogin {
  readonly host: string;
  readonly port: number;
  readonly socket: string | null;
  readonly user: string;
  /** Null: the server believes the operating system (unix_socket). */
  readonly password: Secret | null;
}

/** What a client program said in refusing, explained. */
export function mysqlProblem(machine: Machine, login: MysqlLogin, stderr: string): Problem {
  const { host, port, socket, user, password } = login;
  const at = host === 'localhost' ? (socket ?? 'its socket') : `${host}:${port}`;
  const server = `the database server of ${machine.name} (${at})`;
  const code = Number(/\berror:? (\d+)/i.exec(stderr)?.[1] ?? 0);
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

/** Numbers of errors: mariadb.com/kb/en/mariadb-error-code-reference, the same in MySQL. */
const kinds: readonly { readonly kind: string; readonly codes: readonly number[]; readonly text?: RegExp }[] = [
  { kind: 'full', codes: [1021, 1114], text: /No space left|Errcode: 28\b/ },
  { kind: 'unreachable', codes: [1040, 1053, 1129, 1130, 2002, 2003, 2005, 2006, 2013, 2026] },
  { kind: 'login', codes: [1045, 1251, 1524, 1698] },
  { kind: 'right', codes: [1044, 1095, 1142, 1143, 1227, 1290, 1370, 1396, 1410] },
  { kind: 'locked', codes: [1205, 1969] },
  { kind: 'exists', codes: [1007] },
  { kind: 'password', codes: [1819] },
];
