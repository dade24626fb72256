import { query } from '../../machine/command.ts';
import { type Changes, putDirectory } from '../../machine/put.ts';
import { diskOf } from '../../machine/room.ts';
import { Problem } from '../../model/problem.ts';
import { transferMs } from './files.ts';
import type { Client } from './passing.ts';
import type { OnShelf, Shelf, Shelved } from './shelf.ts';

/** A directory that the machine itself has, or has mounted. */
export class DirectoryShelf implements Shelf {
  readonly #client: Client;
  readonly #directory: string;

  readonly #demandThere: () => Promise<void>;

  /** `demandThere` is asked before anything is done in it. */
  constructor(client: Client, directory: string, demandThere: () => Promise<void> = async () => {}) {
    this.#client = client;
    this.#directory = directory;
    this.#demandThere = demandThere;
  }

  place(file: string): string {
    return `${this.#directory}/${file}`;
  }

  prepare(): Promise<Changes> {
    return putDirectory(this.#client.machine, this.#directory, { mode: '0700' });
  }

  /** A pipe into a file writes it whole and to the disk, or not at all. */
  async put(files: readonly Shelved[]): Promise<void> {
    await this.#demandThere();
    for (const { file, from } of files) await this.#copy(from, this.place(file));
  }

  async get(files: readonly string[], directory: string): Promise<void> {
    await this.#demandThere();
    const there = await this.#client.machine.statMany(files.map((file) => this.place(file)));
    for (const file of files) {
      if (!there.has(this.place(file)))
        throw new Problem('not-found', `${this.place(file)} is not there`, {
          hint: 'What was stored there is gone: choose another.',
        });
      await this.#copy(this.place(file), `${directory}/${file}`);
    }
  }

  async list(): Promise<readonly OnShelf[]> {
    await this.#demandThere();
    const found = await this.#client.machine.find(this.#directory, { depthMax: 1 });
    return found
      .filter(({ kind, path }) => kind === 'file' && !path.startsWith(this.place('.')))
      .map(({ path, sizeBytes }) => ({ file: path.slice(this.#directory.length + 1), bytes: sizeBytes }));
  }

  async remove(files: readonly string[]): Promise<void> {
    await this.#demandThere();
    for (const file of files) await this.#client.machine.remove(this.place(file));
  }

  async freeBytes(): Promise<number> {
    await this.#demandThere();
    return (await diskOf(this.#client.machine, this.#directory)).freeBytes;
  }

  async #copy(from: string, to: string): Promise<void> {
    await this.#client.machine.pipe({
      commands: [{ ...query`cat`, timeoutMs: transferMs }],
      from,
      to: { path: to, mode: '0600' },
    });
  }
}
