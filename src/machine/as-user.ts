import { type Command, query } from './command.ts';
import type { Machine } from './machine.ts';

/**
 * The command as the site's own user runs it: what a site wrote may be unreadable to us, and what it is made to write must be its own.
 * The sudoers file allows `php` without arguments, `tar` and `cp`.
 */
export async function asUser(machine: Machine, user: string, command: Command): Promise<Command> {
  if ((await userOf(machine)) === user) return command;
  return { ...command, argv: ['sudo', '-n', '-u', user, ...command.argv] };
}

const users = new WeakMap<Machine, Promise<string>>();

/** Whom we are on that server; asked once for each machine. '' where nobody knows. */
function userOf(machine: Machine): Promise<string> {
  const known = users.get(machine);
  if (known) return known;
  const asked = machine.run({ ...query`id -un`, allow: [0, 1, 127], quiet: true }).then(({ stdout }) => stdout.trim());
  users.set(machine, asked);
  asked.catch(() => users.delete(machine));
  return asked;
}
