import { z } from 'zod';
import type { Changes } from '../../machine/put.ts';
import type { Relay } from './relay.ts';

/** What something is stored under: good as the name of a file, of an object, and of a branch of git. */
export const storedName = z
  .string()
  .max(230)
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.|$))*$/,
    "must be letters, digits, '-', '_' and single dots, and begin with a letter or digit",
  )
  .regex(/^(?!.*\.(?:about|part|lock)$)/, "must not end with '.about', '.part' or '.lock'");

/** What is known of something that is stored. */
export interface StoredFile {
  readonly name: string;
  /** A directory is stored as one tar. */
  readonly kind: 'file' | 'directory';
  /** As it lies there. */
  readonly bytes: number;
  /** BLAKE2b-512 of that in hexadecimal digits. */
  readonly blake2b: string;
  readonly storedAt: string;
}

export interface StoredPage {
  /** In the order of their names. */
  readonly names: readonly string[];
  /** Whether there are more behind the last of them. */
  readonly hasMore: boolean;
}

/**
 * Keeps files and directories of one machine elsewhere, under names that are `storedName`. All of it can be repeated. What a store
 * that was interrupted has left is not there: it has no name in any list, and is replaced by the next store under that name.
 *
 * Rejects with Problem 'server-unreachable', 'forbidden' (login or rights), 'disk-full', 'timeout', 'not-found', or 'conflict' where
 * what lies there is not what was stored.
 */
export interface Files {
  /** Makes the place where it can, and proves that it can be written, read and cleared. */
  verify(): Promise<Changes>;
  /** Throws Problem 'disk-full' when so many bytes have no room there, as far as that can be known. */
  demandRoom(bytes: number): Promise<void>;
  /** `path` is a file or a directory of the machine. What is there under the name is replaced. */
  store(path: string, name: string): Promise<StoredFile>;
  /**
   * To where nothing is yet, or what was there before; it is there whole, and compared with its sum, or not at all. Mode 0600 or 0700.
   * What is on its way lies at `${path}.part`.
   */
  fetch(name: string, path: string): Promise<StoredFile>;
  /** After this name, or from the beginning. */
  list(page: { readonly after?: string; readonly max: number }): Promise<StoredPage>;
  /** Null where nothing whole is under the name. */
  stat(name: string): Promise<StoredFile | null>;
  /** Absent is fine. */
  remove(name: string): Promise<void>;
  /** What a person looks for. */
  place(name: string): string;
  /** Missing where its engine only knows whole files. */
  readonly relay?: Relay | undefined;
}

/** What is stored may be large; the task's own limit is what ends it. */
export const transferMs = 12 * 60 * 60_000;
