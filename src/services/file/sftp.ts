import { randomBytes } from 'node:crypto';
import { command } from '../../machine/command.ts';
import type { Output } from '../../machine/machine.ts';
import type { Changes } from '../../machine/put.ts';
import { Problem } from '../../model/problem.ts';
import { engine } from '../engine.ts';
import { Far } from './far.ts';
import { FilesOnShelf } from './files-on-shelf.ts';
import { farDirectory, loginOptions } from './options.ts';
import type { OnShelf, Shelf, Shelved } from './shelf.ts';

const options = loginOptions.extend({ directory: farDirectory });

export const sftp = engine({
  type: 'file',
  name: 'sftp',
  title: 'A directory of another machine, by sftp, without a shell there',
  options,
  programs: { sftp: 'openssh-client' },
  secrets: ['privateKey'],
  open(client, { directory: at, ...login }) {
    return new FilesOnShelf(client, new Sftp(new Far(client, login), at));
  },
});

/** Commands of sftp, one a line. With '-' before it, its failure is no failure. */
class Sftp implements Shelf {
  readonly #far: Far;
  readonly #directory: string;

  constructor(far: Far, at: string) {
    this.#far = far;
    this.#directory = at;
  }

  place(file: string): string {
    return this.#far.place(this.#path(file));
  }

  async prepare(): Promise<Changes> {
    const parts = this.#directory.split('/').slice(1);
    const all = parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`);
    if ((await this.#batch([`cd ${this.#directory}`], [0, 1])).exitCode === 0) return [];
    await this.#batch([...all.map((one) => `-mkdir ${one}`), `chmod 0700 ${this.#directory}`]);
    return [`made ${this.#far.place(this.#directory)}`];
  }

  /** Under names of their own first: one that a lost worker has started may still be at work. */
  async put(files: readonly Shelved[]): Promise<void> {
    const end = `.${randomBytes(6).toString('hex')}.part`;
    const all = files.map(({ file, from }) => ({ from, fresh: this.#path(file + end), to: this.#path(file) }));
    try {
      await this.#batch([
        ...all.flatMap(({ from, fresh }) => [`put -f ${from} ${fresh}`, `chmod 0600 ${fresh}`]),
        ...all.map(({ fresh, to }) => `rename ${fresh} ${to}`),
      ]);
    } catch (error) {
      await this.#batch(all.map(({ fresh }) => `-rm ${fresh}`)).catch(() => undefined); // What was wrong is the first.
      throw error;
    }
  }

  async get(files: readonly string[], to: string): Promise<void> {
    await this.#batch(files.map((file) => `get ${this.#path(file)} ${to}/${file}`));
  }

  async list(): Promise<readonly OnShelf[]> {
    return listed((await this.#batch([`ls -ln ${this.#directory}`])).stdout);
  }

  /** What is absent is no failure, and whoever may not remove says so by what is there still. */
  async remove(files: readonly string[]): Promise<void> {
    const { stdout } = await this.#batch([
      ...files.map((file) => `-rm ${this.#path(file)}`),
      ...files.map((file) => `-ls -n ${this.#path(file)}`),
    ]);
    const left = listed(stdout).find(({ file }) => files.includes(file));
    if (left)
      throw new Problem('forbidden', `${this.place(left.file)} cannot be removed`, {
        hint: 'May the user of the file service write in that directory?',
      });
  }

  async freeBytes(): Promise<number | null> {
    const { stdout } = await this.#batch([`-df ${this.#directory}`]);
    // In KiB: size, used, free for all, free for us, used of a hundred.
    const [, free] = /^\s*\d+\s+\d+\s+\d+\s+(\d+)\s+\d+%\s*$/m.exec(stdout) ?? [];
    return free === undefined ? null : Number(free) * 1024;
  }

  #path(file: string): string {
    return `${this.#directory}/${file}`;
  }

  #batch(lines: readonly string[], allow: readonly number[] = [0]): Promise<Output> {
    const far = this.#far;
    return far.session(({ options: ssh, target }) =>
      far.go(
        {
          ...command`${['sftp', '-q', '-b', '-', '-P', String(far.port), ...ssh, '--', target]}`,
          stdin: `${lines.join('\n')}\n`,
        },
        'sftp',
        'openssh-client',
        allow,
      ),
    );
  }
}

/** Lines of `ls -ln`, with the path or only the name at their end. */
function listed(text: string): readonly OnShelf[] {
  return text.split('\n').flatMap((line) => {
    const [, bytes, file] =
      /^-\S+\s+\S+\s+\S+\s+\S+\s+(\d+)\s+\S+\s+\S+\s+\S+\s+(?:.*\/)?([^/.][^/]*)$/.exec(line) ?? [];
    return file === undefined || file.endsWith('.part') ? [] : [{ file, bytes: Number(bytes) }];
  });
}
