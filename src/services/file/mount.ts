import { z } from 'zod';
import type { Changes } from '../../machine/put.ts';
import { diskOf } from '../../machine/room.ts';
import { Problem } from '../../model/problem.ts';
import { engine } from '../engine.ts';
import { serverName } from '../server-name.ts';
import { DirectoryRelay } from './directory-relay.ts';
import { DirectoryShelf } from './directory-shelf.ts';
import { FilesOnShelf } from './files-on-shelf.ts';
import { directory } from './options.ts';
import type { Client } from './passing.ts';
import type { Relay } from './relay.ts';

const options = z.object({
  directory: directory.describe('A directory on the share, as its own server sees it'),
  paths: z
    .record(serverName, directory)
    .default({})
    .describe('The same directory as other servers see it, by their names; those that are not named do not have it'),
});

export const mount = engine({
  type: 'file',
  name: 'mount',
  title: 'A share that several servers have mounted (NFS, Gluster)',
  options,
  open({ machine, paths: { root }, offeredBy }, { directory: own, paths }) {
    const at = offeredBy === undefined ? own : paths[machine.name];
    if (at === undefined)
      throw new Problem('invalid', `the share of ${offeredBy} is not known to be mounted on ${machine.name}`, {
        hint: `Say where: the option paths of the file service of ${offeredBy}.`,
      });
    const client = { machine, paths: { root } };
    return new FilesOnShelf(client, new Share(client, at, offeredBy === undefined));
  },
});

/** Every server that has the share sees it; where it is missing, nothing is mounted. */
const markOf = (directory: string): string => `${directory}/.aegir-share`;

/** What is written below a directory on which nothing is mounted fills a disk, and nobody else ever sees it. */
class Share extends DirectoryShelf {
  readonly #client: Client;
  readonly #directory: string;
  readonly #isOwn: boolean;
  readonly relay: Relay;

  /** `isOwn`: the machine is the service's own, which marks it. */
  constructor(client: Client, directory: string, isOwn: boolean) {
    super(client, directory, () => demandMarked(client, directory));
    this.#client = client;
    this.#directory = directory;
    this.#isOwn = isOwn;
    this.relay = new DirectoryRelay(client, directory, () => demandMarked(client, directory));
  }

  override async prepare(): Promise<Changes> {
    const { machine } = this.#client;
    if (!this.#isOwn || (await machine.stat(markOf(this.#directory)))) {
      await demandMarked(this.#client, this.#directory);
      return [];
    }
    if ((await diskOf(machine, this.#directory)).mount === '/') throw notMounted(this.#client, this.#directory);
    const changes = await super.prepare();
    await machine.write(markOf(this.#directory), 'By this Aegir knows the share.\n', { mode: '0600' });
    return [...changes, `marked the share ${this.#directory}`];
  }
}

async function demandMarked(client: Client, directory: string): Promise<void> {
  if (!(await client.machine.stat(markOf(directory)))) throw notMounted(client, directory);
}

const notMounted = ({ machine }: Client, directory: string): Problem =>
  new Problem('server-unreachable', `the share is not mounted at ${directory} on ${machine.name}`, {
    hint: `Mount it there (findmnt --target ${directory} shows what is), then run the task again.`,
  });
