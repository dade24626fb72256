import type { Command } from '../../machine/command.ts';
import type { Changes } from '../../machine/put.ts';
import type { KeptElsewhere, Manifest, ManifestPart, PartName } from '../../model/backup.ts';

/** The beginning of a pipe: what its last command writes is what is meant. */
export type Source = readonly [Command, ...Command[]];

export interface BackupPart extends Pick<ManifestPart, 'name' | 'restoredBytes'> {
  /** Never writes nothing at all: restic takes that for a fault. */
  readonly source: Source;
}

export interface Stored {
  readonly manifest: Manifest;
  /** What it takes in its store, as far as the engine knows: with restic what was added. */
  readonly bytes: number;
  /** Of a store with a second place. */
  readonly elsewhere?: KeptElsewhere;
}

/** A second place of a store, on another server. */
export interface SecondPlace {
  /** What a person looks for. */
  place(key: string): string;
  /** Whether it is there as it was stored, as far as can be told without reading all of it. */
  has(key: string): Promise<boolean>;
  /** Makes it anew of what is here. What goes wrong is in the answer, and then what is here stays. */
  store(key: string): Promise<KeptElsewhere>;
  /** For `read`, `prove` and `file`, where the copy here is gone. */
  bring(key: string): Promise<Changes>;
  /** Takes what was brought away again, where none is to be kept here. */
  letGo(key: string): Promise<Changes>;
}

/**
 * Keeps backups. They have keys (model/backup.ts), which are good as names of files.
 * A backup is there when its manifest is: what a worker that was killed left behind is none, and the next `put` or `remove`
 * of the same key takes it away.
 */
export interface Backups {
  /** Makes directory or repository, and proves that it can be used. */
  verify(): Promise<Changes>;
  /** Throws Problem 'disk-full' when so many bytes have no room there, as far as that can be known. */
  demandRoom(bytes: number): Promise<void>;
  /** Streams the parts one after the other, each once. What is there under the key is replaced. */
  put(
    key: string,
    parts: readonly BackupPart[],
    manifest: (parts: readonly ManifestPart[]) => Manifest | Promise<Manifest>,
  ): Promise<Stored>;
  /** The text of its manifest; null where there is no such backup. */
  manifest(key: string): Promise<string | null>;
  /** Writes the part as it was given to `put`, or fails where it is damaged; `prove` finds what somebody has packed anew. */
  read(key: string, part: PartName): Source;
  /** Reads every byte of it and compares with what the manifest says. Throws Problem 'conflict' for one that is damaged. */
  check(key: string): Promise<void>;
  /** As `check`, of what reading alone does not find out: before anything that was read is used. */
  prove(key: string): Promise<void>;
  /** Absent is fine. */
  remove(key: string): Promise<void>;
  /** What a person looks for: the path of its file, or its place in a repository. */
  place(key: string): string;
  /** The archive that it is, where it is one; null where one has to be made of it first. */
  file(key: string): string | null;
  /** Null: all is in one place. */
  readonly second: SecondPlace | null;
}

/** A backup of a large site takes hours; the task's own limit is what ends it. */
export const longMs = 12 * 60 * 60_000;

/** The last commands of a pipe decide, so the first ones may be of any length. */
export const behind = (source: Source, ...more: readonly Command[]): Source => [...source, ...more];
