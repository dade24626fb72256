import type { MemoryFile } from '../machine/memory-world.ts';
import { type Call, gnu } from './gnu.ts';
import { lastValue, readWords } from './options.ts';
import { bits, modeText, No, Refused, trying, type UserFiles, umask } from './user-files.ts';

/**
 * cp in memory, of files, links and trees: `--recursive`, `--archive`, `--preserve` (mode, ownership, timestamps, all),
 * `--no-dereference`, `--dereference`, `--no-target-directory`, `--target-directory`, `--no-clobber`, `--update`, `--force`, and without a
 * difference here `--reflink`, `--sparse` and `--one-file-system`.
 */
export const cp = gnu('cp', (call) => {
  const words = readWords(call.argv, understood);
  const { flags } = words;
  const archive = flags.has('archive');
  const kept = (lastValue(words, 'preserve') ?? (flags.has('preserve') ? 'mode,ownership,timestamps' : '')).split(',');
  const keeps = (what: string): boolean => archive || kept.includes(what) || kept.includes('all');
  const how: How = {
    recursive: archive || flags.has('recursive'),
    // A tree is copied with its links, whatever its top is.
    follow: flags.has('all links') || !(archive || flags.has('links') || flags.has('recursive')),
    followAll: flags.has('all links'),
    mode: keeps('mode'),
    owner: keeps('ownership'),
    times: keeps('timestamps'),
    newer: flags.has('update'),
    never: flags.has('no clobber'),
    force: flags.has('force'),
  };
  for (const { from, to } of pairs(
    call,
    words.rest.map(({ word }) => word),
    lastValue(words, 'target'),
    flags.has('no target directory'),
  ))
    copy(call, from, to, how);
  return '';
});

const understood = {
  flags: {
    '-a': 'archive',
    '--archive': 'archive',
    '-r': 'recursive',
    '-R': 'recursive',
    '--recursive': 'recursive',
    '-p': 'preserve',
    '--preserve': 'preserve',
    '-d': 'links',
    '-P': 'links',
    '--no-dereference': 'links',
    '-L': 'all links',
    '--dereference': 'all links',
    '-T': 'no target directory',
    '--no-target-directory': 'no target directory',
    '-n': 'no clobber',
    '--no-clobber': 'no clobber',
    '-u': 'update',
    '--update': 'update',
    '-f': 'force',
    '--force': 'force',
    '-x': '',
    '--one-file-system': '',
    '--reflink': '',
  },
  values: { '-t': 'target', '--target-directory': 'target', '--preserve': 'preserve', '--reflink': '', '--sparse': '' },
} as const;

interface How {
  readonly recursive: boolean;
  readonly follow: boolean;
  readonly followAll: boolean;
  readonly mode: boolean;
  readonly owner: boolean;
  readonly times: boolean;
  readonly newer: boolean;
  readonly never: boolean;
  readonly force: boolean;
}

interface Pair {
  readonly from: string;
  readonly to: string;
}

function pairs(
  { files }: Call,
  given: readonly string[],
  target: string | undefined,
  isPlain: boolean,
): readonly Pair[] {
  const sources = target === undefined ? given.slice(0, -1) : given;
  const to = target ?? given.at(-1);
  if (to === undefined) throw new Refused('missing file operand');
  if (sources.length === 0) throw new Refused(`missing destination file operand after '${to}'`);
  const [from = '', ...others] = sources;
  if (isPlain && others.length > 0) throw new Refused(`extra operand '${to}'`);
  const there = files.world.get(files.path(to, 'follow'));
  const isDirectory = there?.kind === 'directory';
  if (isPlain || (!isDirectory && others.length === 0 && target === undefined)) return [{ from, to }];
  if (!isDirectory) throw new Refused(`target '${to}': ${new No(there ? 'ENOTDIR' : 'ENOENT').message}`);
  return sources.map((source) => ({ from: source, to: `${to}/${source.replace(/\/+$/, '').split('/').at(-1)}` }));
}

function copy(call: Call, from: string, to: string, how: How): void {
  const { files } = call;
  try {
    const path = trying(`cannot stat '${from}'`, () => files.path(from, how.follow ? 'follow' : 'keep'));
    const source = files.world.get(path);
    if (!source) throw new Refused(`cannot stat '${from}': No such file or directory`);
    if (source.kind === 'directory') {
      tree(call, files.look(from)?.kind === 'link' ? path : from, to, how);
      return;
    }
    const there = files.look(to);
    if (there && (how.never || (how.newer && there.modifiedMs >= source.modifiedMs))) return;
    if (there?.kind === 'directory') throw new Refused(`cannot overwrite directory '${to}' with non-directory`);
    if (source.kind === 'link') link(call, to, source.text);
    else file(call, from, to, how);
    like(call, source, to, how);
  } catch (error) {
    call.complain('', error);
  }
}

function link({ files }: Call, to: string, target: string): void {
  trying(`cannot create symbolic link '${to}'`, () => {
    if (files.look(to)) files.remove(to);
    files.make(to, { kind: 'link', text: target, mode: '0777' });
  });
}

function file({ files }: Call, from: string, to: string, { force }: How): void {
  const text = trying(`cannot open '${from}' for reading`, () => files.text(from));
  trying(`cannot create regular file '${to}'`, () => {
    const there = files.look(to);
    if (there?.kind === 'link' || (force && there && !files.may(there, 'w'))) files.remove(to);
    const mode = bits(files.world.get(files.path(from, 'follow'))?.mode ?? '0') & 0o777 & ~umask;
    if (files.look(to)) files.write(to, text);
    else files.make(to, { kind: 'file', text, mode: modeText(mode) });
  });
}

function tree(call: Call, from: string, to: string, how: How): void {
  const { files } = call;
  if (!how.recursive) throw new Refused(`-r not specified; omitting directory '${from}'`);
  const [source, there] = [files.look(from), files.look(to)];
  if (!source) return;
  if (there && there.kind !== 'directory')
    throw new Refused(`cannot overwrite non-directory '${to}' with directory '${from}'`);
  const plain = bits(source.mode) & 0o777 & ~umask;
  if (!there)
    trying(`cannot create directory '${to}'`, () =>
      files.make(to, { kind: 'directory', text: '', mode: modeText(plain | 0o700) }),
    );
  try {
    const names = trying(`cannot access '${from}'`, () => files.names(from));
    for (const name of names) copy(call, `${from}/${name}`, `${to}/${name}`, { ...how, follow: how.followAll });
  } catch (error) {
    call.complain('', error);
  }
  like(call, source, to, how);
  const made = files.look(to);
  // Until all was in it, who copies had all rights.
  if (!there && !how.mode && made) files.chmod(to, plain | (bits(made.mode) & 0o2000));
}

/** What is kept of the source. That somebody else's cannot be given away is fine, that times and modes cannot be set is not. */
function like({ files }: Call, source: MemoryFile, to: string, how: How): void {
  if (how.times) trying(`preserving times for '${to}'`, () => files.touch(to, source.modifiedMs));
  const isOwned = how.owner && owned(files, to, source);
  if (source.kind === 'link' || !how.mode) return;
  const all = bits(source.mode);
  // No program may run as somebody else for having been copied.
  const mode = how.owner && !isOwned && source.kind === 'file' ? all & 0o1777 : all;
  trying(`preserving permissions for '${to}'`, () => files.chmod(to, mode));
}

function owned(files: UserFiles, to: string, { owner, group }: MemoryFile): boolean {
  const now = files.look(to)?.owner ?? owner;
  for (const whose of [owner, now])
    try {
      files.chown(to, whose, group);
      return whose === owner;
    } catch (error) {
      if (!(error instanceof No)) throw error; // As the real one: what it may not give away stays with who copied it.
    }
  return false;
}
