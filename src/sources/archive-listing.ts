import type { BuildLimits } from '../model/platform-source.ts';
import { Problem } from '../model/problem.ts';
import { tooLarge } from './sandbox.ts';

/** Permissions, links, owner and group as numbers, size (or a device's numbers), time, name. */
const line = /^(?<kind>[-a-z])(?<mode>[-rwxsStT]{9})\S* +\d+ +\S+ +\S+ +(?<size>[\d,]+) +\w+ +\d+ +[\d:]+ (?<name>.*)$/;

/**
 * Reads what `bsdtar --numeric-owner -tvvv` says of an archive: one line for each entry (it writes control characters
 * as \n, \033), the format in the last one. Throws Problem 'invalid' for what no code base needs and an attack might,
 * 'too-large' for more than the limits. What it lets through is unpacked in a sandbox, and what came of it looked at again.
 */
export function mustBeHarmless(listing: string, archive: string, limits: BuildLimits): void {
  const lines = listing.split('\n').filter((one) => one !== '');
  const refuse = (why: string): Problem =>
    new Problem('invalid', `${archive} is refused: ${why}`, {
      hint: 'Nothing of it was unpacked. Make it anew from a directory of the code and nothing else.',
    });
  const format = /^Archive Format: ([^,]*),/.exec(lines.pop() ?? '')?.[1];
  // Some other formats can name files of the server as their content.
  if (!/^(GNU tar|POSIX|ZIP)/.test(format ?? '')) throw refuse(`it is neither tar nor zip (${format ?? 'unknown'})`);
  if (lines.length > limits.filesMax) throw tooLarge(archive, limits);
  let bytes = 0;
  for (const text of lines) {
    const found = line.exec(text)?.groups;
    if (!found) throw refuse(`its entry '${text.slice(0, 200)}' cannot be read`);
    const { kind = '', mode = '', size = '', name = '' } = found;
    const why = complaint(kind, mode, name);
    if (why !== null) throw refuse(why);
    bytes += Number(size);
    if (bytes > limits.bytesMax) throw tooLarge(archive, limits);
  }
}

const kinds: Readonly<Record<string, string>> = { b: 'a device', c: 'a device', p: 'a pipe', s: 'a socket' };

function complaint(kind: string, mode: string, shown: string): string | null {
  const name = shown.split(/ -> | link to /)[0]?.slice(0, 200) ?? '';
  if (!/[-dlh]/.test(kind)) return `'${name}' is ${kinds[kind] ?? `of the kind ${kind}`}`;
  if (/[sS]/.test(mode)) return `'${name}' would run as its owner (setuid or setgid)`;
  const hard = kind === 'h' ? (shown.split(' link to ')[1] ?? '') : '';
  for (const path of [name, hard]) {
    if (path.startsWith('/')) return `'${path}' is an absolute path`;
    if (path.split('/').includes('..')) return `'${path}' leads out of it`;
  }
  return null;
}
