import type { Secret } from '../model/secret.ts';
import type { Command } from './command.ts';

export interface Output {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface FileMode {
  /** Octal, as in chmod: '0440', '02770'. */
  readonly mode: `0${number}`;
  readonly group?: string;
}

export interface FileStat {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  /** Four or five octal digits with a leading 0: '0644', '02770'. */
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /**
   * When anything of it last changed: text, mode, owner, or the entries of a directory. Nobody can set it, as anybody can
   * set `modifiedMs`. Null for the last two seconds, because a change after this look could still bear the same time.
   */
  readonly changedMs: number | null;
}

export interface Look {
  /** Links are followed, and shown as what they lead to. One that leads nowhere is a link; those that lead in circles are left out. */
  readonly follow?: boolean;
}

/** What to look for below a directory. Links are listed and not followed, unless it is asked for. */
export interface Find extends Look {
  /** Globs on the last part of the path, as in find -name; none means everything. */
  readonly names?: readonly string[];
  /** Names of directories that are not entered. */
  readonly prune?: readonly string[];
  readonly depthMax?: number;
  /** Lists directories whatever their name, but for those that are pruned: who keeps their times sees later where something came or went. */
  readonly directories?: boolean;
}

/**
 * The hands we have on one server. Everything the back end does to the world passes through here,
 * so the machines are the only files with side effects. Once the claim of its task is lost, every method throws.
 *
 * All paths are absolute. All methods reject with Problem 'server-unreachable', 'timeout', 'disk-full' or
 * 'command-failed' (the message names server and path), and with nothing else.
 */
export interface Machine {
  readonly name: string;
  /** Output is scrubbed of the secrets the machine was given before it is logged. The caller gets it as it is. */
  run(command: Command): Promise<Output>;
  read(path: string): Promise<string | null>;
  /** Those that are there, by path. One round trip for all of them. */
  readMany(paths: readonly string[]): Promise<ReadonlyMap<string, string>>;
  stat(path: string): Promise<FileStat | null>;
  /** Those that are there, by path. One round trip for all of them. */
  statMany(paths: readonly string[], look?: Look): Promise<ReadonlyMap<string, FileStat>>;
  /** Recursive, without `path` itself; [] if it is absent. */
  find(path: string, find: Find): Promise<readonly FileStat[]>;
  /** Whole or not at all: a reader sees the old text or the new, never half. */
  write(path: string, text: string | Secret, mode: FileMode): Promise<void>;
  /** Makes it with its parents (0755), or sets mode and group of the one that is there. */
  makeDirectory(path: string, mode: FileMode): Promise<void>;
  /** Within one file system; the target is replaced if it is a file. */
  move(from: string, to: string): Promise<void>;
  /** Removes a file or a whole directory. Absent is fine. Links are removed, not followed. */
  remove(path: string): Promise<void>;
  /**
   * One at a time, over all workers and processes on this server that use the same path as lock file.
   * Freed when `action` ends or the process dies. Waits at most ten minutes (many tasks
   * may be in line for one web server), and no longer than the task has, then Problem 'timeout'.
   */
  exclusively<T>(path: string, action: () => Promise<T>): Promise<T>;
}
