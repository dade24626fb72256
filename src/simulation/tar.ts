import { type Call, gnu } from './gnu.ts';
import { lastValue, readWords, type Words } from './options.ts';
import { createArchive, directoryAt, exclusion } from './tar-create.ts';
import { placeMember } from './tar-extract.ts';
import { idOf, type TarMember, tarMembers } from './tar-format.ts';
import { bits, Refused, trying, type UserFiles } from './user-files.ts';

/**
 * tar in memory, with archives in the real format. Names in a directory are taken in their order. It understands
 *
 * - one of `--create`, `--extract`, `--list`, with `--file` (`-`, which is the default, is standard input or output), `--directory`,
 *   `--verbose`, `--owner=<name>:<number>`, `--exclude` (with `--anchored`, `--no-wildcards-match-slash` or not), `--files-from` (`-` too; with `--null`, else with octal escapes in it), `--no-recursion`, `--strip-components`;
 * - owners and modes: `--preserve-permissions`, `--same-owner`, `--no-same-owner`, `--touch`;
 * - `--to-stdout`, `--occurrence=<n>`, and names of members to take;
 * - in listings `--quoting-style=c`, `--full-time`, `--numeric-owner`;
 * - and, without a difference here: `--hard-dereference`, `--ignore-failed-read`, `--absolute-names`, `--format=pax|gnu|posix`, `--sort=name`, `--sparse`, `--one-file-system`,
 *   `--force-local`, `--utc`, `--delay-directory-restore`, `--verbatim-files-from`.
 *
 * Hard links become copies. Extended attributes, and files that change while they are read, are not there.
 */
export const tar = gnu('tar', (call) => {
  const words = readWords(call.argv, understood, 64);
  const verbs = ['create', 'extract', 'list'].filter((verb) => words.flags.has(verb));
  const all = "'-Acdtrux', '--delete' or";
  if (verbs.length === 0) throw new Refused(`You must specify one of the ${all} '--test-label' options`, 2);
  if (verbs.length > 1) throw new Refused(`You may not specify more than one ${all}  '--test-label' option`, 2);
  if (verbs[0] === 'create') return createArchive(call, words);
  return verbs[0] === 'list' ? list(call, words) : extract(call, words);
});

const alias = (meaning: string, ...words: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(words.map((word) => [word, meaning]));

const understood = {
  flags: {
    ...alias('create', '-c', '--create'),
    ...alias('extract', '-x', '--extract', '--get'),
    ...alias('list', '-t', '--list'),
    ...alias('verbose', '-v', '--verbose'),
    ...alias('to stdout', '-O', '--to-stdout'),
    ...alias('modes', '-p', '--preserve-permissions', '--same-permissions'),
    ...alias('same owner', '--same-owner'),
    ...alias('no owner', '--no-same-owner'),
    ...alias('touch', '-m', '--touch'),
    ...alias('numeric', '--numeric-owner'),
    ...alias('full time', '--full-time'),
    ...alias('occurrence', '--occurrence'),
    ...alias('anchored', '--anchored'),
    ...alias('star stops', '--no-wildcards-match-slash'),
    ...alias('null', '--null'),
    ...alias('no recursion', '--no-recursion'),
    ...alias('absolute', '-P', '--absolute-names'),
    ...alias(
      '',
      '-S',
      '--sparse',
      '--hard-dereference',
      '--ignore-failed-read',
      '--one-file-system',
      '--force-local',
      '--utc',
      '--utc',
      '--delay-directory-restore',
      '--verbatim-files-from',
    ),
  },
  values: {
    ...alias('file', '-f', '--file'),
    ...alias('directory', '-C', '--directory'),
    ...alias('exclude', '--exclude'),
    ...alias('files from', '-T', '--files-from'),
    ...alias('strip', '--strip-components'),
    ...alias('owner', '--owner'),
    ...alias('quoting', '--quoting-style'),
    ...alias('format', '--format'),
    ...alias('sort', '--sort'),
    ...alias('occurrence', '--occurrence'),
  },
};

function archiveOf(call: Call, words: Words): readonly TarMember[] {
  const path = lastValue(words, 'file') ?? '-';
  return tarMembers(path === '-' ? call.stdin : trying(`${path}: Cannot open`, () => call.files.text(path), 2));
}

/** Those that were asked for by name, with all that is below them. */
function chosen(call: Call, words: Words): readonly TarMember[] {
  const names = words.rest.map(({ word }) => word.replace(/\/+$/, ''));
  const isExcluded = exclusion(words);
  const plain = (name: string): string => name.replace(/\/+$/, '');
  const members = archiveOf(call, words).filter(({ name }) => !isExcluded(plain(name)));
  if (names.length === 0) return members;
  const nth = Number(lastValue(words, 'occurrence') ?? (words.flags.has('occurrence') ? 1 : 0));
  return names.flatMap((wanted) => {
    const found = members.filter(({ name }) => plain(name) === wanted || name.startsWith(`${wanted}/`));
    const [mine, below] = [
      found.filter(({ name }) => plain(name) === wanted),
      found.filter(({ name }) => plain(name) !== wanted),
    ];
    const taken = nth === 0 ? found : [...mine.slice(nth - 1, nth), ...below];
    if (taken.length === 0) call.complain('', new Refused(`${wanted}: Not found in archive`, 2));
    return taken;
  });
}

function extract(call: Call, words: Words): string {
  const members = chosen(call, words);
  if (words.flags.has('to stdout')) return members.map(({ kind, text }) => (kind === 'file' ? text : '')).join('');
  const files = directoryAt(call, words);
  const later: (() => void)[] = [];
  for (const member of members) {
    const name = placeOf(member, words);
    if (name === null) continue;
    const how = {
      modes: words.flags.has('modes') || files.user === 'root',
      touch: words.flags.has('touch'),
      owner: hasOwner(files, words),
    };
    placeMember(files, { ...member, name }, how, (what, error) => call.complain(what, error), later);
  }
  // Directories get their modes when all is in them.
  for (const finish of later.toReversed()) finish();
  return words.flags.has('verbose') ? members.map(({ name }) => `${quoted(name, words)}\n`).join('') : '';
}

const hasOwner = ({ user }: UserFiles, { flags }: Words): boolean =>
  !flags.has('no owner') && (user === 'root' || flags.has('same owner'));

/** Where it goes, or null if nothing is left of its name. */
function placeOf({ name }: TarMember, words: Words): string | null {
  const parts = name.replace(/\/+$/, '').split('/');
  if (parts.includes('..')) throw new Refused(`${name}: Member name contains '..'`, 2);
  const left = parts.slice(Number(lastValue(words, 'strip') ?? 0)).join('/');
  if (left === '') return null;
  return words.flags.has('absolute') ? left : left.replace(/^\/+/, '');
}

function list(call: Call, words: Words): string {
  const members = chosen(call, words);
  if (!words.flags.has('verbose')) return members.map(({ name }) => `${quoted(name, words)}\n`).join('');
  // As wide as what was listed so far needs it.
  let width = 19;
  return members
    .map((member) => {
      const { whose, size, before, time } = details(member, words);
      width = Math.max(width, whose.length + 1 + size.length);
      return `${before} ${whose} ${size.padStart(width - whose.length - 1)} ${time} ${quoted(member.name, words)}${targetOf(member, words)}\n`;
    })
    .join('');
}

const targetOf = ({ kind, text }: TarMember, words: Words): string => {
  if (kind === 'link') return ` -> ${quoted(text, words)}`;
  return kind === 'hard' ? ` link to ${quoted(text, words)}` : '';
};

const letters = { file: '-', directory: 'd', link: 'l', hard: 'h', other: 'p' } as const;

function details({ kind, mode, owner, group, text, seconds }: TarMember, { flags }: Words) {
  const who = (name: string): string => (flags.has('numeric') ? String(idOf(name)) : name);
  return {
    before: `${letters[kind]}${lettersOf(bits(mode))}`,
    whose: `${who(owner)}/${who(group)}`,
    size: String(kind === 'file' ? Buffer.byteLength(text) : 0),
    time: new Date(seconds * 1_000)
      .toISOString()
      .replace('T', ' ')
      .slice(0, flags.has('full time') ? 19 : 16),
  };
}

/** 'rwxr-s---' */
function lettersOf(mode: number): string {
  const plain = [6, 3, 0]
    .map((shift) => ['r', 'w', 'x'].map((letter, at) => ((mode >> shift) & (4 >> at) ? letter : '-')).join(''))
    .join('');
  const set = (text: string, at: number, letter: string): string =>
    text.slice(0, at) + (text[at] === 'x' ? letter : letter.toUpperCase()) + text.slice(at + 1);
  let shown = plain;
  if (mode & 0o4000) shown = set(shown, 2, 's');
  if (mode & 0o2000) shown = set(shown, 5, 's');
  if (mode & 0o1000) shown = set(shown, 8, 't');
  return shown;
}

const octal = (sign: string): string => `\\${sign.charCodeAt(0).toString(8).padStart(3, '0')}`;
const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\\': '\\\\' };

function quoted(name: string, words: Words): string {
  const isC = lastValue(words, 'quoting') === 'c';
  const plain = name.replace(/[\p{Cc}\\]/gu, (sign) => escapes[sign] ?? octal(sign));
  return isC ? `"${plain.replaceAll('"', '\\"')}"` : plain;
}
