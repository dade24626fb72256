import { z } from 'zod';
import { query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Changes } from '../../machine/put.ts';
import { demandRoom } from '../../machine/room.ts';
import { type Manifest, type ManifestPart, manifestText, type PartName, readManifest } from '../../model/backup.ts';
import { Problem } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';
import { type Detected, type EngineHost, engine } from '../engine.ts';
import { type BackupPart, type Backups, behind, longMs, type Source, type Stored } from './backups.ts';
import { ResticClient } from './restic-client.ts';

// All of these become arguments or lines of a file: nothing that could be taken for something else there.
const path = /(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+/;
const repository = new RegExp(
  [
    `^${path.source}$`,
    `^sftp:(?:[a-z_][a-z0-9_-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*:${path.source}$`,
    `^sftp://(?:[a-z_][a-z0-9_-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*:\\d{1,5}/${path.source}$`,
    `^s3:(?:https?://)?[A-Za-z0-9][A-Za-z0-9.-]*(?::\\d+)?${path.source}$`,
  ].join('|'),
);
const word = z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be printable and without blanks');

const options = z
  .object({
    repository: z
      .string()
      .max(1000)
      .regex(
        repository,
        "must be a path, 'sftp:user@host:/path', 'sftp://user@host:port//path' or 's3:https://host/bucket/path'",
      )
      .describe('Where it is'),
    password: z
      .string()
      .min(12)
      .max(200)
      .regex(/^[^\p{Cc}]*$/u, 'must hold no control character')
      .describe('What it is encrypted with: keep a copy, without it nothing can be restored'),
    accessKeyId: word.optional().describe('Of an S3 store'),
    secretAccessKey: word.optional().describe('Of an S3 store'),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/)
      .optional()
      .describe('Of an S3 store that wants one'),
    sshKey: z
      .string()
      .regex(new RegExp(`^${path.source}$`), 'must be an absolute path of plain characters')
      .optional()
      .describe('Private key for sftp; what ssh is configured for unless given'),
    sshKnownHosts: z
      .string()
      .regex(new RegExp(`^${path.source}$`), 'must be an absolute path of plain characters')
      .optional()
      .describe('File with the key of the sftp server; what ssh knows unless given'),
  })
  .refine(
    ({ accessKeyId, secretAccessKey }) => (accessKeyId === undefined) === (secretAccessKey === undefined),
    'accessKeyId and secretAccessKey belong together',
  );
type Options = z.output<typeof options>;

export const restic = engine({
  type: 'backup',
  name: 'restic',
  title: 'restic: incremental, encrypted, here or elsewhere',
  options,
  secrets: ['password', 'accessKeyId', 'secretAccessKey'],
  open: (host, given) => new Restic(host, given),
  detect,
});

/** Data that no backup needs any more is taken away once a day at most: it means reading the whole index. */
const pruneEveryMs = 24 * 60 * 60_000;
const ours = 'aegir';

/** Each part is a snapshot of its own, with the backup's key as its tag; the manifest is the last of them. */
class Restic implements Backups {
  readonly second = null;
  readonly #machine: Machine;
  readonly #repository: string;
  readonly #client: ResticClient;
  readonly #pruned: string;

  constructor({ machine, paths }: EngineHost, { repository, password, ...more }: Options) {
    const { accessKeyId, secretAccessKey, region = null, sshKey = null, sshKnownHosts = null } = more;
    const access =
      accessKeyId === undefined || secretAccessKey === undefined
        ? null
        : { id: accessKeyId, key: new Secret(secretAccessKey), region };
    this.#machine = machine;
    this.#repository = repository;
    this.#client = new ResticClient(
      machine,
      { repository, password: new Secret(password), access, ssh: { key: sshKey, knownHosts: sshKnownHosts } },
      paths.config,
    );
    this.#pruned = `${paths.config}/restic-pruned`;
  }

  verify(): Promise<Changes> {
    return this.#client.makeRepository();
  }

  /** Only of a repository on this server; what was there before is not written again, so this asks for more than is needed. */
  async demandRoom(bytes: number): Promise<void> {
    if (this.#repository.startsWith('/')) await demandRoom(this.#machine, this.#repository, bytes);
  }

  async put(
    key: string,
    parts: readonly BackupPart[],
    manifest: (parts: readonly ManifestPart[]) => Manifest | Promise<Manifest>,
  ): Promise<Stored> {
    await this.#forget(key);
    const facts: ManifestPart[] = [];
    let added = 0;
    for (const { name, restoredBytes, source } of parts) {
      const { snapshot, bytes, addedBytes } = await this.#store(key, name, source);
      added += addedBytes;
      facts.push({ name, restoredBytes, stored: { as: 'restic', bytes, snapshot } });
    }
    const whole = await manifest(facts);
    await this.#store(key, 'manifest', [{ ...query`cat`, stdin: manifestText(whole) }]);
    return { manifest: whole, bytes: added };
  }

  async manifest(key: string): Promise<string | null> {
    const found = await this.#client.snapshots(key);
    if (!found.some(({ paths }) => paths.includes(pathOf(key, 'manifest')))) return null;
    return (await this.#machine.pipe({ commands: [this.#client.dump(pathOf(key, 'manifest'))] })).stdout;
  }

  read(key: string, part: PartName): Source {
    return [this.#client.dump(pathOf(key, part))];
  }

  /** restic compares every piece with its SHA-256 when it reads it, and the id of a snapshot is one over all its pieces. */
  async check(key: string): Promise<void> {
    const text = await this.manifest(key);
    if (text === null) throw new Problem('not-found', `there is no ${this.place(key)}`);
    const found = await this.#client.snapshots(key);
    for (const { name, stored } of readManifest(text, key).parts) {
      const snapshot = found.find(({ paths }) => paths.includes(pathOf(key, name)));
      const count = { ...query`wc -c`, timeoutMs: longMs };
      const { stdout } = await this.#machine.pipe({ commands: behind(this.read(key, name), count) });
      if (stored.as !== 'restic' || !snapshot?.id.startsWith(stored.snapshot) || Number(stdout) !== stored.bytes)
        throw new Problem('conflict', `the part '${name}' of ${this.place(key)} is not what was written`, {
          hint: 'It is damaged: choose another backup, delete this one, and let restic look: restic check --read-data.',
        });
    }
  }

  /** As above: it reads nothing that is not what was written. */
  async prove(): Promise<void> {}

  async remove(key: string): Promise<void> {
    if (!(await this.#forget(key))) return;
    const last = await this.#machine.stat(this.#pruned);
    if (last && last.modifiedMs > Date.now() - pruneEveryMs) return;
    await this.#client.prune();
    await this.#machine.write(this.#pruned, '', { mode: '0600' });
  }

  place(key: string): string {
    return `${this.#repository} (restic, tag ${key})`;
  }

  file(): null {
    return null;
  }

  async #store(key: string, name: string, source: Source): Promise<ReturnType<ResticClient['stored']>> {
    await this.#client.prepare();
    const { stdout } = await this.#machine.pipe({
      commands: behind(source, this.#client.store(pathOf(key, name), [ours, key])),
    });
    return this.#client.stored(stdout);
  }

  /** Answers whether there was anything. */
  async #forget(key: string): Promise<boolean> {
    const found = await this.#client.snapshots(key);
    if (found.length > 0) await this.#client.forget(found.map(({ id }) => id));
    return found.length > 0;
  }
}

const pathOf = (key: string, name: string): string => `/${key}/${name}`;

async function detect(machine: Machine): Promise<Detected | null> {
  const { exitCode, stdout } = await machine.run({ ...query`restic version`, allow: [0, 1, 127], quiet: true });
  const version = /^restic (\S+)/.exec(stdout)?.[1];
  return exitCode === 0 && version !== undefined ? { engine: 'restic', version, options: {} } : null;
}
