import type { Machine } from '../../machine/machine.ts';
import { Problem } from '../../model/problem.ts';
import type { Secret } from '../../model/secret.ts';

export interface PostgresqlLogin {
  /** A host name, or the directory of the Unix socket; null: where psql looks for the socket. */
  readonly host: string | null;
  readonly port: number;
  readonly user: string;
  /** Null: the server believes the operating system (peer). */
  readonly password: Secret | null;
}

/** What psql said in refusing, explained. Its exit codes: 1 is its own failure, 2 a connection that failed, 3 a statement. */
export function postgresqlProblem(
  machine: Machine,
  { host, port, user, password }: PostgresqlLogin,
  exitCode: number,
  stderr: string,
): Problem {
  const server = `the PostgreSQL server of ${machine.name} (${host ?? 'socket'}, port ${port})`;
  const cause = new Error(stderr.trim().slice(0, 1000));
  const code = /\b(?:ERROR|FATAL): {2}([0-9A-Z]{5})\b/.exec(stderr)?.[1] ?? '';
  const refused =
    /authentication|no password supplied|pg_hba\.conf|role .* (does not exist|is not permitted to log in)/.test(stderr);
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
