import { Problem } from '../model/problem.ts';
import { query } from './command.ts';
import type { Machine } from './machine.ts';
import { parentOf } from './matches.ts';

/** Besides what is asked for: a file system that is full to the last byte stops everybody on it. */
const reserveBytes = 64 * 1024 * 1024;

/** A file system of a machine. */
export interface Disk {
  /** Name of its machine. */
  readonly server: string;
  /** Where it is mounted. */
  readonly mount: string;
  /** For us. */
  readonly freeBytes: number;
}

/** So many bytes more are wanted there. */
export interface Need {
  readonly disk: Disk;
  readonly bytes: number;
}

/** The disk that `path` is on, or will be. */
export async function diskOf(machine: Machine, path: string): Promise<Disk> {
  let there = path;
  while (there !== '/' && !(await machine.stat(there))) there = parentOf(there);
  const { stdout } = await machine.run({ ...query`df -P -B1 ${there}`, quiet: true });
  const [, , , available, , ...mounted] = stdout.trim().split('\n').at(-1)?.split(/\s+/) ?? [];
  return { server: machine.name, mount: mounted.join(' '), freeBytes: Number(available) };
}

export const isSameDisk = (one: Disk, other: Disk): boolean => one.server === other.server && one.mount === other.mount;

/** Throws Problem 'disk-full', with the numbers, when so many bytes more have no room where `path` is or will be. */
export const demandRoom = async (machine: Machine, path: string, bytes: number): Promise<void> =>
  demandRooms([{ disk: await diskOf(machine, path), bytes }]);

/** The same of several things, which may be on one disk. */
export function demandRooms(needs: readonly Need[]): void {
  for (const { disk } of needs) {
    const { server, mount, freeBytes } = disk;
    const bytes = needs.reduce((sum, need) => sum + (isSameDisk(need.disk, disk) ? need.bytes : 0), 0);
    if (freeBytes >= bytes + reserveBytes) continue;
    throw new Problem(
      'disk-full',
      `the disk at ${mount} on ${server} has ${megabytes(freeBytes)} free, and ${megabytes(bytes + reserveBytes)} are needed`,
      { hint: `Free some space on ${server} (df -h shows what is full), then run the task again.` },
    );
  }
}

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1024 / 1024)} MB`;
