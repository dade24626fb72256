import { Problem } from '../model/problem.ts';
import { query } from './command.ts';
import type { Machine } from './machine.ts';
import { parentOf } from './matches.ts';

/** Besides what is asked for: a file system that is full to the last byte stops everybody on it. */
const reserveBytes = 64 * 1024 * 1024;

/** Throws Problem 'disk-full', with the numbers, when so many bytes more have no room where `path` is or will be. */
export async function demandRoom(machine: Machine, path: string, bytes: number): Promise<void> {
  const free = await freeBytes(machine, path);
  if (free >= bytes + reserveBytes) return;
  throw new Problem(
    'disk-full',
    `${path} on ${machine.name} has ${megabytes(free)} free, and ${megabytes(bytes + reserveBytes)} are needed`,
    { hint: `Free some space on ${machine.name} (df -h shows what is full), then run the task again.` },
  );
}

/** For us, where `path` is or will be. */
export async function freeBytes(machine: Machine, path: string): Promise<number> {
  let there = path;
  while (there !== '/' && !(await machine.stat(there))) there = parentOf(there);
  const { stdout } = await machine.run({ ...query`df --block-size=1 --output=avail ${there}`, quiet: true });
  return Number(stdout.trim().split('\n').at(-1));
}

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1024 / 1024)} MB`;
