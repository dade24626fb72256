import { query } from '../machine/command.ts';
import { programPaths } from '../machine/environment.ts';
import type { Machine } from '../machine/machine.ts';
import { Problem } from '../model/problem.ts';

/** By server: which program it was, and what it said. Starting PHP takes as long as scanning a platform. */
const known = new Map<string, { readonly program: string; readonly version: string }>();

/** Version of the PHP that runs our scripts: '8.2.36'. Asked again when another program stands there. Throws 'command-failed' where there is none. */
export async function phpVersion(machine: Machine): Promise<string> {
  const program = await phpProgram(machine);
  const kept = known.get(machine.name);
  if (program !== null && kept?.program === program) return kept.version;
  const { stdout, exitCode } = await machine.run({ ...query`php -v`, allow: [0, 127], quiet: true });
  const version = /^PHP (\d+\.\d+\.\d+)/m.exec(stdout)?.[1];
  if (version === undefined)
    throw new Problem(
      'command-failed',
      `PHP is missing on ${machine.name}${exitCode === 0 ? ' or says nothing' : ''}`,
      {
        hint: 'Install the command line of PHP there (Debian: apt install php-cli).',
      },
    );
  if (program !== null) known.set(machine.name, { program, version });
  return version;
}

/** What is different when it is another PHP; null where that cannot be told. Links are followed: Debian's alternatives are some. */
async function phpProgram(machine: Machine): Promise<string | null> {
  const paths = programPaths('php');
  const stats = await machine.statMany(paths, { follow: true });
  const stat = paths.map((path) => stats.get(path)).find((one) => one !== undefined);
  if (stat?.kind !== 'file' || stat.changedMs === null) return null;
  return `${stat.path} ${stat.sizeBytes} ${stat.modifiedMs} ${stat.changedMs}`;
}
