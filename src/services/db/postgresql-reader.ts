import { createHash, randomBytes } from 'node:crypto';
import { Secret } from '../../model/secret.ts';
import { identifier, literal, type PostgresqlClient, scramVerifier } from './postgresql-client.ts';

interface Reader {
  readonly user: string;
  readonly password: Secret;
}

/** Of a database always the same name, so that one which a lost worker left is replaced by the next, or goes with the database. */
const readerOf = (name: string): string => `aegir_dump_${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;

/**
 * While `action` runs there is a role that may do what the site's may, so that its database can be dumped over the network: as the
 * site itself cannot when it is closed, nor should we send an administrator's password anywhere.
 */
export async function withReader<T>(
  client: PostgresqlClient,
  { name, user }: { readonly name: string; readonly user: string },
  action: (reader: Reader) => Promise<T>,
): Promise<T> {
  const reader = { user: readerOf(name), password: new Secret(randomBytes(24).toString('base64url')) };
  const verifier = literal(scramVerifier(reader.password.reveal()));
  const make = `create role ${identifier(reader.user)} login password ${verifier} in role ${identifier(user)}`;
  try {
    await client.run([dropReader(name), make], 'changes');
    return await action(reader);
  } finally {
    await client.run([dropReader(name)], 'changes');
  }
}

export const dropReader = (name: string): string => `drop role if exists ${identifier(readerOf(name))}`;
