import type { Call } from './gnu.ts';
import { lastValue, type Words } from './options.ts';
import { type TarMember, tarText } from './tar-format.ts';
import { Refused, trying, type UserFiles } from './user-files.ts';

export function createArchive(call: Call, words: Words): string {
  const given = [
    ...words.rest.map(({ word, at }) => ({ word, files: directoryAt(call, words, at) })),
    ...listed(call, words),
  ];
  if (given.length === 0) throw new Refused('Cowardly refusing to create an empty archive', 2);
  const isExcluded = exclusion(words);
  const members = given.flatMap(({ word, files }) => [...membersBelow(call, words, files, word, isExcluded)]);
  const owner = lastValue(words, 'owner')?.replace(/:\d+$/, '');
  const archive = tarText(owner === undefined ? members : members.map((member) => ({ ...member, owner })));
  const path = lastValue(words, 'file') ?? '-';
  if (path === '-') return archive;
  trying(`${path}: Cannot open`, () => call.files.write(path, archive), 2);
  return '';
}

/** Each -C counts for what comes behind it, from where the one before it led. */
export function directoryAt(call: Call, { values }: Words, at = Number.POSITIVE_INFINITY): UserFiles {
  const before = values.filter((value) => value.option === 'directory' && value.at < at);
  return before.reduce((files, { value }) => trying(`${value}: Cannot open`, () => files.in(value), 2), call.files);
}

/** The names of --files-from. */
function listed(call: Call, words: Words): readonly { readonly word: string; readonly files: UserFiles }[] {
  const end = words.flags.has('null') ? '\0' : '\n';
  return words.values
    .filter(({ option }) => option === 'files from')
    .flatMap(({ value, at }) => {
      const text = value === '-' ? call.stdin : trying(`${value}: Cannot open`, () => call.files.text(value), 2);
      const files = directoryAt(call, words, at);
      const isPlain = words.flags.has('null');
      const names = text
        .split(end)
        .filter((word) => word !== '')
        .map((word) => (isPlain ? word : unescaped(word)));
      return names.map((word) => ({ word, files }));
    });
}

/** Octal escapes are of bytes. */
const unescaped = (word: string): string =>
  Buffer.from(
    word.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))),
    'latin1',
  ).toString();

/** What cannot be read is complained of and left out. */
function* membersBelow(
  call: Call,
  words: Words,
  files: UserFiles,
  written: string,
  isExcluded: (name: string) => boolean,
): Generator<TarMember> {
  const path = written.replace(/(.)\/+$/, '$1');
  if (isExcluded(path)) return;
  let names: readonly string[] = [];
  try {
    const { member, below } = look(files, path);
    yield { ...member, name: words.flags.has('absolute') ? member.name : member.name.replace(/^\/+/, '') };
    names = words.flags.has('no recursion') ? [] : below();
  } catch (error) {
    call.complain('', error);
  }
  for (const name of names)
    yield* membersBelow(call, words, files, path === '/' ? `/${name}` : `${path}/${name}`, isExcluded);
}

function look(files: UserFiles, path: string): { readonly member: TarMember; readonly below: () => readonly string[] } {
  const file = files.look(path);
  if (!file) throw new Refused(`${path}: Cannot stat: No such file or directory`, 2);
  const { kind, mode, owner, group, modifiedMs } = file;
  const reading = <Result>(act: () => Result): Result => trying(`${path}: Cannot open`, act, 2);
  const text = kind === 'file' ? reading(() => files.text(path)) : file.text;
  const name = kind === 'directory' ? `${path}/` : path;
  const member = { name, kind, mode, owner, group, text, seconds: Math.floor(modifiedMs / 1_000) };
  return { member, below: () => (kind === 'directory' ? reading(() => files.names(path)) : []) };
}

/**
 * Of excludes * matches / too, unless it is told not to, and one without an anchor may begin behind any /. What is below one that is
 * excluded is so too, unless there is no recursion.
 */
export function exclusion({ values, flags }: Words): (name: string) => boolean {
  const star = flags.has('star stops') ? '[^/]*' : '.*';
  const patterns = values.filter(({ option }) => option === 'exclude').map(({ value }) => globSource(value, star));
  const start = flags.has('anchored') ? '^' : '(?:^|/)';
  const end = flags.has('no recursion') ? '$' : '(?:/|$)';
  const any = patterns.map((source) => new RegExp(`${start}${source}${end}`, 'su'));
  return (name) => any.some((pattern) => pattern.test(name));
}

const globSource = (pattern: string, star: string): string =>
  pattern.replace(/\/+$/, '').replace(/\\(.)|\[!([^\]]+)\]|[\s\S]/gu, (sign, escaped?: string, not?: string) => {
    if (not !== undefined) return `[^${not.replace(/[\\^\]]/g, '\\$&')}]`;
    if (sign === '*') return star;
    if (sign === '?') return '.';
    return (escaped ?? sign).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
