import { createHash } from 'node:crypto';
import type { FileMode, Machine } from '../../machine/machine.ts';
import type { Changes } from '../../machine/put.ts';
import { Problem } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';

/** Credentials are in these files: nobody but us and root reads them. */
const fileMode: FileMode = { mode: '0600' };

/** More than a journal and the files of any one change: a file that sites share holds some dozens of them, a kilobyte each. */
const keptBytes = 64 * 1024;

/**
 * Writes the files of a web server's configuration, also when the disk is full: a site that was closed must come back, and
 * what was published in vain must go, without waiting for somebody to make room. For that a file of no other use lies beside
 * them. It is given up when there is no other room, and made again when there is.
 */
export class KeptRoom {
  readonly #machine: Machine;
  readonly #path: string;

  constructor(machine: Machine, directory: string) {
    this.#machine = machine;
    this.#path = `${directory}/kept-room`;
  }

  async write(path: string, text: string): Promise<void> {
    try {
      await this.#machine.write(path, new Secret(text), fileMode);
    } catch (error) {
      if (!isFull(error) || (await this.#machine.stat(this.#path)) === null) throw error;
      await this.#machine.remove(this.#path);
      await this.#machine.write(path, new Secret(text), fileMode);
    }
  }

  /** Where it is not there. On a disk that is full it stays away. */
  async keep(): Promise<Changes> {
    if ((await this.#machine.stat(this.#path)) !== null) return [];
    try {
      await this.#machine.write(this.#path, filling(), fileMode);
      return [`wrote ${this.#path}`];
    } catch (error) {
      if (isFull(error)) return [];
      throw error;
    }
  }
}

const isFull = (error: unknown): boolean => error instanceof Problem && error.code === 'disk-full';

/** Always the same, and nothing that a file system could make smaller. */
const filling = (): string =>
  createHash('shake256', { outputLength: (keptBytes / 4) * 3 })
    .update('room')
    .digest('base64');
