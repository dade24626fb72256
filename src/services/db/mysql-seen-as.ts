import { query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import { Problem } from '../../model/problem.ts';

/** Nobody has this name; so it is refused, with the address in the refusal. */
const nobody = 'aegir_nobody';

/**
 * As what a database server sees clients of another machine, which is how it names their users: address or name, whatever
 * networks are in between. Asked as the old Aegir did: by a login that must fail.
 */
export async function seenAs(
  machine: Machine,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  for (const program of ['mariadb', 'mysql']) {
    const words = ['--no-defaults', `--host=${host}`, `--port=${port}`, `--user=${nobody}`, '--connect-timeout=10'];
    const { exitCode, stderr } = await machine.run({
      ...query`${program} ${words} ${['--batch', '--execute', 'select 1']}`,
      allow: [0, 1, 127],
      quiet: true,
    });
    if (exitCode === 127) continue;
    const seen = /'aegir_nobody'@'([^']+)'|Host '([^']+)' is not allowed/.exec(stderr);
    const found = seen?.[1] ?? seen?.[2];
    if (found !== undefined) return found;
    throw new Problem('server-unreachable', `${machine.name} does not reach the database server at ${host}:${port}`, {
      hint: `Let MariaDB listen for other machines (bind-address in /etc/mysql), and look for firewalls; or name where sites come from: --option 'grantHosts=["192.0.2.1"]'.`,
      cause: new Error(stderr.trim().slice(0, 1000) || 'the login of nobody was not refused'),
    });
  }
  throw new Problem('command-failed', `there is no client of MariaDB or MySQL on ${machine.name}`, {
    hint: 'Run there: apt-get install -y mariadb-client',
  });
}
