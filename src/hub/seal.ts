import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { link, open, readFile, rm, stat } from 'node:fs/promises';
import { Problem } from '../model/problem.ts';
import { Secret } from '../model/secret.ts';

/** The key that all secrets in the hub's database are sealed with. It lies outside the database, so a dump alone gives nothing away. */
export interface SealKey {
  /** Four bytes made from the key, stored in every sealed value: tells a wrong key from a damaged value. */
  readonly id: Buffer;
  readonly key: Buffer;
}

const keyBytes = 32;
const version = 1;
const idBytes = 4;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 1 + idBytes + nonceBytes + tagBytes;

/**
 * Reads the key file; makes it (0600) if it is absent and `make` is true. Only a first start should ask for that:
 * with a new key nothing that was sealed before can be read.
 * Throws Problem 'not-found', 'forbidden' (others may read it) or 'invalid'.
 */
export async function readSealKey(path: string, { make = false }: { make?: boolean } = {}): Promise<SealKey> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (!found) {
    if (!make)
      throw new Problem('not-found', `the key file ${path} is missing`, {
        hint: 'Put it back from your backup. Without it no password in the database can be read.',
      });
    await makeKeyFile(path);
  } else if ((found.mode & 0o077) !== 0)
    throw new Problem('forbidden', `the key file ${path} can be read by others`, { hint: `Run: chmod 600 ${path}` });
  const key = await readFile(path);
  if (key.length !== keyBytes)
    throw new Problem('invalid', `the key file ${path} has ${key.length} bytes instead of ${keyBytes}`, {
      hint: 'Put it back from your backup.',
    });
  return sealKey(key);
}

/** From 32 random bytes: what a test needs that has no file. */
export const sealKey = (key: Buffer): SealKey => ({
  key,
  id: createHash('sha256').update('aegir seal key id').update(key).digest().subarray(0, idBytes),
});

/**
 * `purpose` says what and whose it is, as 'site.db_password:example.com:7'. It is not stored; `unseal` needs the same,
 * so a sealed value that somebody moves to another row or column opens nowhere.
 */
export function seal(key: SealKey, secret: Secret, purpose: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const start = Buffer.concat([Buffer.of(version), key.id]);
  const cipher = createCipheriv('aes-256-gcm', key.key, nonce).setAAD(Buffer.concat([start, Buffer.from(purpose)]));
  const text = Buffer.concat([cipher.update(secret.reveal(), 'utf8'), cipher.final()]);
  return Buffer.concat([start, nonce, cipher.getAuthTag(), text]);
}

/** What only a hub with this key can make of `purpose`: a secret that is kept nowhere. 256 bits, as base64url. */
export function keyed({ key }: SealKey, purpose: string): string {
  const own = createHmac('sha256', key).update('aegir keyed').digest();
  return createHmac('sha256', own).update(purpose).digest('base64url');
}

/** Throws Problem 'conflict' for another key, another purpose or a damaged value. */
export function unseal(key: SealKey, sealed: Buffer, purpose: string): Secret {
  if (sealed.length < headBytes || sealed[0] !== version)
    throw new Problem('conflict', `the sealed value of ${purpose} is not one of ours`, {
      hint: 'It may have been sealed by a newer Aegir, or damaged: restore the database.',
    });
  const start = sealed.subarray(0, 1 + idBytes);
  if (!start.subarray(1).equals(key.id))
    throw new Problem('conflict', `${purpose} was sealed with another key than this hub has`, {
      hint: 'Use the key file that belongs to this database: all its hubs and workers share one.',
    });
  const nonce = sealed.subarray(1 + idBytes, 1 + idBytes + nonceBytes);
  const decipher = createDecipheriv('aes-256-gcm', key.key, nonce, { authTagLength: tagBytes })
    .setAAD(Buffer.concat([start, Buffer.from(purpose)]))
    .setAuthTag(sealed.subarray(1 + idBytes + nonceBytes, headBytes));
  try {
    return new Secret(decipher.update(sealed.subarray(headBytes), undefined, 'utf8') + decipher.final('utf8'));
  } catch (cause) {
    throw damaged(purpose, cause);
  }
}

const damaged = (purpose: string, cause: unknown): Problem =>
  new Problem('conflict', `the sealed value of ${purpose} is damaged or belongs to something else`, {
    hint: 'Somebody may have copied it from another row: restore the database, or set the secret anew.',
    cause,
  });

/** Whole or not at all, and never over another: of two that start at once, both read the same key afterwards. */
async function makeKeyFile(path: string): Promise<void> {
  const fresh = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const file = await open(fresh, 'wx', 0o600);
  try {
    await file.writeFile(randomBytes(keyBytes));
    await file.sync();
    await link(fresh, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await file.close();
    await rm(fresh, { force: true });
  }
}
