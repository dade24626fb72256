import type { Server } from '../model/server.ts';
import { aegirUser } from '../model/sudoers.ts';
import { type Command, quote } from './command.ts';
import { environment } from './environment.ts';
import { Gate } from './gate.ts';
import type { Hands } from './hands.ts';
import { start } from './local-run.ts';
import { sshFailed } from './ssh-scripts.ts';
import { unreachable } from './ssh-unreachable.ts';

export interface SshSettings {
  readonly user: string;
  readonly host: string;
  readonly port: number;
  /** Only this key is offered. */
  readonly keyPath?: string;
  /** The far side must have one of the keys in this file, under this name. */
  readonly knownHosts?: { readonly path: string; readonly name: string };
  /** The socket that all sessions share. Its directory must be there. */
  readonly controlPath: string;
  /** Sessions at once, less than MaxSessions of the far side's sshd (10, if nobody raised it). */
  readonly sessionsMax?: number;
  /** The ssh program. */
  readonly program?: string;
}

/** For connecting, on top of what a command may take. */
export const connectMs = 10_000;
/** What ssh may take to say that it cannot, once it has tried. */
const masterMs = connectMs + 5_000;
/** A connection that worked so lately is not asked whether it is there: sessions of one that has ended end with an error. */
const freshMs = 5_000;

/**
 * One connection to a server, which all that this process does there shares. It is a process of its own in the background, so that
 * no command that is ended takes it along; it ends after a minute without sessions, or when the far side is silent.
 */
export class SshConnection {
  readonly settings: SshSettings;
  readonly gate: Gate;
  #seenMs = Number.NEGATIVE_INFINITY;
  #opening: Promise<void> | undefined;

  constructor(settings: SshSettings) {
    this.settings = settings;
    this.gate = new Gate(settings.sessionsMax ?? 8);
  }

  /** Opens it where it is not open. Rejects with Problem 'server-unreachable' that says why and what to do. */
  ready(hands: Hands): Promise<void> {
    if (performance.now() - this.#seenMs < freshMs) return Promise.resolve();
    this.#opening ??= this.#open(hands).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open({ name }: Hands): Promise<void> {
    // Whoever comes first opens it for all: not with the hands of a task that may be lost meanwhile.
    const hands: Hands = { name, log: { append: async () => {} }, claim: new AbortController().signal };
    const asked = await this.#ssh(hands, ['-O', 'check']);
    if (asked.exitCode !== 0) {
      // The socket of one that was killed would be in the way of a new one.
      await start(hands, plain(['rm', '-f', '--', this.settings.controlPath]), () => {});
      const opened = await this.#ssh(hands, ['-f', '-N', '-M', '-o', 'ControlPersist=60']);
      if (opened.exitCode !== 0) throw unreachable(name, this.settings, opened.stderr);
    }
    this.#seenMs = performance.now();
  }

  /** What ends with this exit code did not get through; the next asks first whether the connection is there. */
  failed(exitCode: number): boolean {
    if (exitCode === sshFailed) this.#seenMs = Number.NEGATIVE_INFINITY;
    return exitCode === sshFailed;
  }

  /** Ends it with all its sessions. */
  async close(hands: Hands): Promise<void> {
    await this.#ssh(hands, ['-O', 'exit']);
  }

  /** The command that runs these words over there, in an environment of ours. */
  line(argv: readonly string[]): Command['argv'] {
    const { PATH, LANG } = environment;
    const far = ['exec', 'env', '-i', `PATH=${PATH}`, `LANG=${LANG}`].join(' ');
    return this.#line(['-o', 'ControlMaster=no', '-T'], [`${far} HOME="$HOME" ${argv.map(quote).join(' ')}`]);
  }

  #ssh(hands: Hands, words: readonly string[]): ReturnType<typeof start> {
    return start(hands, plain(this.#line(words, []), masterMs), () => {}, { name: 'ssh' });
  }

  #line(words: readonly string[], far: readonly string[]): Command['argv'] {
    const { user, host, port, keyPath, knownHosts, controlPath, program = 'ssh' } = this.settings;
    const settings = {
      Port: String(port),
      BatchMode: 'yes',
      ConnectTimeout: String(connectMs / 1_000),
      ServerAliveInterval: '10',
      ServerAliveCountMax: '3',
      ControlPath: controlPath,
      ...(keyPath !== undefined && { IdentityFile: keyPath, IdentitiesOnly: 'yes' }),
      ...(knownHosts && {
        UserKnownHostsFile: knownHosts.path,
        GlobalKnownHostsFile: '/dev/null',
        HostKeyAlias: knownHosts.name,
        StrictHostKeyChecking: 'yes',
      }),
    };
    const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
    // Nobody's own settings for ssh are ours.
    return [program, '-F', '/dev/null', ...words, ...options, '--', `${user}@${host}`, ...far];
  }
}

const plain = (argv: Command['argv'], timeoutMs = 10_000): Command => ({
  ...{ argv, timeoutMs, allow: [], effect: 'changes' },
});

/** The keys that a server's sshd shows to anybody who asks; whether they are its own can only be told there. */
export async function scanHostKeys(hands: Hands, { host, sshPort }: Pick<Server, 'host' | 'sshPort'>): Promise<string> {
  const seconds = String(connectMs / 1_000);
  const argv = ['ssh-keyscan', '-T', seconds, '-p', String(sshPort), '-t', 'ed25519,ecdsa,rsa', '--', host] as const;
  const { stdout, stderr } = await start(hands, plain([...argv], 4 * connectMs), () => {});
  if (stdout.trim() !== '') return stdout;
  const said = stderr.split('\n').filter((one) => !one.startsWith('#'));
  const why = said.join('\n').trim() || `no ssh server answers there: connect to port ${sshPort}: Connection timed out`;
  throw unreachable(hands.name, { user: aegirUser, host, port: sshPort }, why);
}
