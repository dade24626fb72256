import { readdir, readFile, readlink } from 'node:fs/promises';
import { Problem } from '../model/problem.ts';
import { absentIsNull } from './files.ts';

export interface Listener {
  readonly pid: number;
  /** As in /proc/<pid>/comm: 'nginx', 'apache2'. */
  readonly program: string;
}

const listening = '0A';

/** Who listens on a TCP port of this machine (its network namespace), on whatever address. Needs root to see others' programs. */
export async function listenersOn(port: number): Promise<readonly Listener[]> {
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = (await readFile(table, 'utf8').catch(absentIsNull)) ?? '';
    for (const line of text.split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === listening && Number.parseInt(local.split(':')[1] ?? '', 16) === port && inode) inodes.add(inode);
    }
  }
  return inodes.size === 0 ? [] : holdersOf(inodes);
}

async function holdersOf(inodes: ReadonlySet<string>): Promise<readonly Listener[]> {
  const wanted = new Set([...inodes].map((inode) => `socket:[${inode}]`));
  const found: Listener[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry) || !(await holds(entry, wanted))) continue;
    const program = await readFile(`/proc/${entry}/comm`, 'utf8').catch(gone);
    found.push({ pid: Number(entry), program: program?.trim() ?? 'a program that just ended' });
  }
  return found.length > 0 ? found : [{ pid: 0, program: 'a program in another container' }];
}

async function holds(pid: string, wanted: ReadonlySet<string>): Promise<boolean> {
  const files = (await readdir(`/proc/${pid}/fd`).catch(gone)) ?? [];
  for (const file of files) {
    const target = await readlink(`/proc/${pid}/fd/${file}`).catch(gone);
    if (target && wanted.has(target)) return true;
  }
  return false;
}

/** Processes end while we look. */
const gone = (): null => null;

/** Throws Problem 'conflict' that names the program, unless the port is free or held by one of `mayHold`. */
export async function mustBeFree(port: number, mayHold: readonly string[], hint: string): Promise<void> {
  const other = (await listenersOn(port)).find(({ program }) => !mayHold.includes(program));
  if (!other) return;
  const who = other.pid > 0 ? `${other.program} (process ${other.pid})` : other.program;
  throw new Problem('conflict', `port ${port} is in use by ${who}`, { hint });
}
