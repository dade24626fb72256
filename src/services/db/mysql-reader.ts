import { createHash, randomBytes } from 'node:crypto';
import { Secret } from '../../model/secret.ts';
import { grantPattern, identifier, literal, type MysqlClient } from './mysql-client.ts';
import { account } from './mysql-look.ts';

interface Reader {
  readonly user: string;
  readonly password: Secret;
}

/** Of a database always the same name, so that one which a lost worker left is replaced by the next, or goes with the database. */
const readerOf = (name: string): string => `aegir_dump_${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;

/**
 * While `action` runs there is a user who may read this one database from `hosts`, so that it can be dumped over the network: as the
 * site itself cannot when it is closed, nor see who wrote its routines, nor should we send an administrator's password anywhere.
 */
export async function withReader<T>(
  client: MysqlClient,
  name: string,
  hosts: readonly string[],
  action: (reader: Reader) => Promise<T>,
): Promise<T> {
  const reader = { user: readerOf(name), password: new Secret(randomBytes(24).toString('base64url')) };
  const [[version = ''] = []] = await client.run(['select version()'], 'reads');
  const routines = /maria/i.test(version) ? 'select on mysql.proc' : 'show_routine on *.*';
  const make = hosts.flatMap((host) => {
    const at = account(reader.user, host);
    return [
      `create user ${at} identified by ${literal(reader.password.reveal())}`,
      `grant select, lock tables, show view, trigger, event on ${identifier(grantPattern(name))}.* to ${at}`,
      `grant ${routines} to ${at}`,
    ];
  });
  try {
    await client.run([...dropReader(name, hosts), ...make], 'changes');
    return await action(reader);
  } finally {
    await client.run(dropReader(name, hosts), 'changes');
  }
}

export const dropReader = (name: string, hosts: readonly string[]): readonly string[] =>
  hosts.map((host) => `drop user if exists ${account(readerOf(name), host)}`);
