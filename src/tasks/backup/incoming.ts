import { type Command, query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import { type Manifest, manifestBytesMax, type PartName, partNames, readManifest } from '../../model/backup.ts';
import { Problem } from '../../model/problem.ts';
import { behind, longMs, type Source } from '../../services/backup/backups.ts';
import { listing, type Member, readListing } from '../../services/backup/tar-listing.ts';

export interface Limits {
  /** Of a part, or of a whole archive of another host. */
  readonly membersMax: number;
  /** Of all that is in it, unpacked. */
  readonly bytesMax: number;
}

/** What was found in an archive of our own form. */
export interface Incoming {
  readonly manifest: Manifest;
  /** Things that who imports it should know, in sentences. */
  readonly notes: readonly string[];
}

/** What `listed` (a pipe that ends in `listing`) says of an archive, checked, whoever made it. Throws Problem 'invalid'. */
export async function membersOf(
  machine: Machine,
  listed: Source,
  whose: string,
  limits: Limits,
): Promise<readonly Member[]> {
  const { stdout } = await machine.pipe({ commands: listed }).catch((error: unknown) => {
    throw unreadable(whose, error);
  });
  return readListing(stdout, whose, limits);
}

/** An archive has these members and no other, or it is not one of ours. */
export function isOurs(members: readonly Member[]): boolean {
  const known = new Set([...partNames.map((name) => `${name}.zst`), 'manifest.json']);
  return (
    members.some(({ name }) => name === 'manifest.json') &&
    members.every(({ name, kind }) => known.has(name) && kind === 'file')
  );
}

/**
 * Reads every byte of an archive of ours that came from elsewhere, and believes nothing: the checksums, what is in each part,
 * and how much that is. Changes nothing.
 * Throws Problem 'invalid', or 'too-large' for more than the limits.
 */
export async function lookInto(
  machine: Machine,
  path: string,
  members: readonly Member[],
  limits: Limits,
): Promise<Incoming> {
  const text = members.find(({ name }) => name === 'manifest.json');
  if (!text || text.sizeBytes > manifestBytesMax) throw broken('its manifest is too large');
  const manifest = readManifest(
    (await machine.pipe({ commands: [member(path, 'manifest.json')] })).stdout,
    'the upload',
  );
  const listed = manifest.parts.map(({ name }) => `${name}.zst`).toSorted();
  const there = members
    .map(({ name }) => name)
    .filter((name) => name !== 'manifest.json')
    .toSorted();
  if (listed.join() !== there.join())
    throw broken(`its manifest names ${listed.join(', ')}, and there is ${there.join(', ') || 'nothing'}`);
  const notes: string[] = [];
  let left = limits.bytesMax;
  for (const { name, stored, restoredBytes } of manifest.parts) {
    const { stdout } = await machine.pipe({
      commands: [member(path, `${name}.zst`), { ...query`b2sum`, timeoutMs: longMs }],
    });
    if (stored.as !== 'zstd' || stdout.slice(0, 128) !== stored.blake2b)
      throw broken(`the part '${name}' is not what its manifest says`);
    const bytes = await unpackedBytes(machine, readPart(path, name), name, { ...limits, bytesMax: left }, notes);
    // Sizes are those on a disk, where small files fill blocks; more than that is a lie about how much there is.
    if (name !== 'settings' && bytes > restoredBytes * 2 + 64 * 1024 * 1024)
      throw broken(`the part '${name}' is much larger than its manifest says`);
    left -= bytes;
  }
  return { manifest, notes };
}

export const readPart = (path: string, name: PartName): Source => [
  member(path, `${name}.zst`),
  { ...query`zstd --decompress --stdout --quiet`, timeoutMs: longMs, quiet: true },
];

const member = (path: string, name: string): Command => ({
  ...query`tar --extract --to-stdout --occurrence=1 --file=${path} ${name}`,
  timeoutMs: longMs,
  quiet: true,
});

async function unpackedBytes(
  machine: Machine,
  source: Source,
  name: PartName,
  limits: Limits,
  notes: string[],
): Promise<number> {
  if (name === 'database' || name === 'settings') {
    // One more than is allowed is enough to know.
    const counting = [query`head --bytes=${limits.bytesMax + 1}`, query`wc --bytes`].map((one) => ({
      ...one,
      timeoutMs: longMs,
    }));
    const bytes = Number((await machine.pipe({ commands: behind(source, ...counting) })).stdout);
    if (bytes > limits.bytesMax) throw tooLarge(limits);
    return bytes;
  }
  const members = await membersOf(machine, behind(source, listing()), `its part '${name}'`, limits);
  demandPlaces(members, name);
  notes.push(...notesOn(members, name));
  return members.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** A part brings what it is called after, and nothing for another. */
function demandPlaces(members: readonly Member[], part: 'files' | 'private' | 'code'): void {
  const isWritten = (name: string): boolean => /^(?:files|private)(?:\/|$)/.test(name);
  const wrong = members.find(({ name }) =>
    part === 'code' ? isWritten(name) : name !== part && !name.startsWith(`${part}/`),
  );
  if (wrong) throw broken(`the part '${part}' holds '${wrong.name}', which does not belong there`);
}

/** Everything that a web server, or its PHP, might take for a program. */
const program = /\.(?:php\d?|phtml|phar|cgi|pl|py|sh)$/i;

export function notesOn(members: readonly Member[], part: string): readonly string[] {
  if (part === 'code') return [];
  const programs = members.filter(({ name, kind }) => kind === 'file' && program.test(name));
  if (programs.length === 0) return [];
  return [
    `${programs.length} files in ${part}/ are programs (${programs[0]?.name}): they are kept, and the web server runs none of them there`,
  ];
}

const broken = (why: string): Problem =>
  new Problem('invalid', `the upload is no backup that can be used: ${why}`, {
    hint: 'Export it again where it comes from, and send that.',
  });

const tooLarge = ({ bytesMax }: Limits): Problem =>
  new Problem('too-large', `the upload holds more than ${Math.round(bytesMax / 1024 / 1024)} MB when it is unpacked`, {
    hint: 'The setting backup.unpacked-max-mb says how much may be in one.',
  });

const unreadable = (whose: string, cause: unknown): unknown =>
  cause instanceof Problem && cause.code === 'command-failed'
    ? new Problem('invalid', `${whose} cannot be read as a tar archive`, {
        hint: 'It is damaged or cut off, or something else: send it again.',
        cause,
      })
    : cause;
