import type { FileMode, FileStat, Find, Look } from './machine.ts';
import { settled } from './settled.ts';

// What runs on the far side. All scripts are constant; what varies comes as arguments or on stdin.

/** ssh itself failed, and not the program we asked it to run. */
export const sshFailed = 255;
/** A program that ends with 255, as PHP does on an error, must not look like it. */
export const programSaid255 = 254;
export const noDirectory = 253;
/** Of timeout(1). */
export const timedOut = 124;

/** Instead of a number of bytes: they come in frames (frames.ts), as nobody knows yet how many there will be. */
export const framed = 'frames';

/**
 * cwd or '', bytes of stdin that are the program's or 'frames', seconds, program, arguments… timeout(1) makes a process group of its own, but
 * only waits for the program itself: what that has started and does not want to end is killed after it. (A program in the
 * background loses its stdin, hence 4.)
 *
 * Our side keeps stdin open behind the program's bytes for as long as it wants the program. When it ends, by a lost claim, a
 * killed worker or a broken connection, `feed` has the program ended too, as somebody else may do the same in a moment, and as
 * it must not take that for the end of frames: its input stays open until it is gone, as `timed` then ends `feed`. (1 and 141 are a reader's that has ended itself.) The two
 * find each other as the only children of this shell; a kernel that does not tell them leaves it at the time limit.
 */
export const run = `
lost() {
  [ -r $both ] || return
  trap '' TERM
  read -r pids <$both
  kill -s TERM $pids
}
[ -z "$1" ] || cd -- "$1" 2>/dev/null || exit ${noDirectory}
bytes=$2
shift 2
exec 3<&0
both=/proc/$$/task/$$/children
feed() {
  exec 2>/dev/null
  if [ "$bytes" = ${framed} ]; then
    frame='' code=0
    while [ $code = 0 ] && read -r frame <&3 && [ "$frame" != 0 ]; do
      head -c "$frame" <&3
      code=$?
    done
    case $code:$frame in 0:0 | 1:* | 141:*) ;; *) lost; sleep 5; return ;; esac
  else
    [ "$bytes" = 0 ] || head -c "$bytes" <&3
  fi
  exec >/dev/null
  cat <&3
  lost
}
timed() {
  lost='' group=''
  trap 'lost=1; [ -z "$group" ] || kill -s TERM $group 2>/dev/null' TERM
  exec 4<&0
  timeout --kill-after=2 "$@" <&4 3<&- 4<&- &
  group=$!
  exec 3<&- 4<&- </dev/null
  [ -z "$lost" ] || kill -s TERM $group 2>/dev/null
  wait $group
  code=$?
  [ -z "$lost" ] || { wait $group; code=143; }
  [ $code != 143 ] && [ $code != ${timedOut} ] || kill -s KILL -- -$group 2>/dev/null
  trap '' PIPE
  read -r pids <$both
  kill -s PIPE $pids 2>/dev/null
  [ $code = ${sshFailed} ] && exit ${programSaid255}
  exit $code
}
feed | timed "$@"`;

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
trap 'trap "" HUP INT TERM; exit 1' HUP INT TERM
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

/** For find -printf: what the clock says over there, kind, mode, owner, group, bytes, seconds of the text and of anything, path. */
const format = `"$now"'\\0%y\\0%m\\0%u\\0%g\\0%s\\0%T@\\0%C@\\0%p\\0'`;
const fieldsOfStat = 9;

/** -L or -P, directory, what to look for. */
export const find = `
now=$(date +%s.%N) || exit 1
exec find "$@" -printf ${format}`;

/** -L or -P, paths. */
export const statMany = `
now=$(date +%s.%N) || exit 1
exec find "$@" -maxdepth 0 -printf ${format}`;

export const linksAre = ({ follow = false }: Look): '-L' | '-P' => (follow ? '-L' : '-P');

const kinds: Readonly<Record<string, FileStat['kind']>> = { f: 'file', d: 'directory', l: 'link' };

export function statsOf(stdout: string): readonly FileStat[] {
  const fields = stdout.split('\0');
  return Array.from({ length: Math.floor(fields.length / fieldsOfStat) }, (_, row) => {
    const at = row * fieldsOfStat;
    const [now, kind = '', mode = '', owner = '', group = ''] = fields.slice(at, at + 5);
    const [size, modified, changed, path = ''] = fields.slice(at + 5, at + fieldsOfStat);
    return {
      path,
      kind: kinds[kind] ?? 'other',
      mode: `0${mode.padStart(3, '0')}`,
      owner,
      group,
      sizeBytes: Number(size),
      modifiedMs: Math.floor(Number(modified) * 1_000),
      changedMs: settled(Number(changed) * 1_000, Number(now) * 1_000),
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

export function findArgs({ names, prune, depthMax, directories }: Find): readonly string[] {
  const either = (patterns: readonly string[]): readonly string[] => [
    '(',
    ...patterns.flatMap((pattern, index) => [...(index > 0 ? ['-o'] : []), '-name', pattern]),
    ')',
  ];
  const plain = (name: string): string => name.replace(/[\\*?[]/g, '\\$&');
  const pruned = prune?.length ? either(prune.map(plain)) : [];
  const skip = pruned.length > 0 ? ['(', '-type', 'd', ...pruned, '-prune', '-o', '-true', ')'] : [];
  const depth = depthMax === undefined ? [] : ['-maxdepth', String(depthMax)];
  const named = names?.length ? either(names) : [];
  const entered = ['-type', 'd', ...(pruned.length > 0 ? ['-not', ...pruned] : [])];
  const wanted = directories && named.length > 0 ? ['(', ...named, '-o', ...entered, ')'] : named;
  return [...depth, '-mindepth', '1', ...skip, ...wanted];
}
