import { rename, rm } from 'node:fs/promises';
import { Problem } from '../model/problem.ts';
import type { Secret } from '../model/secret.ts';
import type { Command } from './command.ts';
import {
  errorCode,
  fault,
  isAbsent,
  lockRefused,
  lockTaken,
  lockWaitMs,
  mustBeAbsolute,
  mustBeAscii,
  noGroup,
} from './fault.ts';
import type { Hands } from './hands.ts';
import * as files from './local-files.ts';
import { findBelow, lookAt } from './local-find.ts';
import { holding, start } from './local-run.ts';
import type { Ends, FileMode, FileStat, Find, Look, Machine, Output, Pipe, Piped } from './machine.ts';
import { pipeByScript } from './pipe.ts';
import { mayAct, reported, timeLeft } from './reported.ts';
import { reveal } from './scrub.ts';

/** Open files are limited, and a disk does not get faster by more of them. */
const readsAtOnce = 32;

/** The server the worker itself runs on. The local-… files are the only ones that start programs and touch files. */
export class LocalMachine implements Machine {
  readonly name: string;
  readonly #hands: Hands;
  readonly #names = new files.Names();

  constructor(hands: Hands) {
    this.name = hands.name;
    this.#hands = hands;
  }

  async run(command: Command): Promise<Output> {
    mayAct(this.#hands);
    return reported(this.#hands, command, (say) => start(this.#hands, command, say));
  }

  pipe(pipe: Pipe, ends: Ends = {}): Promise<Piped> {
    return pipeByScript(this.#hands, pipe, ends, (command, say, name, through) =>
      start(this.#hands, command, say, { name, ends: through }),
    );
  }

  async read(path: string): Promise<string | null> {
    return this.#act('read', [path], () => files.readText(path));
  }

  async readMany(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const texts = new Map<string, string>();
    const queue = paths.values();
    const reader = async (): Promise<void> => {
      for (const path of queue) {
        const text = await this.read(path);
        if (text !== null) texts.set(path, text);
      }
    };
    mayAct(this.#hands);
    await Promise.all(Array.from({ length: Math.min(readsAtOnce, paths.length) }, reader));
    return texts;
  }

  async stat(path: string): Promise<FileStat | null> {
    return (await this.statMany([path])).get(path) ?? null;
  }

  async statMany(paths: readonly string[], look: Look = {}): Promise<ReadonlyMap<string, FileStat>> {
    const stats = new Map<string, FileStat>();
    await this.#act('look at', paths, async () => {
      await this.#names.refresh();
      await lookAt(paths, look, (path, found) => stats.set(path, this.#names.stat(path, found)));
    });
    return stats;
  }

  async find(path: string, find: Find): Promise<readonly FileStat[]> {
    return this.#act('search', [path], async () => {
      await this.#names.refresh();
      const found: FileStat[] = [];
      await findBelow(path, find, (below, stats) => found.push(this.#names.stat(below, stats)));
      return found;
    });
  }

  async write(path: string, text: string | Secret, mode: FileMode): Promise<void> {
    await this.#act('write', [path], async () => {
      const gid = await this.#gid(mode);
      this.#hands.claim.throwIfAborted();
      await files.writeText(path, reveal(text), files.modeNumber(mode), gid);
    });
  }

  async writeAt(path: string, offsetBytes: number, text: string): Promise<void> {
    mustBeAscii(text);
    await this.#act('write over', [path], () => files.writeOver(path, offsetBytes, text));
  }

  async makeDirectory(path: string, mode: FileMode): Promise<void> {
    await this.#act('make directory', [path], async () => {
      const gid = await this.#gid(mode);
      this.#hands.claim.throwIfAborted();
      await files.makeDirectory(path, files.modeNumber(mode), gid);
    });
  }

  async move(from: string, to: string): Promise<void> {
    await this.#act(`move ${from} to`, [to, from], () => rename(from, to));
  }

  async remove(path: string): Promise<void> {
    if (path === '/') throw new TypeError('nobody may remove /');
    await this.#act('remove', [path], async () => {
      // A file where a directory of the path should be: then the path is absent as well.
      await rm(path, { recursive: true, force: true }).catch((error: unknown) => {
        if (!isAbsent(errorCode(error))) throw error;
      });
    });
  }

  async exclusively<T>(path: string, action: () => Promise<T>): Promise<T> {
    mustBeAbsolute(path);
    const waitMs = timeLeft(this.#hands, lockWaitMs);
    const argv = ['flock', '-E', String(lockTaken), '-w', String(waitMs / 1_000), path, 'cat'] as const;
    const refusal = (exitCode: number, stderr: string): Problem =>
      lockRefused(this.name, path, exitCode, stderr, waitMs);
    return holding(this.#hands, [...argv], refusal, action);
  }

  async #gid({ group }: FileMode): Promise<number> {
    if (group === undefined) return -1;
    const gid = await this.#names.gid(group);
    if (gid === undefined) throw noGroup(this.name, group);
    return gid;
  }

  async #act<T>(doing: string, paths: readonly string[], action: () => Promise<T>): Promise<T> {
    mustBeAbsolute(...paths);
    mayAct(this.#hands);
    try {
      return await action();
    } catch (error) {
      if (error instanceof Problem || error instanceof TypeError || error === this.#hands.claim.reason) throw error;
      throw fault(this.name, doing, paths[0] ?? '', errorCode(error), error);
    }
  }
}
