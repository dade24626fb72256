import { z } from 'zod';
import { type Command, command, query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import { type Changes, putDirectory } from '../../machine/put.ts';
import { demandRoom } from '../../machine/room.ts';
import { type Manifest, type ManifestPart, manifestText, type PartName, readManifest } from '../../model/backup.ts';
import { Problem } from '../../model/problem.ts';
import { type EngineHost, engine } from '../engine.ts';
import { serverName } from '../server-name.ts';
import { ArchiveInTwoPlaces } from './archive-in-two-places.ts';
import { type BackupPart, type Backups, behind, longMs, type Source, type Stored } from './backups.ts';
import { endOfArchive, headBytes, memberHead, padding } from './tar-text.ts';

const options = z.object({
  directory: z
    .string()
    .regex(/^(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/, 'must be an absolute path of plain characters')
    .optional()
    .describe("Where they are kept; backups/ below the server's root unless given"),
  level: z.int().min(1).max(19).default(1).describe('How hard zstd tries: 1 is quickest, 19 smallest'),
});

const twoPlaces = options.extend({
  fileService: serverName.optional().describe('Server whose file service keeps a second copy of each'),
  keepHere: z
    .boolean()
    .default(true)
    .describe('With a file service: keep the first copy on this server too, so that a restore has it at hand'),
});

export const archive = engine({
  type: 'backup',
  name: 'archive',
  title: 'One file for each backup',
  options: twoPlaces,
  open({ machine, paths, files }: EngineHost, { directory = paths.backups, level, fileService, keepHere }): Backups {
    const here = new Archive(machine, directory, level);
    if (fileService === undefined) return here;
    if (!files) throw new Problem('bug', `the file service of ${fileService} was not opened`);
    return new ArchiveInTwoPlaces(machine, here, { server: fileService, files, keepHere });
  },
});

/** What is not finished yet, and so no backup. */
const unfinished = '.part';
/** Longer than any backup takes. */
const leftoverAgeMs = 48 * 60 * 60_000;
const manifestName = 'manifest.json';

/** Every backup is an ordinary tar archive; see docs/backup-format.md, which tells how to restore one by hand. */
export class Archive implements Backups {
  readonly second = null;
  readonly #machine: Machine;
  readonly #directory: string;
  readonly #level: number;

  constructor(machine: Machine, directory: string, level = 1) {
    this.#machine = machine;
    this.#directory = directory;
    this.#level = level;
  }

  async verify(): Promise<Changes> {
    const changes = [...(await putDirectory(this.#machine, this.#directory, { mode: '0700' }))];
    for (const { path, modifiedMs } of await this.#machine.find(this.#directory, {
      names: [`*${unfinished}`],
      depthMax: 1,
    }))
      if (modifiedMs < Date.now() - leftoverAgeMs) {
        await this.#machine.remove(path);
        changes.push(`removed ${path}, which a killed worker had left`);
      }
    return changes;
  }

  demandRoom(bytes: number): Promise<void> {
    return demandRoom(this.#machine, this.#directory, bytes);
  }

  async put(
    key: string,
    parts: readonly BackupPart[],
    manifest: (parts: readonly ManifestPart[]) => Manifest | Promise<Manifest>,
  ): Promise<Stored> {
    const fresh = `${this.place(key)}${unfinished}`;
    const made = new Date();
    await putDirectory(this.#machine, this.#directory, { mode: '0700' });
    await this.#machine.remove(fresh);
    const written = new Growing(this.#machine, fresh);
    const facts: ManifestPart[] = [];
    const heads: { readonly at: number; readonly text: string }[] = [];
    let rest = '';
    for (const { name, restoredBytes, source } of parts) {
      const at = written.bytes + rest.length;
      // What a member's head says is known only behind it; padding is zeros.
      const gapBytes = rest.length + headBytes;
      const { bytes, blake2b } = await written.stream(behind(source, this.#zstd()), { gapBytes });
      heads.push({ at, text: memberHead(`${name}.zst`, made, bytes) });
      rest = padding(bytes);
      facts.push({ name, restoredBytes, stored: { as: 'zstd', bytes, blake2b } });
    }
    // Each waits for the disk, which until here it did not need to: without a manifest it is no backup.
    for (const head of heads) await this.#machine.writeAt(fresh, head.at, head.text);
    const whole = await manifest(facts);
    const text = manifestText(whole);
    const bytes = Buffer.byteLength(text);
    const end = `${rest}${memberHead(manifestName, made, bytes)}${text}${padding(bytes)}${endOfArchive}`;
    await written.stream([{ ...command`cat`, stdin: end }], { settled: true });
    await this.#machine.move(fresh, this.place(key));
    return { manifest: whole, bytes: written.bytes };
  }

  async manifest(key: string): Promise<string | null> {
    if ((await this.#machine.stat(this.place(key))) === null) return null;
    const read = this.#machine.pipe({ commands: [this.#member(key, manifestName)] });
    return (await read.catch((error: unknown) => Promise.reject(unreadable(this.place(key), error)))).stdout;
  }

  read(key: string, part: PartName): Source {
    return [this.#member(key, `${part}.zst`), { ...query`zstd --decompress --stdout --quiet`, timeoutMs: longMs }];
  }

  async check(key: string): Promise<void> {
    const text = await this.manifest(key);
    if (text === null) throw new Problem('not-found', `there is no ${this.place(key)}`);
    for (const { name, stored } of readManifest(text, key).parts) {
      const sum = { ...query`b2sum`, timeoutMs: longMs };
      const { stdout } = await this.#machine.pipe({ commands: [this.#member(key, `${name}.zst`), sum] });
      if (stored.as !== 'zstd' || stdout.slice(0, 128) !== stored.blake2b)
        throw new Problem('conflict', `the part '${name}' of ${this.place(key)} is not what was written`, {
          hint: 'It was damaged or altered: choose another backup, delete this one, and look at the disk (dmesg).',
        });
    }
  }

  /** zstd knows damage by itself, but not who wrote it. */
  prove(key: string): Promise<void> {
    return this.check(key);
  }

  async remove(key: string): Promise<void> {
    await this.#machine.remove(`${this.place(key)}${unfinished}`);
    await this.#machine.remove(this.place(key));
  }

  place(key: string): string {
    return `${this.#directory}/${key}.tar`;
  }

  file(key: string): string {
    return this.place(key);
  }

  #member(key: string, name: string): Command {
    // With --occurrence it ends at the first of that name.
    return {
      ...query`tar --extract --to-stdout --occurrence=1 --file=${this.place(key)} ${name}`,
      timeoutMs: longMs,
      quiet: true,
    };
  }

  /** At the quickest level one thread keeps up with what is read, and more only pass its bytes around (a third slower). */
  #zstd(): Command {
    const threads = this.#level === 1 ? '--single-thread' : '--threads=0';
    return { ...command`zstd -${this.#level} ${threads} --quiet --stdout`, timeoutMs: longMs };
  }
}

const unreadable = (place: string, cause: unknown): unknown =>
  cause instanceof Problem && cause.code === 'command-failed'
    ? new Problem('conflict', `${place} cannot be read as a backup`, {
        hint: 'It is cut off or damaged: choose another backup, delete this one, and look at the disk (dmesg).',
        cause,
      })
    : cause;

/** A file that is written from its beginning to its end. */
class Growing {
  readonly #machine: Machine;
  readonly #path: string;
  bytes = 0;

  constructor(machine: Machine, path: string) {
    this.#machine = machine;
    this.#path = path;
  }

  async stream(
    commands: Source,
    { settled = false, gapBytes = 0 }: { readonly settled?: boolean; readonly gapBytes?: number },
  ): Promise<{ readonly bytes: number; readonly blake2b: string }> {
    const to = { path: this.#path, mode: '0600', append: true, settled, gapBytes } as const;
    const piped = await this.#machine.pipe({ commands, to });
    this.bytes += gapBytes + piped.bytes;
    return piped;
  }
}
