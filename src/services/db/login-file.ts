import { createHash } from 'node:crypto';
import type { Machine } from '../../machine/machine.ts';
import { parentOf } from '../../machine/matches.ts';
import { type Changes, putFile } from '../../machine/put.ts';
import type { Secret } from '../../model/secret.ts';
import type { ServerPaths } from '../../model/server.ts';

/** A file (0600) from which a client program takes a password, as it may not be an argument. */
export async function putLoginFile(machine: Machine, path: string, text: Secret): Promise<Changes> {
  const directory = parentOf(path);
  if (!(await machine.stat(directory))) await machine.makeDirectory(directory, { mode: '0711' });
  return putFile(machine, path, text, { mode: '0600', hidden: true });
}

/**
 * Of a database user always the same, so that one which a lost worker left is found again. The hash is for odd names.
 * In the directory of all servers' configurations, as the one of this service is not on every machine.
 */
export const loginFileOf = ({ root }: ServerPaths, engine: string, user: string): string =>
  `${root}/config/${engine}-login-${createHash('sha256').update(user).digest('hex').slice(0, 16)}.cnf`;
