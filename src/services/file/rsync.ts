import { command } from '../../machine/command.ts';
import { engine } from '../engine.ts';
import { Far, FarDirectory, type Session, sshProgram } from './far.ts';
import { FarRelay } from './far-relay.ts';
import { FilesOnShelf } from './files-on-shelf.ts';
import { farDirectory, loginOptions } from './options.ts';
import { type Client, staged } from './passing.ts';
import type { Relay } from './relay.ts';
import type { Shelf, Shelved } from './shelf.ts';

const options = loginOptions.extend({ directory: farDirectory });

export const rsync = engine({
  type: 'file',
  name: 'rsync',
  title: 'A directory of another machine, by rsync over ssh',
  options,
  programs: { rsync: 'rsync', ssh: 'openssh-client' },
  secrets: ['privateKey'],
  open(client, { directory: at, ...login }) {
    return new FilesOnShelf(client, new Rsync(client, new Far(client, login), at));
  },
});

class Rsync extends FarDirectory implements Shelf {
  readonly #client: Client;
  readonly relay: Relay = new FarRelay(this);

  constructor(client: Client, far: Far, directory: string) {
    super(far, directory);
    this.#client = client;
  }

  /** In the order of their names, which puts what a file is about behind it. Each is written beside its place, then renamed. */
  async put(files: readonly Shelved[]): Promise<void> {
    await this.#transfer(['--copy-links', '--ignore-times', '--fsync'], async ({ directory: at, target }) => [
      ...(await staged(this.#client.machine, at, files)),
      `${target}:${this.path('')}`,
    ]);
  }

  async get(files: readonly string[], to: string): Promise<void> {
    await this.#transfer([], async ({ target }) => [...files.map((file) => `${target}:${this.path(file)}`), `${to}/`]);
  }

  async #transfer(how: readonly string[], ends: (session: Session) => Promise<readonly string[]>): Promise<void> {
    const { far } = this;
    await far.session(async (session) => {
      const words = ['rsync', '--chmod=F0600', '--timeout=600', ...how, `--rsh=${sshProgram(session, far.port)}`];
      await far.go(command`${[...words, '--', ...(await ends(session))]}`, 'rsync', 'rsync');
    });
  }
}
