import type { Machine } from '../../machine/machine.ts';
import type { Changes } from '../../machine/put.ts';
import { demandRoom } from '../../machine/room.ts';
import type { KeptElsewhere, Manifest, ManifestPart, PartName } from '../../model/backup.ts';
import { Problem, problemJson } from '../../model/problem.ts';
import type { Files } from '../file/files.ts';
import { clear } from '../file/passing.ts';
import type { BackupPart, Backups, SecondPlace, Source, Stored } from './backups.ts';

/** As much of `Archive` as this needs: what has a file for each backup. */
type Here = Omit<Backups, 'file'> & { file(key: string): string };

interface There {
  /** Its name. */
  readonly server: string;
  readonly files: Files;
  readonly keepHere: boolean;
}

/**
 * Archives of which the file service of another server has a copy. They are made and read here; where the copy here is gone, the
 * other is brought first. The manifest lies beside it over there too, so that it can be looked at without the rest.
 */
export class ArchiveInTwoPlaces implements Backups {
  readonly second: SecondPlace;
  readonly #machine: Machine;
  readonly #here: Here;
  readonly #there: There;

  constructor(machine: Machine, here: Here, there: There) {
    this.#machine = machine;
    this.#here = here;
    this.#there = there;
    this.second = {
      place: (key) => there.files.place(archiveOf(key)),
      has: (key) => this.#isThere(key),
      store: (key) => this.#store(key),
      bring: (key) => this.#bring(key),
      letGo: (key) => this.#letGo(key),
    };
  }

  async verify(): Promise<Changes> {
    return [...(await this.#here.verify()), ...(await this.#there.files.verify())];
  }

  /** Of the other place it is asked when this one has its copy: a backup that lies here only is better than none. */
  demandRoom(bytes: number): Promise<void> {
    return this.#here.demandRoom(bytes);
  }

  async put(
    key: string,
    parts: readonly BackupPart[],
    manifest: (parts: readonly ManifestPart[]) => Manifest | Promise<Manifest>,
  ): Promise<Stored> {
    const stored = await this.#here.put(key, parts, manifest);
    const elsewhere = await this.#store(key);
    return { ...stored, elsewhere };
  }

  async manifest(key: string): Promise<string | null> {
    if (await this.#isHere(key)) return this.#here.manifest(key);
    const { files } = this.#there;
    if (!(await files.stat(manifestOf(key)))) return null;
    const fresh = this.#beside(key, 'manifest');
    try {
      await files.fetch(manifestOf(key), fresh);
      return await this.#machine.read(fresh);
    } finally {
      await clear(this.#machine, fresh);
    }
  }

  read(key: string, part: PartName): Source {
    return this.#here.read(key, part);
  }

  /** Both copies. */
  async check(key: string): Promise<void> {
    const fresh = this.#beside(key, 'check');
    if (!(await this.#isHere(key))) await this.#bring(key);
    else if (await this.#there.files.stat(archiveOf(key)))
      try {
        await this.#there.files.fetch(archiveOf(key), fresh);
      } finally {
        await clear(this.#machine, fresh);
      }
    await this.#here.check(key);
    await this.#letGo(key);
  }

  prove(key: string): Promise<void> {
    return this.#here.prove(key);
  }

  /** Over there first: what is here can be seen still when that fails. */
  async remove(key: string): Promise<void> {
    await this.#there.files.remove(archiveOf(key));
    await this.#there.files.remove(manifestOf(key));
    await this.#letGo(key);
    await this.#here.remove(key);
  }

  place(key: string): string {
    return this.#here.place(key);
  }

  file(key: string): string {
    return this.#here.file(key);
  }

  /** What an archive verifies away when it is old. */
  #beside(key: string, what: 'manifest' | 'check'): string {
    return `${this.#here.file(key)}.${what}.part`;
  }

  async #isHere(key: string): Promise<boolean> {
    return (await this.#machine.stat(this.#here.file(key))) !== null;
  }

  /** What goes wrong takes nothing away: the copy here is whole. A connection that was lost just then has a second chance. */
  async #store(key: string): Promise<KeptElsewhere> {
    const { files, server, keepHere } = this.#there;
    const kept = { server, place: files.place(archiveOf(key)) };
    try {
      await this.#storeOnce(key).catch((error: unknown) => {
        if (!isOfThePlace(error)) throw error;
        return this.#storeOnce(key);
      });
    } catch (error) {
      if (!isOfThePlace(error)) throw error;
      const { message, hint } = problemJson(error);
      return { ...kept, problem: hint === undefined ? message : `${message}. ${hint}` };
    } finally {
      await clear(this.#machine, this.#beside(key, 'manifest'));
    }
    if (!keepHere) await this.#machine.remove(this.#here.file(key));
    return { ...kept, problem: null };
  }

  async #storeOnce(key: string): Promise<void> {
    const { files } = this.#there;
    const archive = this.#here.file(key);
    const manifest = this.#beside(key, 'manifest');
    await files.demandRoom((await this.#machine.stat(archive))?.sizeBytes ?? 0);
    await this.#machine.write(manifest, (await this.#here.manifest(key)) ?? '', { mode: '0600' });
    await files.store(archive, archiveOf(key));
    await files.store(manifest, manifestOf(key));
  }

  async #bring(key: string): Promise<Changes> {
    if (await this.#isHere(key)) return [];
    const { files, server, keepHere } = this.#there;
    const archive = this.#here.file(key);
    const stored = await files.stat(archiveOf(key));
    if (!stored)
      throw new Problem('not-found', `${this.place(key)} is gone, and so is its copy ${files.place(archiveOf(key))}`, {
        hint: 'Choose another backup, and delete this one.',
      });
    await demandRoom(this.#machine, archive, stored.bytes);
    if (!keepHere) await this.#machine.write(broughtMark(archive), '', { mode: '0600' });
    await files.fetch(archiveOf(key), archive);
    return [`brought ${this.place(key)} back from ${server}: ${files.place(archiveOf(key))}`];
  }

  /** Only what was brought: a copy that is here because there is no other has no such mark. */
  async #letGo(key: string): Promise<Changes> {
    const archive = this.#here.file(key);
    if ((await this.#machine.stat(broughtMark(archive))) === null) return [];
    for (const path of [`${archive}.part`, archive, broughtMark(archive)]) await this.#machine.remove(path);
    return [`removed ${archive}: it lies at ${this.second.place(key)}`];
  }

  async #isThere(key: string): Promise<boolean> {
    const { files } = this.#there;
    return (await files.stat(archiveOf(key))) !== null && (await files.stat(manifestOf(key))) !== null;
  }
}

/** A fault of ours is one, and who cancels the task means all of it. */
const isOfThePlace = (error: unknown): boolean => !['bug', 'cancelled', 'lost'].includes(problemJson(error).code);

/** Beside what was brought, and is to go again. */
const broughtMark = (archive: string): string => `${archive}.brought`;
const archiveOf = (key: string): string => `${key}.tar`;
const manifestOf = (key: string): string => `${key}.json`;
