import { z } from 'zod';
import { command, query } from '../../machine/command.ts';
import type { Changes } from '../../machine/put.ts';
import { demandRooms } from '../../machine/room.ts';
import { Problem } from '../../model/problem.ts';
import { type Files, type StoredFile, type StoredPage, storedName, transferMs } from './files.ts';
import { type Client, clear, passing } from './passing.ts';
import type { Relay } from './relay.ts';
import type { Shelf } from './shelf.ts';

const about = z.object({
  kind: z.enum(['file', 'directory']),
  bytes: z.int().min(0),
  blake2b: z.string().regex(/^[0-9a-f]{128}$/),
  storedAt: z.iso.datetime(),
});
/** Lies beside what it is about, is written behind it, and says that it is whole. */
const aboutOf = (name: string): string => `${name}.about`;

/** Stored is what is there as its `.about` says: size by `list` and `stat`, every byte by `fetch`. */
export class FilesOnShelf implements Files {
  readonly #client: Client;
  readonly #shelf: Shelf;

  constructor(client: Client, shelf: Shelf) {
    this.#client = client;
    this.#shelf = shelf;
  }

  async verify(): Promise<Changes> {
    const changes = await this.#shelf.prepare();
    const name = `aegir-probe-${this.#client.machine.name.replace(/[^A-Za-z0-9]/g, '-')}`;
    const { machine } = this.#client;
    await passing(
      this.#client,
      async (directory) => {
        await machine.write(`${directory}/probe`, name, { mode: '0600' });
        await this.#shelf.put([{ file: name, from: `${directory}/probe` }]);
        await machine.makeDirectory(`${directory}/back`, { mode: '0700' });
        await this.#shelf.get([name], `${directory}/back`);
        const { stdout } = await machine.run({
          ...command`cat ${directory}/back/${name}`,
          dryStdout: name,
          quiet: true,
        });
        await this.#shelf.remove([name]);
        if (stdout === name) return;
        throw new Problem('command-failed', `what is stored at ${this.place(name)} does not come back as it was`, {
          hint: 'Look at the disk over there (dmesg) before anything is kept on it.',
        });
      },
      'probe',
    );
    return changes;
  }

  async demandRoom(bytes: number): Promise<void> {
    const freeBytes = await this.#shelf.freeBytes();
    if (freeBytes === null) return;
    demandRooms([{ disk: { server: 'the file service', mount: this.#shelf.place(''), freeBytes }, bytes }]);
  }

  async store(path: string, name: string): Promise<StoredFile> {
    const { machine } = this.#client;
    storedName.parse(name);
    const found = await machine.stat(path);
    if (found?.kind !== 'file' && found?.kind !== 'directory')
      throw new Problem('not-found', `${path} is no file and no directory of ${machine.name}`, {
        hint: 'Look where it is gone: nothing was stored.',
      });
    const { kind } = found;
    return passing(
      this.#client,
      async (directory) => {
        const from = kind === 'file' ? path : await this.#pack(path, `${directory}/packed`);
        const facts = { kind, ...(await this.#sumOf(from)), storedAt: new Date().toISOString() };
        await machine.write(`${directory}/about`, `${JSON.stringify(facts)}\n`, { mode: '0600' });
        await this.#shelf.put([
          { file: name, from },
          { file: aboutOf(name), from: `${directory}/about` },
        ]);
        return { name, ...facts };
      },
      `store-${name}`,
    );
  }

  async fetch(name: string, path: string): Promise<StoredFile> {
    const { machine } = this.#client;
    storedName.parse(name);
    // On the disk of what comes of it, so that it can be moved there.
    const fresh = `${path}.part`;
    await machine.remove(fresh);
    try {
      await machine.makeDirectory(fresh, { mode: '0700' });
      await this.#shelf.get([aboutOf(name), name], fresh);
      const stored = await this.#aboutIn(fresh, name);
      if (!stored || !(await machine.stat(`${fresh}/${name}`))) throw this.#notWhole(name);
      const sum = await this.#sumOf(`${fresh}/${name}`);
      if (sum.bytes !== stored.bytes) throw this.#notWhole(name);
      if (sum.blake2b !== stored.blake2b)
        throw new Problem('conflict', `${this.place(name)} is not what was stored there`, {
          hint: 'It was damaged or altered: choose another, and remove this one.',
        });
      if (stored.kind === 'file') await machine.move(`${fresh}/${name}`, path);
      else await this.#unpack(`${fresh}/${name}`, `${fresh}/unpacked`, path);
      return stored;
    } finally {
      await clear(machine, fresh);
    }
  }

  #notWhole = (name: string): Problem =>
    new Problem('not-found', `${this.place(name)} is not there, or not whole`, {
      hint: 'Choose another, and remove this one.',
    });

  async list({ after = '', max }: { readonly after?: string; readonly max: number }): Promise<StoredPage> {
    const there = new Set((await this.#shelf.list()).map(({ file }) => file));
    const names = [...there].filter((name) => there.has(aboutOf(name)) && name > after).toSorted(byCodeUnit);
    return { names: names.slice(0, max), hasMore: names.length > max };
  }

  async stat(name: string): Promise<StoredFile | null> {
    storedName.parse(name);
    const there = await this.#shelf.list();
    const content = there.find(({ file }) => file === name);
    if (!content || !there.some(({ file }) => file === aboutOf(name))) return null;
    const stored = await passing(
      this.#client,
      async (directory) => {
        await this.#shelf.get([aboutOf(name)], directory);
        return this.#aboutIn(directory, name);
      },
      `stat-${name}`,
    );
    return stored && (content.bytes ?? stored.bytes) === stored.bytes ? stored : null;
  }

  /** Null: it is half. */
  async #aboutIn(directory: string, name: string): Promise<StoredFile | null> {
    const text = await this.#client.machine.read(`${directory}/${aboutOf(name)}`);
    const facts = about.safeParse(parsed(text ?? ''));
    return facts.success ? { name, ...facts.data } : null;
  }

  async remove(name: string): Promise<void> {
    storedName.parse(name);
    await this.#shelf.remove([aboutOf(name), name]);
  }

  place(name: string): string {
    return this.#shelf.place(name);
  }

  get relay(): Relay | undefined {
    return this.#shelf.relay;
  }

  async #sumOf(path: string): Promise<{ readonly bytes: number; readonly blake2b: string }> {
    const { machine } = this.#client;
    const { stdout } = await machine.pipe({ commands: [{ ...query`b2sum`, timeoutMs: transferMs }], from: path });
    return { bytes: (await machine.stat(path))?.sizeBytes ?? 0, blake2b: stdout.slice(0, 128) };
  }

  /** Sorted, so that what is unchanged is packed to the same bytes. */
  async #pack(path: string, to: string): Promise<string> {
    const packing = command`tar --create --file=- --format=gnu --sort=name --directory=${path} .`;
    await this.#client.machine.pipe({
      commands: [{ ...packing, timeoutMs: transferMs }],
      to: { path: to, mode: '0600' },
    });
    return to;
  }

  async #unpack(packed: string, fresh: string, path: string): Promise<void> {
    const { machine } = this.#client;
    await machine.makeDirectory(fresh, { mode: '0700' });
    const unpacking = command`tar --extract --file=- --directory=${fresh} --no-same-owner`;
    await machine.pipe({ commands: [{ ...unpacking, timeoutMs: transferMs }], from: packed });
    await machine.remove(path);
    await machine.move(fresh, path);
  }
}

/** The same on every machine, so that pages fit together. */
const byCodeUnit = (one: string, other: string): number => (one < other ? -1 : 1);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // Half of it: then it is not whole.
  }
}
