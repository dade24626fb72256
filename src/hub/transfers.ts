import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rm, stat, statfs } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { Problem } from '../model/problem.ts';
import { within } from './within.ts';

// Files on their way into the hub's machine and out of it: the only ones that the hub itself reads and writes. Their names are ours.

/** Kept free while a file comes in: a disk that is full stops the hub's own database. */
const spareBytes = 512 * 1024 * 1024;
/** How often that is looked at. */
const lookEveryBytes = 64 * 1024 * 1024;
/** Between two pieces of a file. */
const silentMaxMs = 60_000;

/**
 * Writes what comes in to a new file, as it comes, and answers its name: it is whole, and on the disk.
 * Throws Problem 'too-large', 'disk-full', 'timeout' or 'invalid' (the caller was gone, or sent nothing), and leaves nothing.
 */
export async function receive(
  directory: string,
  body: ReadableStream<Uint8Array> | null,
  bytesMax: number,
): Promise<{ readonly name: string; readonly bytes: number }> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const name = `upload-${randomBytes(12).toString('base64url')}`;
  const path = `${directory}/${name}`;
  const file = await open(path, 'wx', 0o600);
  try {
    const bytes = await writeAll(file, directory, body, bytesMax);
    await file.sync();
    if (bytes === 0) throw new Problem('invalid', 'there is no file in the request', { hint: 'Send it as its body.' });
    return { name, bytes };
  } catch (error) {
    await rm(path, { force: true });
    throw known(error, directory);
  } finally {
    await file.close();
  }
}

async function writeAll(
  file: FileHandle,
  directory: string,
  body: ReadableStream<Uint8Array> | null,
  bytesMax: number,
): Promise<number> {
  let bytes = 0;
  let lookAt = 0;
  const reader = body?.getReader();
  for (;;) {
    const piece = reader && (await within(silentMaxMs, reader.read()));
    if (!piece || piece.done) return bytes;
    bytes += piece.value.byteLength;
    if (bytes > bytesMax)
      throw new Problem('too-large', `the file is larger than ${Math.round(bytesMax / 1024 / 1024)} MB`, {
        hint: 'The setting backup.upload-max-mb says how large one may be.',
      });
    if (bytes > lookAt) {
      await demandSpare(directory);
      lookAt = bytes + lookEveryBytes;
    }
    await file.writeFile(piece.value);
  }
}

async function demandSpare(directory: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize > spareBytes + lookEveryBytes) return;
  throw new Problem('disk-full', `there is not enough space left in ${directory} on the hub's machine`, {
    hint: 'Free some space there: 512 MB must be left over.',
  });
}

function known(error: unknown, directory: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (error instanceof Problem) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new Problem('disk-full', `there is no space left in ${directory} on the hub's machine`, { cause: error });
  // The connection broke: nobody reads the answer, and it is no fault of ours.
  if (code === 'ECONNRESET' || code === 'ABORT_ERR' || (error instanceof Error && error.name === 'AbortError'))
    return new Problem('invalid', 'the file did not arrive whole', { hint: 'Send it again.', cause: error });
  return error;
}

/** The file as a stream; null where it is not, or not any more. */
export async function give(
  directory: string,
  name: string,
): Promise<{ readonly stream: ReadableStream; readonly bytes: number } | null> {
  const path = `${directory}/${name}`;
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return null;
  });
  if (!found?.isFile()) return null;
  const stream = Readable.toWeb(createReadStream(path, { highWaterMark: 256 * 1024 })) as ReadableStream; // the same, typed twice
  return { stream, bytes: found.size };
}

export const forget = (directory: string, name: string): Promise<void> => rm(`${directory}/${name}`, { force: true });

/** What has lain there for longer, however it came to be there. Answers how many went. */
export async function forgetOld(directory: string, olderThanMs: number): Promise<number> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return [];
  });
  let count = 0;
  for (const name of names) {
    const found = await stat(`${directory}/${name}`).catch(() => null); // Somebody else has removed it meanwhile.
    if (!found || found.mtimeMs > Date.now() - olderThanMs) continue;
    await rm(`${directory}/${name}`, { recursive: true, force: true });
    count++;
  }
  return count;
}
