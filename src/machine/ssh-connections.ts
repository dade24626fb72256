import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Secret } from '../model/secret.ts';
import type { Server } from '../model/server.ts';
import { aegirUser } from '../model/sudoers.ts';
import type { Hands } from './hands.ts';
import { SshMachine } from './ssh.ts';
import { SshConnection } from './ssh-connection.ts';

const prefix = 'ssh-';

/**
 * The connections of this process to other servers, with what ssh needs for them in a directory of its own: the hub's key, the known
 * host keys, the sockets. It goes with the process; what a killed one has left goes when the next one comes.
 */
export class SshConnections {
  readonly #directory: string;
  readonly #connections = new Map<string, SshConnection>();

  /** Below `parent`, whose path is short (the path of a socket has 107 bytes) and which nobody else may enter. */
  constructor(parent: string, key: Secret) {
    for (const name of readdirSync(parent))
      if (name.startsWith(prefix) && !isAlive(name.slice(prefix.length)))
        rmSync(join(parent, name), { recursive: true, force: true });
    this.#directory = join(parent, `${prefix}${process.pid}`);
    mkdirSync(this.#directory, { mode: 0o700, recursive: true });
    writeFileSync(this.#keyPath, key.reveal(), { mode: 0o600 });
  }

  get #keyPath(): string {
    return join(this.#directory, 'key');
  }

  machine(server: Server, hands: Hands): SshMachine {
    return new SshMachine(hands, () => this.#connection(server));
  }

  /** Other host keys, another host or port: another connection. */
  #connection({ id, host, sshPort, hostKeys: { pinned } }: Server): SshConnection {
    const name = `server-${id}`;
    const knownHosts = pinned.map((key) => `${name} ${key}\n`).join('');
    const mark = createHash('sha256')
      .update(JSON.stringify([id, host, sshPort, knownHosts]))
      .digest('hex')
      .slice(0, 20);
    const known = this.#connections.get(mark);
    if (known) return known;
    const path = join(this.#directory, `${mark}.hosts`);
    writeFileSync(`${path}.new`, knownHosts, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    const connection = new SshConnection({
      ...{ user: aegirUser, host, port: sshPort, keyPath: this.#keyPath, knownHosts: { path, name } },
      controlPath: join(this.#directory, mark),
    });
    this.#connections.set(mark, connection);
    return connection;
  }

  /** Ends them, and takes the key off the disk. */
  async close(): Promise<void> {
    for (const connection of this.#connections.values())
      await connection.close({ name: 'ssh', log: { append: async () => {} }, claim: new AbortController().signal });
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

const isAlive = (pid: string): boolean => existsSync(`/proc/${pid}`);
