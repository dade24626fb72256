import { createHash } from 'node:crypto';

/** Type and key, as in known_hosts. */
const line = /^(?:ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521)|ssh-rsa) [A-Za-z0-9+/]{40,4000}={0,2}$/;

/**
 * By what a server is known when we log in: those that its sshd showed at its first verify. One object for a task: the machine
 * that it was opened with believes what the task pins.
 */
export class HostKeys {
  #pinned: readonly string[];

  constructor(pinned: readonly string[]) {
    this.#pinned = pinned;
  }

  get pinned(): readonly string[] {
    return this.#pinned;
  }

  pin(keys: readonly string[]): void {
    this.#pinned = keys;
  }
}

/** The keys in the output of ssh-keyscan, without their hosts and always in the same order. */
export const hostKeysIn = (scanned: string): readonly string[] =>
  scanned
    .split('\n')
    .map((one) => one.split(' ').slice(1, 3).join(' ').trim())
    .filter((key) => line.test(key))
    .toSorted();

/** As `ssh-keygen -lf` shows it on the server: 'ED25519 SHA256:…'. */
export function fingerprint(key: string): string {
  const [type = '', blob = ''] = key.split(' ');
  const sum = createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64').replace(/=+$/, '');
  return `${type.startsWith('ecdsa') ? 'ECDSA' : type.replace('ssh-', '').toUpperCase()} SHA256:${sum}`;
}
