import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { Secret } from '../model/secret.ts';
import { one } from './rows.ts';
import { type SealKey, seal, unseal } from './seal.ts';
import type { Tables } from './tables.ts';

export interface HubKey {
  /** A line of authorized_keys: 'ssh-ed25519 AAAA… aegir-hub'. */
  readonly public: string;
  /** A file as ssh reads it. */
  readonly private: Secret;
}

/** Made when it is first asked for; of two that make it at once, both get the same. */
export async function hubKey(db: Kysely<Tables>, sealKey: SealKey): Promise<HubKey> {
  const there = await readKey(db, sealKey);
  if (there) return there;
  const made = makeKey();
  const sealed = seal(sealKey, made.private, purpose);
  await sql`insert into hub_key (name, public, sealed) values ('ssh', ${made.public}, ${sealed}) on conflict do nothing`.execute(
    db,
  );
  return (await readKey(db, sealKey)) ?? one([], 'the key of the hub that was just made');
}

const purpose = 'hub_key.sealed:ssh';

async function readKey(db: Kysely<Tables>, sealKey: SealKey): Promise<HubKey | null> {
  const { rows } = await sql<{
    public: string;
    sealed: Buffer;
  }>`select public, sealed from hub_key where name = 'ssh'`.execute(db);
  const [row] = rows;
  return row ? { public: row.public, private: unseal(sealKey, row.sealed, purpose) } : null;
}

/** Ends the public line: by this `server bootstrap` finds a former key of a hub. */
const comment = 'aegir-hub';

/** Ed25519, in OpenSSH's own format (PROTOCOL.key): OpenSSH 9.2 reads no other for it. */
export function makeKey(): HubKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const point = Buffer.from(String(publicKey.export({ format: 'jwk' })['x']), 'base64url');
  const seed = Buffer.from(String(privateKey.export({ format: 'jwk' })['d']), 'base64url');
  const type = Buffer.from('ssh-ed25519');
  const open = Buffer.concat([framed(type), framed(point)]);
  const check = randomBytes(4);
  const secret = Buffer.concat([
    ...[check, check, open, framed(Buffer.concat([seed, point])), framed(Buffer.from(comment))],
  ]);
  const blockBytes = 8;
  const missing = (blockBytes - (secret.length % blockBytes)) % blockBytes;
  const padded = Buffer.concat([secret, Buffer.from(Array.from({ length: missing }, (_, at) => at + 1))]);
  const none = framed(Buffer.from('none'));
  const whole = Buffer.concat([
    ...[Buffer.from('openssh-key-v1\0'), none, none, framed(Buffer.alloc(0)), uint32(1), framed(open), framed(padded)],
  ]);
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? [];
  return {
    public: `ssh-ed25519 ${open.toString('base64')} ${comment}`,
    private: new Secret(
      ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n'),
    ),
  };
}

const framed = (bytes: Buffer): Buffer => Buffer.concat([uint32(bytes.length), bytes]);

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
