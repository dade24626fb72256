import { query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import type { LogPosition, RequestsRead } from '../../model/requests.ts';

/** Of one file in one pass; the rest has its turn in the next. */
const bytesMax = 512 * 1024 * 1024;
const timeoutMs = 5 * 60_000;
/** A first line that is longer is known by its beginning. */
const headBytes = 4096;
/** So many are known from one pass to the next: whoever rotates may go on writing into the last one for a moment. */
const positionsKept = 2;

interface LogFile {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Counts the requests in a web server's log since the last time, by host name and hour, one pass for all of its sites. A file
 * is known by its first line and not by its inode: it stays the same when the file is moved away, copied and cut off
 * (copytruncate) or compressed. So what was written before a rotation is read in the file that it is in now, and no line twice.
 * The first time only the file of today is read. Null: no such log is kept.
 */
export async function readRequests(
  machine: Machine,
  path: string,
  positions: readonly LogPosition[],
): Promise<RequestsRead | null> {
  const files = await filesOf(machine, path);
  if (files === null) return null;
  const unread = await unreadOf(machine, files, positions);
  const read: LogPosition[] = [];
  const counts: RequestsRead['counts'][number][] = [];
  for (const { file, head, offsetBytes } of unread) {
    const found = await count(machine, file, offsetBytes);
    counts.push(...found.counts);
    read.push({ head, offsetBytes: offsetBytes + found.bytes });
    // What is newer is read when all of this one is.
    if (!found.isAll) break;
  }
  const kept = [...positions.filter(({ head }) => !read.some((one) => one.head === head)), ...read];
  return { counts, positions: kept.slice(-positionsKept) };
}

/** The newest first: x.log, x.log.1, x.log.2.gz, … as logrotate calls them. */
async function filesOf(machine: Machine, path: string): Promise<readonly LogFile[] | null> {
  const at = path.lastIndexOf('/');
  const [directory, name] = [path.slice(0, at), path.slice(at + 1)];
  if ((await machine.stat(path)) === null) return null;
  const { stdout } = await machine.run({
    ...query`find ${directory} -maxdepth 1 -type f -name ${`${name}*`} -printf ${'%s %f\n'}`,
    quiet: true,
  });
  const rotation = (file: string): number => Number(/^\.(\d+)(?:\.gz)?$/.exec(file.slice(name.length))?.[1] ?? 0);
  return stdout
    .split('\n')
    .flatMap((line) => {
      const [, bytes, file = ''] = /^(\d+) (.*)$/.exec(line) ?? [];
      const isOurs = file === name || rotation(file) > 0;
      return isOurs ? [{ path: `${directory}/${file}`, bytes: Number(bytes), rotation: rotation(file) }] : [];
    })
    .toSorted((one, other) => one.rotation - other.rotation);
}

interface Unread {
  readonly file: LogFile;
  readonly head: string;
  readonly offsetBytes: number;
}

/** The oldest first: from where the known ones were read to, and all of those that came after the oldest of them. */
async function unreadOf(
  machine: Machine,
  files: readonly LogFile[],
  positions: readonly LogPosition[],
): Promise<readonly Unread[]> {
  const found: Unread[] = [];
  const sought = new Map(positions.map(({ head, offsetBytes }) => [head, offsetBytes]));
  for (const file of files) {
    const head = await headOf(machine, file.path);
    // Twice the same: it is being copied or compressed just now. The newer one has all of it.
    if (head === null || found.some((one) => one.head === head)) continue;
    found.unshift({ file, head, offsetBytes: sought.get(head) ?? 0 });
    sought.delete(head);
    // Older ones were read whole, before the ones that are known.
    if (sought.size === 0 || positions.length === 0) break;
  }
  const oldestKnown = found.findIndex(({ head }) => positions.some((one) => one.head === head));
  return oldestKnown > 0 ? found.slice(oldestKnown) : found;
}

/** What a file begins with; null for one that has no whole line yet. */
async function headOf(machine: Machine, path: string): Promise<string | null> {
  const first = query`head -c ${headBytes} ${path}`;
  const [packed, head] = [query`zcat -- ${path}`, query`head -c ${headBytes}`];
  const { stdout } = path.endsWith('.gz')
    ? await machine.pipe({ commands: [packed, { ...head, quiet: true }] })
    : await machine.run({ ...first, quiet: true });
  const [line = '', ...more] = stdout.split('\n');
  return more.length > 0 || line.length >= headBytes ? line : null;
}

/**
 * Host, hour and zone of each line with how often, and at the end how many bytes were taken. A line that is not whole yet
 * is left; `size` -1: there is none such. Not counted is what we asked ourselves. Twenty thousand sites have that many
 * pairs of host and hour in a day; who asks for more names that are nobody's does not fill the memory.
 */
const counting = `
function take(line, from, time) {
  if (line ~ / "aegir"$/) return
  if (!match(line, /\\[[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9][-+][0-9][0-9]:?[0-9][0-9]\\]/)) return
  time = substr(line, RSTART + 1, RLENGTH - 2)
  from = index(line, " ")
  key = tolower(substr(line, 1, from - 1)) " " substr(time, 1, 13) " " substr(time, 20)
  if (!(key in counts)) { if (keys >= 500000) return; keys++ }
  counts[key]++
}
{ if (NR > 1) take(last); last = $0; bytes += length($0) + 1 }
END {
  if (NR > 0 && size >= 0 && bytes > size) bytes -= length(last) + 1; else if (NR > 0) take(last)
  for (key in counts) print counts[key], key
  printf "= %d\\n", bytes
}`;

interface Counted {
  readonly counts: RequestsRead['counts'];
  readonly bytes: number;
  readonly isAll: boolean;
}

async function count(machine: Machine, { path, bytes }: LogFile, offsetBytes: number): Promise<Counted> {
  const isPacked = path.endsWith('.gz');
  const sizeBytes = isPacked ? -1 : Math.min(bytes - offsetBytes, bytesMax);
  if (!isPacked && sizeBytes <= 0) return { counts: [], bytes: 0, isAll: true };
  const more = { timeoutMs, quiet: true };
  const awk = { ...query`env LC_ALL=C awk -v size=${sizeBytes} ${counting}`, ...more };
  const { stdout } = await machine.pipe({
    commands: isPacked
      ? [{ ...query`zcat -- ${path}`, ...more }, { ...query`tail -c +${offsetBytes + 1}`, ...more }, awk]
      : [{ ...query`tail -c +${offsetBytes + 1} ${path}`, ...more }, { ...query`head -c ${sizeBytes}`, ...more }, awk],
  });
  const lines = stdout.split('\n').filter((line) => line !== '');
  const taken = Number(/^= (\d+)$/.exec(lines.at(-1) ?? '')?.[1] ?? 0);
  return {
    counts: lines.flatMap(countOf),
    bytes: taken,
    isAll: isPacked || offsetBytes + sizeBytes >= bytes,
  };
}

function countOf(line: string): RequestsRead['counts'] {
  const [, requests, host = '', hour, sign, hours, minutes] =
    /^(\d+) (\S+) (\d{4}-\d\d-\d\dT\d\d) ([-+])(\d\d):?(\d\d)$/.exec(line) ?? [];
  const at = Date.parse(`${hour}:00:00${sign}${hours}:${minutes}`);
  return Number.isNaN(at) ? [] : [{ host, at: new Date(at).toISOString(), requests: Number(requests) }];
}
