import { type Command, query } from '../../machine/command.ts';
import { Problem } from '../../model/problem.ts';
import { longMs } from './backups.ts';

export interface Member {
  /** Without './' before and '/' behind it; '' is the directory itself. Bytes that are no UTF-8 as tar writes them: '\377'. */
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'link';
  readonly sizeBytes: number;
}

export interface ListingLimits {
  readonly membersMax: number;
  /** Of all members together, as they would be when they are unpacked. */
  readonly bytesMax: number;
}

/** Says what is in the archive that it reads, in a form that no name can forge. */
export const listing = (more: readonly string[] = []): Command => ({
  ...query`tar --list --verbose --numeric-owner --full-time --quoting-style=c --absolute-names ${more}`,
  timeoutMs: longMs,
  quiet: true,
});

const line = new RegExp(
  [
    '^(?<type>.)(?<mode>.{9})\\S? \\S+ +(?<size>\\S+) \\S+ \\S+ ',
    '"(?<name>(?:[^"\\\\]|\\\\.)*)"(?: (?:->|link to) "(?<target>(?:[^"\\\\]|\\\\.)*)")?$',
  ].join(''),
);

/**
 * The members of an archive that somebody else made, from what `listing` said of it: ordinary files, directories, and
 * links that stay inside. Throws Problem 'invalid' for anything that could reach out of the directory that it is unpacked
 * to, that is more than the limits, or that no site needs: devices, setuid programs, names with control characters,
 * one name twice.
 */
export function readListing(text: string, whose: string, { membersMax, bytesMax }: ListingLimits): readonly Member[] {
  const refuse = (what: string): Problem =>
    new Problem('invalid', `${whose} holds ${what}`, {
      hint: 'An archive that was made for a site has none of this: nothing of it was unpacked.',
    });
  const members: Member[] = [];
  const seen = new Map<string, Member['kind']>();
  let bytes = 0;
  for (const row of text.split('\n')) {
    if (row === '') continue;
    const found = line.exec(row)?.groups;
    if (!found) throw refuse(`a member that cannot be read: ${shorten(row)}`);
    const member = memberOf(found, seen, refuse);
    members.push(member);
    // Directories that are only said by what is in them count too: none of them may turn out to be a link.
    for (let above = parent(member.name); above !== ''; above = parent(above)) seen.set(above, 'directory');
    seen.set(member.name, member.kind);
    bytes += member.sizeBytes;
    if (members.length > membersMax) throw refuse(`more than ${membersMax} members`);
    if (bytes > bytesMax) throw refuse(`more than ${Math.round(bytesMax / 1024 / 1024)} MB when it is unpacked`);
  }
  return members;
}

/** Octal digits from 200 on are bytes of names that are no UTF-8; what else tar writes with a backslash is a control character. */
const withoutControl = /^(?:[^\\]|\\["\\]|\\[23][0-7]{2})*$/;

type Refuse = (what: string) => Problem;

function memberOf(
  found: Readonly<Record<string, string | undefined>>,
  seen: ReadonlyMap<string, Member['kind']>,
  refuse: Refuse,
): Member {
  const { type = '', size = '', name: written = '' } = found;
  const name = plainName(written, refuse);
  const shown = `'${shorten(written)}'`;
  if (name === '' && type !== 'd') throw refuse('a member without a name');
  for (let above = parent(name); above !== ''; above = parent(above))
    if ((seen.get(above) ?? 'directory') !== 'directory')
      throw refuse(`${shown}, which lies below what is no directory`);
  if (seen.has(name) && !(type === 'd' && seen.get(name) === 'directory')) throw refuse(`${shown} twice`);
  const sizeBytes = type === '-' && /^\d+$/.test(size) ? Number(size) : 0;
  return { name, kind: kindOf(found, { name, shown, seen, refuse }), sizeBytes };
}

interface Judging {
  readonly name: string;
  readonly shown: string;
  readonly seen: ReadonlyMap<string, Member['kind']>;
  readonly refuse: Refuse;
}

function kindOf(
  { type, mode = '', target = '/' }: Readonly<Record<string, string | undefined>>,
  { name, shown, seen, refuse }: Judging,
): Member['kind'] {
  switch (type) {
    case 'd':
      return 'directory';
    case '-':
      if (/[sS]/.test(mode)) throw refuse(`${shown}, a program that runs as its owner`);
      return 'file';
    case 'h':
      if (seen.get(plainName(target, refuse)) !== 'file') throw refuse(`${shown}, a link to what is not in it`);
      return 'file';
    case 'l':
      if (!staysInside(name, target)) throw refuse(`${shown}, a link that leads out of it`);
      return 'link';
    default:
      throw refuse(`${shown}, which is neither a file nor a directory`);
  }
}

/** Throws for a name that is absolute, goes up, or has a control character in it. */
function plainName(written: string, refuse: Refuse): string {
  const shown = `'${shorten(written)}'`;
  if (written.startsWith('/')) throw refuse(`the absolute name ${shown}`);
  if (!withoutControl.test(written)) throw refuse(`a control character in the name ${shown}`);
  const parts = written.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw refuse(`the name ${shown}, which goes up`);
  if (written.length > 4000 || parts.some((part) => part.length > 1000)) throw refuse(`a name that is too long`);
  return parts.join('/');
}

/**
 * A link may say '../files/x' as long as that is still in the archive. It may not go up behind a name: that name could be a
 * link itself, and then 'up' is somewhere else.
 */
function staysInside(name: string, target: string): boolean {
  if (target === '' || target.startsWith('/') || !withoutControl.test(target)) return false;
  const [, up = '', rest = ''] = /^((?:\.\.?(?:\/+|$))*)(.*)$/s.exec(target) ?? [];
  if (rest.split('/').includes('..')) return false;
  const ups = up.split('/').filter((part) => part === '..').length;
  return ups <= name.split('/').length - 1;
}

const parent = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('/')));
const shorten = (text: string): string => (text.length > 100 ? `${text.slice(0, 97)}…` : text);
