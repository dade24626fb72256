import type { FileMode, FileStat, Find } from './machine.ts';

// What runs on the far side. All scripts are constant; what varies comes as arguments or on stdin.

/** ssh itself failed, and not the program we asked it to run. */
export const sshFailed = 255;
/** A program that ends with 255, as PHP does on an error, must not look like it. */
export const programSaid255 = 254;
export const noDirectory = 253;
/** Of timeout(1). */
export const timedOut = 124;

/**
 * cwd or '', seconds, program, arguments… timeout(1) makes a process group of its own, but only waits for the program itself:
 * what that has started and does not want to end is killed after it. (A program in the background loses its stdin, hence 3.)
 */
export const run = `
[ -z "$1" ] || cd -- "$1" 2>/dev/null || exit ${noDirectory}
shift
exec 3<&0
timeout --kill-after=2 "$@" <&3 3<&- &
group=$!
exec 3<&- </dev/null
wait $group
code=$?
[ $code = ${timedOut} ] && kill -s KILL -- -$group 2>/dev/null
[ $code = ${sshFailed} ] && exit ${programSaid255}
exit $code`;

export const read = 'exec cat -- "$1"';

/** Each file as one record with its name, by a single program; files without any byte have no record in grep. */
export const readMany = `
LC_ALL=C grep -azZH '' -- "$@"
for path do if [ -f "$path" ] && [ ! -s "$path" ]; then printf '%s\\0\\0' "$path"; fi; done
exit 0`;

/**
 * path, temporary path, bytes, mode, group or ''. A connection that breaks looks like the end of the text,
 * so the size decides whether all of it arrived.
 */
export const write = `
umask 077
trap 'rm -f -- "$2"' EXIT
dd of="$2" bs=65536 conv=excl,fsync status=none || exit 1
[ "$(stat -c %s -- "$2")" = "$3" ] || { echo 'the text did not arrive whole' >&2; exit 1; }
[ -z "$5" ] || chgrp -- "$5" "$2" || exit 1
chmod -- "$4" "$2" || exit 1
mv -fT -- "$2" "$1" || exit 1
trap - EXIT`;

/** path, offset, bytes. Only bytes that are there. */
export const writeAt = `
[ ! -L "$1" ] || { echo 'Too many levels of symbolic links' >&2; exit 1; }
size=$(stat -c %s -- "$1") || exit 1
[ $(($2 + $3)) -le "$size" ] || { echo 'It is not that long' >&2; exit 1; }
exec dd of="$1" bs=65536 seek="$2" conv=notrunc,nocreat,fsync oflag=seek_bytes,nofollow status=none`;

/** path, mode, group or ''. */
export const makeDirectory = `
[ ! -L "$1" ] || { echo 'Too many levels of symbolic links' >&2; exit 1; }
umask 022
mkdir -p -m 0700 -- "$1" || exit 1
[ -z "$3" ] || chgrp -- "$3" "$1" || exit 1
chmod -- "$2" "$1"`;

/** from, to, the directory of to. mv alone would copy to another file system, and could then stop half way. */
export const move = `
from=$(stat -c %d -- "$1") || exit 1
to=$(stat -c %d -- "$3") || exit 1
[ "$from" = "$to" ] || { echo 'Invalid cross-device link' >&2; exit 1; }
exec mv -fT -- "$1" "$2"`;

/** Five digits, as chmod leaves the set-group bit of a directory alone otherwise. */
export const plainMode = ({ mode }: FileMode): string => `0${Number.parseInt(mode, 8).toString(8).padStart(4, '0')}`;

/** For find -printf: kind, mode, owner, group, bytes, seconds, path. */
export const format = '%y\\0%m\\0%u\\0%g\\0%s\\0%T@\\0%p\\0';

const kinds: Readonly<Record<string, FileStat['kind']>> = { f: 'file', d: 'directory', l: 'link' };

export function statsOf(stdout: string): readonly FileStat[] {
  const fields = stdout.split('\0');
  return Array.from({ length: Math.floor(fields.length / 7) }, (_, row) => {
    const [kind = '', mode = '', owner = '', group = '', size, seconds, path = ''] = fields.slice(row * 7, row * 7 + 7);
    return {
      path,
      kind: kinds[kind] ?? 'other',
      mode: `0${mode.padStart(3, '0')}`,
      owner,
      group,
      sizeBytes: Number(size),
      modifiedMs: Math.floor(Number(seconds) * 1_000),
    };
  });
}

export function textsOf(stdout: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  // grep's record is 'path NUL text NUL'; a text with NULs in it comes as several.
  const fields = stdout.split('\0');
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [path = '', text = ''] = fields.slice(at, at + 2);
    const before = texts.get(path);
    texts.set(path, before === undefined ? text : `${before}\0${text}`);
  }
  return texts;
}

export function findArgs({ names, prune, depthMax }: Find): readonly string[] {
  const either = (patterns: readonly string[]): readonly string[] => [
    '(',
    ...patterns.flatMap((pattern, index) => [...(index > 0 ? ['-o'] : []), '-name', pattern]),
    ')',
  ];
  const plain = (name: string): string => name.replace(/[\\*?[]/g, '\\$&');
  const skip = prune?.length ? ['(', '-type', 'd', ...either(prune.map(plain)), '-prune', '-o', '-true', ')'] : [];
  const depth = depthMax === undefined ? [] : ['-maxdepth', String(depthMax)];
  return [...depth, '-mindepth', '1', ...skip, ...(names?.length ? either(names) : []), '-printf', format];
}
