import type { Pipe } from '../../machine/machine.ts';
import { Problem } from '../../model/problem.ts';
import type { Client } from './passing.ts';
import { type Relay, relayAgeMs, relayDirectory, relayFile } from './relay.ts';

/** By a directory that both servers see. */
export class DirectoryRelay implements Relay {
  readonly kind = 'share';
  readonly place: string;
  readonly #machine: Client['machine'];
  readonly #demandThere: () => Promise<void>;

  /** `demandThere` is asked before anything is done in it. */
  constructor({ machine }: Client, directory: string, demandThere: () => Promise<void>) {
    this.place = directory;
    this.#machine = machine;
    this.#demandThere = demandThere;
  }

  async write(name: string, commands: Pipe['commands']): Promise<number> {
    await this.#remove('*', Date.now() - relayAgeMs);
    await this.#machine.makeDirectory(`${this.place}/${relayDirectory(name)}`, { mode: '0700' });
    const to = { path: `${this.place}/${relayFile(name)}`, mode: '0600' } as const;
    return (await this.#machine.pipe({ commands, to })).bytes;
  }

  async read(name: string, bytes: number, commands: Pipe['commands']): Promise<string> {
    await this.#demandThere();
    const from = `${this.place}/${relayFile(name)}`;
    const there = await this.#machine.stat(from);
    if (there?.sizeBytes !== bytes)
      throw new Problem(
        'command-failed',
        `${from} on ${this.#machine.name} has ${there?.sizeBytes ?? 'no'} bytes, and ${bytes} were written`,
        { hint: 'Is it the same share on both servers? findmnt shows what is mounted.' },
      );
    return (await this.#machine.pipe({ commands, from })).stdout;
  }

  clear(mark: string): Promise<void> {
    return this.#remove(`${mark}-*`, Number.POSITIVE_INFINITY);
  }

  async #remove(names: string, beforeMs: number): Promise<void> {
    await this.#demandThere();
    const found = await this.#machine.find(this.place, { names: [relayDirectory(names)], depthMax: 1 });
    for (const { path, modifiedMs } of found) if (modifiedMs < beforeMs) await this.#machine.remove(path);
  }
}
