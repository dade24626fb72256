import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Problem } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';
import type { Database } from '../../model/site.ts';
import type { EngineHost } from '../engine.ts';

// All of these are arguments or parts of a connection string: nothing that could be taken for something else there.
const host = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,252}$/, 'must be a host name or an address');
const path = z.string().regex(/^(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/, 'must be an absolute path of plain characters');
const user = z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,62}$/, 'must be a plain user name');
// Control characters cannot be written into a file of options.
const password = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}"]*$/u, 'must hold no control character and no quote');

export const siteHost = host.optional();

/** Throws Problem 'invalid' where sites on another machine are told to look for their database on their own. */
export function reachable(server: string, address: string, sites: EngineHost['sites']): string {
  if (!sites || address !== 'localhost') return address;
  throw new Problem('invalid', `sites on ${sites.machine.name} do not reach the databases of ${server} as localhost`, {
    hint: `Say what it is called there: aegir service set ${server} db --option siteHost=NAME`,
  });
}

/** How the back end reaches a database server and logs in to it. */
export const databaseServer = z.object({
  host: host.default('localhost').describe('Host of the database server; localhost: through its Unix socket'),
  port: z.number().int().min(1).max(65_535),
  socket: path.optional().describe('Unix socket, if it is not where the client program looks for it'),
  user: user.default('aegir').describe('User that may make databases and users'),
  password: password.optional().describe('Its password; none: the server believes the operating system'),
});

/** Throws Problem 'invalid' for names that the server cannot take or that we cannot write down safely. Lengths are in characters. */
export function plainNames(
  server: string,
  { name, user: userName }: { readonly name: string; readonly user: string },
  lengthMax: { readonly name: number; readonly user: number },
): void {
  refuse(server, 'database', name, lengthMax.name, /\p{Cc}|\s$/u);
  refuse(server, 'database user', userName, lengthMax.user, /[\p{Cc}'"`\\@]|\s$/u);
}

function refuse(server: string, what: string, name: string, lengthMax: number, hostile: RegExp): void {
  const shown = JSON.stringify(name.slice(0, 80));
  if (name === '' || name.length > lengthMax)
    throw new Problem('invalid', `${shown} is no name of a ${what} for ${server}: 1 to ${lengthMax} characters`, {
      hint: 'Choose a shorter name.',
    });
  if (hostile.test(name) || !name.isWellFormed())
    throw new Problem('invalid', `${shown} is no name of a ${what} for ${server}`, {
      hint: 'Use letters, digits and _.',
    });
}

/**
 * What `verify` makes and drops to prove that it may. One service has always the same name for it: what a worker left
 * that died in between is found and removed by the next.
 */
export function trialDatabase(
  { paths }: EngineHost,
  { host: server, port, user: administrator }: { readonly host: string; readonly port: number; readonly user: string },
): Database {
  const service = [paths.config, server, port, administrator].join(' ');
  const name = `aegir_test_${createHash('sha256').update(service).digest('hex').slice(0, 12)}`;
  return { name, user: name, password: new Secret(randomBytes(24).toString('base64url')) };
}
