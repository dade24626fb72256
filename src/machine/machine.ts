import type { Readable, Writable } from 'node:stream';
import type { Compared } from '../model/drift.ts';
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
  /** All of it is secret: nobody is shown how it differs from what is there. */
  readonly hidden?: true;
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

/** Programs that run at the same time, each reading what the one before it writes: no shell, and nothing held in memory. */
export interface Pipe {
  /**
   * Each with its own `cwd`, `allow` and `effect`; the time of the first that has none left is over for all.
   * `stdin` of the first only. One that is `quiet` makes all of them so.
   */
  readonly commands: readonly [Command, ...Command[]];
  /** File that the first one reads instead of its `stdin`. */
  readonly from?: string;
  /**
   * File that the last one's output goes to, whole and on the disk or not at all: until then a file that is there stays as it is.
   * `append`: behind what is there (or in a new file); on failure it is cut back to what it was. `settled` false: it may still be
   * on its way to the disk, as it means nothing before more is appended. `gapBytes`: with `append`, so many zeros first, for
   * `writeAt`; they are not in the numbers that come back.
   */
  readonly to?: {
    readonly path: string;
    readonly mode: FileMode['mode'];
    readonly append?: boolean;
    readonly settled?: boolean;
    readonly gapBytes?: number;
  };
}

export interface Piped {
  /** Of what the last one wrote. */
  readonly bytes: number;
  /** BLAKE2b-512 of that in hexadecimal digits: as strong as SHA-256, at less than half the time where the processor has no help for that. */
  readonly blake2b: string;
  /** Its text, without `to` only; at most 64 MiB, as with `run`. */
  readonly stdout: string;
}

/** Bytes that go through us, as fast as who takes them does: into the first program instead of its `stdin`, or out of the last one. */
export interface Ends {
  /** Destroyed with an error, the programs are ended: half of it is never taken for the whole. */
  readonly input?: Readable;
  /** Not ended by the machine: that all of it came is known when the pipe is. */
  readonly output?: Writable;
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
  /**
   * Runs them joined by pipes of the operating system. Rejects when one ends with a code that it does not allow; the message
   * names the one that failed first, and what was said. One that was killed because its reader ended (SIGPIPE) is not to blame.
   * From one machine to another: `pipeBetween`.
   */
  pipe(pipe: Pipe, ends?: Ends): Promise<Piped>;
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
  /**
   * Writes over the bytes at this offset of a file that is there and long enough; not atomic. ASCII only.
   * For headers whose numbers are known last. A link is refused.
   */
  writeAt(path: string, offsetBytes: number, text: string): Promise<void>;
  /** Makes it with its parents (0755), or sets mode and group of the one that is there. */
  makeDirectory(path: string, mode: FileMode): Promise<void>;
  /** Within one file system; the target is replaced if it is a file. */
  move(from: string, to: string): Promise<void>;
  /** Removes a file or a whole directory. Absent is fine. Links are removed, not followed. */
  remove(path: string): Promise<void>;
  /**
   * One at a time, over all workers and processes on this server that use the same path as lock: a directory, or a file,
   * which is made where it is absent. Freed when `action` ends or the process dies. Waits at most seventy minutes (many tasks
   * may be in line for one web server), and no longer than the task has, then Problem 'timeout'.
   */
  exclusively<T>(path: string, action: () => Promise<T>): Promise<T>;
}

/** A machine that looks and does not touch: what was asked of it is only pretended. */
export interface Pretending extends Machine {
  /** How what it was asked to make differs from what is there; of what is the same in the end, nothing. */
  differences(): Promise<readonly Compared[]>;
}
