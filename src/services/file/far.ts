import { type Command, command, quote } from '../../machine/command.ts';
import type { Output, Pipe, Piped } from '../../machine/machine.ts';
import type { Changes } from '../../machine/put.ts';
import { Secret } from '../../model/secret.ts';
import { runExplained } from './far-problem.ts';
import { transferMs } from './files.ts';
import type { LoginOptions } from './options.ts';
import { type Client, passing } from './passing.ts';
import type { OnShelf } from './shelf.ts';

/** While it lasts there are files with key and host keys, which `options` name: for any program that takes options of ssh. */
export interface Session {
  /** A directory for what is on its way. */
  readonly directory: string;
  readonly options: readonly string[];
  /** 'aegir-files@backup.example.com'. */
  readonly target: string;
}

/** Another machine, that ours logs in to by itself: what is stored goes from there to here without passing through the worker. */
export class Far {
  readonly #client: Client;
  readonly #login: LoginOptions;

  constructor(client: Client, login: LoginOptions) {
    this.#client = client;
    this.#login = login;
  }

  get port(): number {
    return this.#login.port;
  }

  /** As in a URL. */
  get address(): string {
    const { user, host } = this.#login;
    return `${user}@${host.includes(':') ? `[${host}]` : host}`;
  }

  place(path: string): string {
    const { user, host } = this.#login;
    return `${user}@${host}:${path}`;
  }

  session<T>(action: (session: Session) => Promise<T>): Promise<T> {
    const { privateKey, hostKeys } = this.#login;
    return passing(this.#client, async (directory) => {
      const { machine } = this.#client;
      const key = privateKey.endsWith('\n') ? privateKey : `${privateKey}\n`;
      await machine.write(`${directory}/key`, new Secret(key), { mode: '0600' });
      await machine.write(`${directory}/known`, hostKeys.map((one) => `aegir-files ${one}\n`).join(''), {
        mode: '0600',
      });
      return action({ directory, options: sshOptions(directory), target: this.address });
    });
  }

  /** Programs of the far side, one after the other while they end well, in one login. */
  run(...all: readonly (readonly string[])[]): Promise<Output> {
    return this.ask(all, [0]);
  }

  /** The same, of which other ends are an answer. */
  ask(all: readonly (readonly string[])[], allow: readonly number[]): Promise<Output> {
    return this.session((session) => this.go(command`${this.#words(session, all)}`, 'ssh', 'openssh-client', allow));
  }

  /** In a pipe with programs of our side: `joined` is given the one that is all of these over there. */
  pipe(all: readonly (readonly string[])[], joined: (far: Command) => Pipe['commands']): Promise<Piped> {
    return this.session((session) =>
      this.#client.machine.pipe({
        commands: joined({ ...command`${this.#words(session, all)}`, timeoutMs: transferMs }),
      }),
    );
  }

  #words({ options }: Session, all: readonly (readonly string[])[]): readonly string[] {
    const { user, host } = this.#login;
    const line = all.map((argv) => argv.map(quote).join(' ')).join(' && ');
    return ['ssh', '-T', '-p', String(this.port), ...options, '--', `${user}@${host}`, line];
  }

  /** One of our side that talks to the far one. Its failure is explained. */
  go(asked: Command, program: string, debian: string, allow: readonly number[] = [0]): Promise<Output> {
    const { user, host } = this.#login;
    return runExplained(this.#client.machine, asked, { place: `${user}@${host}`, program, package: debian }, allow);
  }
}

/** Nobody's own settings for ssh are ours, it must never wait for somebody to type, and it believes only the keys that it was given. */
const sshOptions = (directory: string): readonly string[] => [
  ...['-F', '/dev/null'],
  ...[
    'BatchMode=yes',
    'ConnectTimeout=10',
    'ServerAliveInterval=10',
    'ServerAliveCountMax=3',
    `IdentityFile=${directory}/key`,
    'IdentitiesOnly=yes',
    `UserKnownHostsFile=${directory}/known`,
    'GlobalKnownHostsFile=/dev/null',
    'HostKeyAlias=aegir-files',
    'StrictHostKeyChecking=yes',
    'LogLevel=ERROR',
  ].flatMap((option) => ['-o', option]),
];

/** What git, svn and rsync, which take it apart at its blanks, use to log in. */
export const sshProgram = ({ options }: Session, port: number): string => ['ssh', '-p', port, ...options].join(' ');

/** A directory over there, with a shell that has the usual programs. */
export class FarDirectory {
  readonly far: Far;
  readonly #directory: string;

  constructor(far: Far, directory: string) {
    this.far = far;
    this.#directory = directory;
  }

  path(file: string): string {
    return `${this.#directory}/${file}`;
  }

  place(file: string): string {
    return this.far.place(this.path(file));
  }

  async prepare(): Promise<Changes> {
    const { exitCode } = await this.far.ask([['test', '-d', this.#directory]], [0, 1]);
    if (exitCode === 0) return [];
    await this.far.run(['mkdir', '-p', '-m', '0700', this.#directory]);
    return [`made ${this.far.place(this.#directory)}`];
  }

  async list(): Promise<readonly OnShelf[]> {
    const words = ['-maxdepth', '1', '-type', 'f', '!', '-name', '.*', '!', '-name', '*.part', '-printf', '%s %f\\n'];
    const { stdout } = await this.far.run(['find', this.#directory, ...words]);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({ bytes: Number(line.split(' ')[0]), file: line.slice(line.indexOf(' ') + 1) }));
  }

  async remove(files: readonly string[]): Promise<void> {
    await this.far.run(['rm', '-f', '--', ...files.map((file) => this.path(file))]);
  }

  async freeBytes(): Promise<number | null> {
    const { stdout } = await this.far.ask([['df', '-P', '-B1', this.#directory]], [0, 1, 127]);
    const free = Number(stdout.trim().split('\n').at(-1)?.split(/\s+/)[3]);
    return Number.isFinite(free) ? free : null;
  }
}
