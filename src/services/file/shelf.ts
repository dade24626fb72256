import type { Changes } from '../../machine/put.ts';
import type { Relay } from './relay.ts';

/** A file of the machine, and what it is called on the shelf. */
export interface Shelved {
  readonly file: string;
  readonly from: string;
}

export interface OnShelf {
  readonly file: string;
  /** Null where the shelf does not say. */
  readonly bytes: number | null;
}

/**
 * What an engine for files is: a place for whole files. Names are plain (letters, digits, '-', '_', '.'), paths absolute and of the
 * machine whose files they are. `FilesOnShelf` makes `Files` of it.
 */
export interface Shelf {
  /** What a person looks for. */
  place(file: string): string;
  /** Makes the place where it can. */
  prepare(): Promise<Changes>;
  /** In this order; each is there whole or not at all, and replaces what is there. */
  put(files: readonly Shelved[]): Promise<void>;
  /** Into a directory of the machine, for nobody else to read (0600). Throws Problem 'not-found' where one is not there. */
  get(files: readonly string[], directory: string): Promise<void>;
  list(): Promise<readonly OnShelf[]>;
  /** Absent is fine. */
  remove(files: readonly string[]): Promise<void>;
  /** For us; null where nobody can know. */
  freeBytes(): Promise<number | null>;
  readonly relay?: Relay;
}
