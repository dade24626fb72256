import { type Command, command } from '../../machine/command.ts';
import type { Changes } from '../../machine/put.ts';
import { engine } from '../engine.ts';
import { transferMs } from './files.ts';
import { FilesOnShelf } from './files-on-shelf.ts';
import { directory, isWholeLogin, maybeLogin, wholeLogin } from './options.ts';
import { type Repository, repositoryOf, type Talk } from './repository.ts';
import type { OnShelf, Shelf, Shelved } from './shelf.ts';

const options = maybeLogin
  .extend({ directory: directory.describe('A repository; made if it is not there') })
  .refine(isWholeLogin, wholeLogin);

export const svn = engine({
  type: 'file',
  name: 'svn',
  title: 'A Subversion repository, here or on another machine',
  options,
  programs: { svn: 'subversion' },
  secrets: ['privateKey'],
  open(host, given) {
    const repository = repositoryOf(host, given);
    return new FilesOnShelf(repository.client, new Subversion(repository));
  },
});

/** Files at the top of the repository; a store is one revision. Subversion forgets nothing: what is removed is in the history still. */
class Subversion implements Shelf {
  readonly #repository: Repository;

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  place(file: string): string {
    return this.#repository.place(file);
  }

  async prepare(): Promise<Changes> {
    const { exitCode } = await this.#svn('svn', ['info', this.#url], [0, 1]);
    if (exitCode === 0) return [];
    await this.#repository.there(['svnadmin', 'create', this.#repository.directory], 'subversion');
    return [`made the repository ${this.#repository.place('svn')}`];
  }

  async put(files: readonly Shelved[]): Promise<void> {
    const puts = files.flatMap(({ file, from }) => ['put', from, file]);
    await this.#svn('svnmucc', [`--root-url=${this.#url}`, '--message=store', ...puts]);
  }

  async get(files: readonly string[], to: string): Promise<void> {
    for (const file of files) {
      await this.#svn('svn', ['export', '--quiet', '--force', `${this.#url}/${file}`, `${to}/${file}`]);
      await this.#repository.client.machine.run(command`chmod 0600 ${to}/${file}`);
    }
  }

  async list(): Promise<readonly OnShelf[]> {
    const { stdout } = await this.#svn('svn', ['list', '--verbose', this.#url]);
    // Revision, author, size, date in three words, name.
    return [...stdout.matchAll(/^\s*\d+\s+\S+\s+(\d+)\s+\S+\s+\S+\s+\S+\s+([^/\s]+)$/gm)].map(
      ([, bytes, file = '']) => ({
        file,
        bytes: Number(bytes),
      }),
    );
  }

  async remove(files: readonly string[]): Promise<void> {
    const there = new Set((await this.list()).map(({ file }) => file));
    const gone = files.filter((file) => there.has(file)).flatMap((file) => ['rm', file]);
    if (gone.length > 0) await this.#svn('svnmucc', [`--root-url=${this.#url}`, '--message=remove', ...gone]);
  }

  freeBytes(): Promise<number | null> {
    return this.#repository.freeBytes();
  }

  get #url(): string {
    return this.#repository.url('svn+ssh');
  }

  #svn(
    program: 'svn' | 'svnmucc',
    words: readonly string[],
    allow: readonly number[] = [0],
  ): ReturnType<Repository['run']> {
    return this.#repository.talk((talk) =>
      this.#repository.run(commandOf(program, talk, words), program, 'subversion', allow),
    );
  }
}

/** Nobody's own settings are ours. */
function commandOf(program: string, { directory: at, ssh }: Talk, words: readonly string[]): Command {
  const tunnel = ssh === null ? [] : [`--config-option=config:tunnels:ssh=${ssh}`];
  const settings = ['--non-interactive', '--no-auth-cache', '--username=aegir', `--config-dir=${at}/svn`, ...tunnel];
  return { ...command`${[program, ...settings, ...words]}`, timeoutMs: transferMs };
}
