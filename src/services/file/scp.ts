import { randomBytes } from 'node:crypto';
import { command } from '../../machine/command.ts';
import { engine } from '../engine.ts';
import { Far, FarDirectory, type Session } from './far.ts';
import { FarRelay } from './far-relay.ts';
import { FilesOnShelf } from './files-on-shelf.ts';
import { farDirectory, loginOptions } from './options.ts';
import { type Client, staged } from './passing.ts';
import type { Relay } from './relay.ts';
import type { Shelf, Shelved } from './shelf.ts';

const options = loginOptions.extend({ directory: farDirectory });

export const scp = engine({
  type: 'file',
  name: 'scp',
  title: 'A directory of another machine, by scp',
  options,
  programs: { scp: 'openssh-client' },
  secrets: ['privateKey'],
  open(client, { directory: at, ...login }) {
    return new FilesOnShelf(client, new Scp(client, new Far(client, login), at));
  },
});

/** scp only copies: the rest is done by the shell that it logs in to as well. */
class Scp extends FarDirectory implements Shelf {
  readonly #client: Client;
  readonly relay: Relay = new FarRelay(this);

  constructor(client: Client, far: Far, directory: string) {
    super(far, directory);
    this.#client = client;
  }

  /** Into a directory of their own first: one that a lost worker has started may still be at work. */
  async put(files: readonly Shelved[]): Promise<void> {
    const { far } = this;
    const fresh = this.path(`.${randomBytes(6).toString('hex')}.part`);
    try {
      await far.session(async (session) => {
        await staged(this.#client.machine, session.directory, files);
        await this.#copy(session, ['-r', '--', `${session.directory}/staged`, `${session.target}:${fresh}`]);
      });
      const paths = files.map(({ file }) => `${fresh}/${file}`);
      await far.run(
        ['chmod', '0600', ...paths],
        ['sync', ...paths],
        ['mv', '-f', '--', ...paths, this.path('')],
        ['rmdir', fresh],
      );
    } catch (error) {
      await far.run(['rm', '-rf', '--', fresh]).catch(() => undefined); // What was wrong is the first.
      throw error;
    }
  }

  async get(files: readonly string[], to: string): Promise<void> {
    await this.far.session(async (session) => {
      const from = files.map((file) => `${session.target}:${this.path(file)}`);
      await this.#copy(session, ['--', ...from, `${to}/`]);
    });
  }

  async #copy({ options: ssh }: Session, ends: readonly string[]): Promise<void> {
    const { far } = this;
    await far.go(command`${['scp', '-q', '-P', String(far.port), ...ssh, ...ends]}`, 'scp', 'openssh-client');
  }
}
