import { type Command, command } from '../../machine/command.ts';
import type { Changes } from '../../machine/put.ts';
import { engine } from '../engine.ts';
import { transferMs } from './files.ts';
import { FilesOnShelf } from './files-on-shelf.ts';
import { directory, isWholeLogin, maybeLogin, wholeLogin } from './options.ts';
import { type Repository, repositoryOf, type Talk } from './repository.ts';
import type { OnShelf, Shelf, Shelved } from './shelf.ts';

const options = maybeLogin
  .extend({ directory: directory.describe('A repository without a work tree; made if it is not there') })
  .refine(isWholeLogin, wholeLogin);

export const git = engine({
  type: 'file',
  name: 'git',
  title: 'A git repository, here or on another machine',
  options,
  programs: { git: 'git' },
  secrets: ['privateKey'],
  open(host, given) {
    const repository = repositoryOf(host, given);
    return new FilesOnShelf(repository.client, new Git(repository));
  },
});

const branchOf = (file: string): string => `refs/heads/${file}`;

/**
 * Each file is a branch of its own: a commit without parents and with one file. All branches of a store are pushed together or not
 * at all. What no branch has any more goes when git collects it: in two weeks, unless gc.pruneExpire over there says otherwise.
 */
class Git implements Shelf {
  readonly #repository: Repository;

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  place(file: string): string {
    return this.#repository.place(file);
  }

  async prepare(): Promise<Changes> {
    const { exitCode } = await this.#repository.talk((talk) =>
      this.#git(talk, ['ls-remote', '--quiet', this.#url], [0, 128]),
    );
    if (exitCode === 0) return [];
    await this.#repository.there(['git', 'init', '--quiet', '--bare', this.#repository.directory], 'git');
    return [`made the repository ${this.#repository.place('git')}`];
  }

  put(files: readonly Shelved[]): Promise<void> {
    return this.#repository.talk(async (talk) => {
      await this.#git(talk, ['init', '--quiet', '--bare', this.#own(talk)]);
      const commits: string[] = [];
      for (const { file, from } of files) commits.push(`+${await this.#commit(talk, file, from)}:${branchOf(file)}`);
      await this.#git(talk, [...this.#in(talk), 'push', '--quiet', '--atomic', this.#url, ...commits]);
    });
  }

  get(files: readonly string[], to: string): Promise<void> {
    return this.#repository.talk(async (talk) => {
      await this.#git(talk, ['init', '--quiet', '--bare', this.#own(talk)]);
      const branches = files.map((file) => `+${branchOf(file)}:${branchOf(file)}`);
      await this.#git(talk, [...this.#in(talk), 'fetch', '--quiet', '--depth=1', '--no-tags', this.#url, ...branches]);
      for (const file of files) {
        const reading = this.#words(talk, [...this.#in(talk), 'cat-file', 'blob', `${branchOf(file)}:${file}`]);
        await this.#repository.client.machine.pipe({
          commands: [reading],
          to: { path: `${to}/${file}`, mode: '0600' },
        });
      }
    });
  }

  async list(): Promise<readonly OnShelf[]> {
    const { stdout } = await this.#repository.talk((talk) =>
      this.#git(talk, ['ls-remote', '--quiet', '--heads', this.#url]),
    );
    return [...stdout.matchAll(/^[0-9a-f]+\trefs\/heads\/(.+)$/gm)].map(([, file = '']) => ({ file, bytes: null }));
  }

  async remove(files: readonly string[]): Promise<void> {
    const there = new Set((await this.list()).map(({ file }) => file));
    const gone = files.filter((file) => there.has(file)).map((file) => `:${branchOf(file)}`);
    if (gone.length === 0) return;
    await this.#repository.talk(async (talk) => {
      await this.#git(talk, ['init', '--quiet', '--bare', this.#own(talk)]);
      await this.#git(talk, [...this.#in(talk), 'push', '--quiet', '--atomic', this.#url, ...gone]);
    });
  }

  freeBytes(): Promise<number | null> {
    return this.#repository.freeBytes();
  }

  get #url(): string {
    return this.#repository.url('ssh');
  }

  #own({ directory: at }: Talk): string {
    return `${at}/repository`;
  }

  #in(talk: Talk): readonly string[] {
    return [`--git-dir=${this.#own(talk)}`];
  }

  async #commit(talk: Talk, file: string, from: string): Promise<string> {
    const inOwn = this.#in(talk);
    const blob = (await this.#git(talk, [...inOwn, 'hash-object', '-w', '--no-filters', from])).stdout.trim();
    const mktree = { ...this.#words(talk, [...inOwn, 'mktree']), stdin: `100644 blob ${blob}\t${file}\n` };
    const tree = (await this.#repository.run(mktree, 'git', 'git')).stdout.trim();
    return (await this.#git(talk, [...inOwn, 'commit-tree', '-m', `store ${file}`, tree])).stdout.trim();
  }

  #git(talk: Talk, words: readonly string[], allow: readonly number[] = [0]): ReturnType<Repository['run']> {
    return this.#repository.run(this.#words(talk, words), 'git', 'git', allow);
  }

  /** What is packed already is not packed again, and large files are not held in memory. */
  #words({ ssh }: Talk, words: readonly string[]): Command {
    const settings = [
      ...['user.name=Aegir', 'user.email=aegir@localhost', 'core.compression=0', 'core.bigFileThreshold=1m'],
      ...['gc.auto=0', 'protocol.version=2', 'safe.directory=*', ...(ssh === null ? [] : [`core.sshCommand=${ssh}`])],
    ].flatMap((one) => ['-c', one]);
    return { ...command`${['git', ...settings, ...words]}`, timeoutMs: transferMs };
  }
}
