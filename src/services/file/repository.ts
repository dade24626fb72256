import type { Command } from '../../machine/command.ts';
import type { Output } from '../../machine/machine.ts';
import { diskOf } from '../../machine/room.ts';
import { Problem } from '../../model/problem.ts';
import type { EngineHost } from '../engine.ts';
import { Far, FarDirectory, sshProgram } from './far.ts';
import { runExplained } from './far-problem.ts';
import { loginOf } from './options.ts';
import { type Client, passing } from './passing.ts';

/** While a program talks to a repository. */
export interface Talk {
  /** A directory for what is on its way. */
  readonly directory: string;
  /** What it logs in with, as one line; null: the repository is on this machine. */
  readonly ssh: string | null;
}

/** Where a repository of git or Subversion is: in a directory of the service's own server, or of a machine that is logged in to. */
export class Repository {
  readonly client: Client;
  readonly directory: string;
  readonly #far: Far | null;

  constructor(client: Client, directory: string, far: Far | null) {
    this.client = client;
    this.directory = directory;
    this.#far = far;
  }

  /** `scheme` is for ssh; here it is a file. */
  url(scheme: string): string {
    return this.#far ? `${scheme}://${this.#far.address}${this.directory}` : `file://${this.directory}`;
  }

  place(file: string): string {
    const within = `${this.directory} (${file})`;
    return this.#far ? this.#far.place(within) : within;
  }

  /** Where the repository is. */
  async there(argv: readonly [string, ...string[]], debian: string): Promise<void> {
    if (this.#far) await this.#far.run(argv);
    else await this.run({ argv, timeoutMs: 60_000, allow: [0], effect: 'changes' }, argv[0], debian);
  }

  talk<T>(action: (talk: Talk) => Promise<T>): Promise<T> {
    const far = this.#far;
    if (!far) return passing(this.client, (directory) => action({ directory, ssh: null }));
    return far.session((session) => action({ directory: session.directory, ssh: sshProgram(session, far.port) }));
  }

  /** A program of our side. Its failure is explained. */
  run(asked: Command, program: string, debian: string, allow = asked.allow): Promise<Output> {
    const at = { place: this.place(program), program, package: debian };
    return runExplained(this.client.machine, asked, at, allow);
  }

  async freeBytes(): Promise<number | null> {
    if (this.#far) return new FarDirectory(this.#far, this.directory).freeBytes();
    return (await diskOf(this.client.machine, this.directory)).freeBytes;
  }
}

/** Throws Problem 'invalid' for one on the disk of its own server, of which another machine wants something. */
export function repositoryOf(
  host: EngineHost,
  { directory, ...given }: Parameters<typeof loginOf>[0] & { readonly directory: string },
): Repository {
  const login = loginOf(given);
  if (login === null && host.offeredBy !== undefined)
    throw new Problem(
      'invalid',
      `the repository of ${host.offeredBy} is on its own disk, which ${host.machine.name} does not have`,
      {
        hint: `Say how it is logged in to: host, privateKey and hostKeys of the file service of ${host.offeredBy}.`,
      },
    );
  return new Repository(host, directory, login && new Far(host, login));
}
