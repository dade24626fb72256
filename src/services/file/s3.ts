import { z } from 'zod';
import { command } from '../../machine/command.ts';
import type { Output } from '../../machine/machine.ts';
import type { Changes } from '../../machine/put.ts';
import { Secret } from '../../model/secret.ts';
import { engine } from '../engine.ts';
import { runExplained } from './far-problem.ts';
import { FilesOnShelf } from './files-on-shelf.ts';
import { type Client, passing } from './passing.ts';
import type { OnShelf, Shelf, Shelved } from './shelf.ts';

const word = z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be printable and without blanks');

const options = z.object({
  endpoint: z
    .string()
    .max(300)
    .regex(/^https?:\/\/[A-Za-z0-9.:[\]-]+$/, "must be a URL without a path, as 'https://s3.example.com'")
    .describe('Where the store answers'),
  bucket: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]$/, 'must be the name of a bucket')
    .describe('Made if it is not there and the key may'),
  prefix: z
    .string()
    .max(200)
    .regex(/^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)*$/, "must be plain, and end with '/'")
    .default('')
    .describe('Before every name'),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/)
    .default('us-east-1'),
  accessKeyId: word,
  secretAccessKey: word,
});
type Options = z.output<typeof options>;

export const s3 = engine({
  type: 'file',
  name: 's3',
  title: 'A bucket of an S3 store, by rclone',
  options,
  programs: { rclone: 'rclone' },
  secrets: ['accessKeyId', 'secretAccessKey'],
  open(client, given) {
    return new FilesOnShelf(client, new S3(client, given));
  },
});

/** An object is there whole or not at all, whatever it is made of: so the protocol says. */
class S3 implements Shelf {
  readonly #client: Client;
  readonly #options: Options;

  constructor(client: Client, given: Options) {
    this.#client = client;
    this.#options = given;
  }

  place(file: string): string {
    const { endpoint, bucket, prefix } = this.#options;
    return `${endpoint}/${bucket}/${prefix}${file}`;
  }

  async prepare(): Promise<Changes> {
    const { bucket } = this.#options;
    const { exitCode } = await this.#rclone((store) => ['lsjson', '--max-depth=1', `${store}${bucket}`], {
      allow: [0, notFound],
    });
    if (exitCode === 0) return [];
    await this.#rclone((store) => ['mkdir', `${store}${bucket}`], { makesBucket: true });
    return [`made the bucket ${bucket}`];
  }

  async put(files: readonly Shelved[]): Promise<void> {
    for (const { file, from } of files)
      await this.#rclone((store) => ['copyto', '--ignore-times', from, store + this.#key(file)]);
  }

  async get(files: readonly string[], to: string): Promise<void> {
    const { machine } = this.#client;
    for (const file of files) {
      await this.#rclone((store) => ['copyto', store + this.#key(file), `${to}/${file}`]);
      // Of an object that there is not it makes nothing and says nothing.
      if (await machine.stat(`${to}/${file}`)) await machine.run(command`chmod 0600 ${to}/${file}`);
    }
  }

  async list(): Promise<readonly OnShelf[]> {
    const { bucket, prefix } = this.#options;
    const words = ['lsjson', '--files-only', '--no-modtime', '--no-mimetype'];
    const { stdout, exitCode } = await this.#rclone((store) => [...words, `${store}${bucket}/${prefix}`], {
      allow: [0, notFound],
    });
    if (exitCode !== 0) return []; // A prefix with nothing below it is not there.
    return listing.parse(JSON.parse(stdout)).map(({ Name: file, Size: bytes }) => ({ file, bytes }));
  }

  async remove(files: readonly string[]): Promise<void> {
    const { bucket, prefix } = this.#options;
    const these = files.flatMap((file) => ['--include', `/${file}`]);
    await this.#rclone((store) => ['delete', ...these, `${store}${bucket}/${prefix}`], { allow: [0, notFound] });
  }

  /** No store says. */
  async freeBytes(): Promise<null> {
    return null;
  }

  #key(file: string): string {
    return `${this.#options.bucket}/${this.#options.prefix}${file}`;
  }

  /** Its keys are in a file that only we can read, while it runs. */
  #rclone(
    words: (store: string) => readonly string[],
    { allow = [0], makesBucket = false }: How = {},
  ): Promise<Output> {
    const { endpoint, region, accessKeyId, secretAccessKey, bucket } = this.#options;
    const { machine } = this.#client;
    const text = `[store]
type = s3
provider = Other
env_auth = false
endpoint = ${endpoint}
region = ${region}
access_key_id = ${accessKeyId}
secret_access_key = ${secretAccessKey}
no_check_bucket = ${makesBucket}
`;
    return passing(this.#client, async (directory) => {
      await machine.write(`${directory}/rclone.conf`, new Secret(text), { mode: '0600' });
      const asked = command`${['rclone', `--config=${directory}/rclone.conf`, ...patience, ...words('store:')]}`;
      const at = { place: `${endpoint}/${bucket}`, program: 'rclone', package: 'rclone' };
      return runExplained(machine, { ...asked, dryStdout: '[]' }, at, allow);
    });
  }
}

interface How {
  readonly allow?: readonly number[];
  /** A key that may not even look for buckets can use one all the same. */
  readonly makesBucket?: boolean;
}

const patience = ['--retries=2', '--low-level-retries=3', '--contimeout=10s', '--timeout=120s'];
/** What rclone says by how it ends (rclone.org/docs/#exit-code): there is no such directory. */
const notFound = 3;
const listing = z.array(z.object({ Name: z.string(), Size: z.int() }));
