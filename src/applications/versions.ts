import { query } from '../machine/command.ts';
import type { Machine } from '../machine/machine.ts';
import { Problem } from '../model/problem.ts';

/** '10.2.3' against '10.10': by numbers, not by letters; what follows a dash is not looked at. Negative: a is the older. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbers(a), numbers(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const numbers = (version: string): readonly number[] =>
  (version.split(/[-+]/)[0] ?? '').split('.').map((part) => Number.parseInt(part, 10) || 0);

/** Version of the PHP that runs our scripts: '8.2.36'. Throws 'command-failed' where there is none. */
export async function phpVersion(machine: Machine): Promise<string> {
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
  return version;
}
