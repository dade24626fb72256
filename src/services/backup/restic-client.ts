import { z } from 'zod';
import { type Command, command, query } from '../../machine/command.ts';
import type { Machine, Output } from '../../machine/machine.ts';
import { type Changes, putFile } from '../../machine/put.ts';
import { Problem } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';
import { longMs } from './backups.ts';

export interface ResticLogin {
  readonly repository: string;
  readonly password: Secret;
  /** Of an S3 store. */
  readonly access: { readonly id: string; readonly key: Secret; readonly region: string | null } | null;
  /** Files for a repository over ssh; null: what the user's own configuration of ssh says. */
  readonly ssh: { readonly key: string | null; readonly knownHosts: string | null };
}

const snapshots = z.array(z.object({ id: z.string(), paths: z.array(z.string()) }));
const summary = z.object({
  message_type: z.literal('summary'),
  snapshot_id: z.string(),
  data_added: z.int(),
  total_bytes_processed: z.int(),
});

/**
 * The program `restic`. Its password is in a file that only we can read, and so are the keys of an S3 store, in the form of
 * Amazon's own tools: arguments and environment name the files only (docs/decisions/0028-backups.md).
 */
export class ResticClient {
  readonly #machine: Machine;
  readonly #login: ResticLogin;
  /** Directory for files of ours: passwords, and what restic remembers of the repository. */
  readonly #directory: string;
  #ready: Promise<Changes> | undefined;

  constructor(machine: Machine, login: ResticLogin, directory: string) {
    this.#machine = machine;
    this.#login = login;
    this.#directory = directory;
  }

  /** Writes the files with passwords where they are not there yet. */
  prepare(): Promise<Changes> {
    this.#ready ??= this.#putFiles();
    return this.#ready;
  }

  /** Makes the repository if there is none. */
  async makeRepository(): Promise<Changes> {
    const changes = await this.prepare();
    this.#ready = Promise.resolve([]); // They have been told.
    const { exitCode, stderr } = await this.#ask(['cat', 'config'], [0, 1]);
    if (exitCode === 0) return changes;
    if (!isAbsent(stderr)) throw this.#problem(stderr);
    await this.#machine.run({ ...command`${this.#words(['init'])}`, timeoutMs: 300_000 });
    return [...changes, `made the repository ${this.#login.repository}`];
  }

  /** The end of a pipe that stores what it reads as `path`; see `stored`. */
  store(path: string, tags: readonly string[]): Command {
    const words = ['backup', '--json', '--stdin', `--stdin-filename=${path}`, '--host=aegir'];
    const dryStdout = JSON.stringify({
      message_type: 'summary',
      snapshot_id: '',
      data_added: 0,
      total_bytes_processed: 0,
    });
    const storing = command`${this.#words([...words, ...tags.map((tag) => `--tag=${tag}`)])}`;
    return { ...storing, timeoutMs: longMs, dryStdout };
  }

  /** What `store` said at its end. */
  stored(stdout: string): { readonly snapshot: string; readonly bytes: number; readonly addedBytes: number } {
    const last = summary.safeParse(parsed(stdout.trim().split('\n').at(-1) ?? ''));
    if (!last.success) throw new Problem('command-failed', 'restic did not say what it stored', { cause: last.error });
    const { snapshot_id: snapshot, total_bytes_processed: bytes, data_added: addedBytes } = last.data;
    return { snapshot, bytes, addedBytes };
  }

  /** The beginning of a pipe that writes what was stored as `path` last. */
  dump(path: string): Command {
    const words = ['--no-lock', 'dump', '--host=aegir', `--path=${path}`, 'latest', path];
    return { ...query`${this.#words(words)}`, timeoutMs: longMs, quiet: true };
  }

  async snapshots(tag: string): Promise<z.output<typeof snapshots>> {
    await this.prepare();
    const { stdout } = await this.#ask(['--no-lock', 'snapshots', '--json', '--host=aegir', `--tag=${tag}`], [0]);
    return snapshots.parse(parsed(stdout) ?? []);
  }

  /** Their data stays until `prune`. */
  async forget(ids: readonly string[]): Promise<void> {
    // Only locks of processes that are gone: restic looks.
    await this.#change(['unlock']);
    await this.#change(['forget', ...ids]);
  }

  async prune(): Promise<void> {
    await this.#change(['prune', '--max-unused=5%']);
  }

  async #change(words: readonly string[]): Promise<void> {
    await this.prepare();
    const changing = { ...command`${this.#words(words)}`, timeoutMs: longMs, allow: [0, 1] };
    const { exitCode, stderr } = await this.#machine.run(changing);
    if (exitCode !== 0) throw this.#problem(stderr);
  }

  async #ask(words: readonly string[], allow: readonly number[]): Promise<Output> {
    const asking = { ...query`${this.#words(words)}`, timeoutMs: 300_000, allow: [0, 1], quiet: true };
    const output = await this.#machine.run(asking);
    if (!allow.includes(output.exitCode)) throw this.#problem(output.stderr);
    return output;
  }

  #words(words: readonly string[]): readonly string[] {
    const { repository, access, ssh } = this.#login;
    const region = access?.region ? [`AWS_DEFAULT_REGION=${access.region}`] : [];
    const credentials = access ? ['env', `AWS_SHARED_CREDENTIALS_FILE=${this.#file('s3')}`, ...region] : [];
    const files = [`--password-file=${this.#file('password')}`, `--cache-dir=${this.#file('cache')}`];
    const way = repository.startsWith('sftp:') ? [`--option=sftp.command=${sshCommand(repository, ssh)}`] : [];
    return [...credentials, 'restic', '--quiet', `--repo=${repository}`, ...files, ...way, ...words];
  }

  #file(name: 'password' | 's3' | 'cache'): string {
    return `${this.#directory}/restic-${name}`;
  }

  async #putFiles(): Promise<Changes> {
    const { password, access } = this.#login;
    const changes = [];
    if (!(await this.#machine.stat(this.#directory)))
      await this.#machine.makeDirectory(this.#directory, { mode: '0711' });
    changes.push(...(await putFile(this.#machine, this.#file('password'), password, { mode: '0600' })));
    if (access) {
      const text = `[default]\naws_access_key_id = ${access.id}\naws_secret_access_key = ${access.key.reveal()}\n`;
      changes.push(...(await putFile(this.#machine, this.#file('s3'), new Secret(text), { mode: '0600' })));
    }
    return changes;
  }

  #problem(stderr: string): Problem {
    const { repository } = this.#login;
    const cause = new Error(stderr.trim().slice(0, 1000));
    if (isAbsent(stderr))
      return new Problem('not-found', `there is no restic repository at ${repository}`, {
        hint: 'Verify the server to make it; if there was one, look where it is gone.',
        cause,
      });
    if (/wrong password or no key found/.test(stderr))
      return new Problem('forbidden', `the password does not open the restic repository ${repository}`, {
        hint: 'Correct the password of the backup service. Without it nothing in the repository can be read.',
        cause,
      });
    if (/already locked/.test(stderr))
      return new Problem('conflict', `the restic repository ${repository} is in use`, {
        hint: 'Run the task again later. restic list locks shows by whom.',
        cause,
      });
    if (/no space left/i.test(stderr))
      return new Problem('disk-full', `there is no space left for the restic repository ${repository}`, { cause });
    return new Problem('command-failed', `restic failed on ${this.#machine.name}: ${cause.message}`, {
      hint: `Is ${repository} within reach, and are the options of the backup service right?`,
      cause,
    });
  }
}

/** It must never wait for somebody to type a password. restic takes it apart at its blanks. */
function sshCommand(repository: string, { key, knownHosts }: ResticLogin['ssh']): string {
  const [, host = '', port = '22'] =
    /^sftp:\/\/([^:]+):(\d+)\//.exec(repository) ?? /^sftp:([^:]+):/.exec(repository) ?? [];
  const words = [
    ...['ssh', '-o', 'BatchMode=yes', '-p', port],
    ...(key === null ? [] : ['-i', key]),
    ...(knownHosts === null ? [] : ['-o', `UserKnownHostsFile=${knownHosts}`]),
    ...[host, '-s', 'sftp'],
  ];
  return words.join(' ');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // Then it is not what was asked for, and the caller says so.
  }
}

const isAbsent = (stderr: string): boolean => /Is there a repository at the following location/.test(stderr);
