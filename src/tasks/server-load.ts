import { query } from '../machine/command.ts';
import type { Machine } from '../machine/machine.ts';
import { Problem } from '../model/problem.ts';
import type { LookType } from './look-type.ts';

const timeoutMs = 8000;

/** How much a server has to do just now. */
export const serverLoad: LookType = {
  name: 'server load',
  async run(load, id) {
    const { machine, paths } = await load.server(id);
    const proc = await machine.readMany(['/proc/loadavg', '/proc/meminfo', '/proc/uptime']);
    const memory = proc.get('/proc/meminfo') ?? '';
    const [one = 0, five = 0, fifteen = 0] = numbersOf(proc.get('/proc/loadavg') ?? '');
    const [uptimeSeconds] = numbersOf(proc.get('/proc/uptime') ?? '');
    if (uptimeSeconds === undefined || memory === '')
      throw new Problem('command-failed', `server ${machine.name} does not say how it is: /proc is not to be read`, {
        hint: 'It has to be a Linux with /proc mounted.',
      });
    const { stdout: cpus } = await machine.run({ ...query`nproc`, timeoutMs, quiet: true });
    return {
      load: [one, five, fifteen],
      cpus: Number(cpus) || 1,
      memory: {
        ...{ totalMb: megabytesOf(memory, 'MemTotal'), availableMb: megabytesOf(memory, 'MemAvailable') },
        ...{ swapTotalMb: megabytesOf(memory, 'SwapTotal'), swapFreeMb: megabytesOf(memory, 'SwapFree') },
      },
      disks: await disksOf(machine, [...new Set(['/', paths.root, paths.backups])]),
      uptimeSeconds: Math.round(uptimeSeconds),
    };
  },
};

const numbersOf = (text: string): readonly number[] =>
  text
    .split(/\s+/)
    .slice(0, 3)
    .map(Number)
    .filter((number) => !Number.isNaN(number));

const megabytesOf = (text: string, name: string): number =>
  Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) / 1024);

/** Each file system once, by where it is mounted; what is not there is left out. */
async function disksOf(machine: Machine, paths: readonly string[]) {
  // It ends with 1 where one of them is not there, and tells of the others.
  const df = { ...query`df -PBM ${paths}`, allow: [0, 1], timeoutMs, quiet: true };
  const { stdout } = await machine.run(df);
  const rows = stdout.split('\n').slice(1).flatMap(diskIn);
  return [...new Map(rows.map((row) => [row.path, row])).values()];
}

function diskIn(line: string) {
  const [, total, free, path] = /\s(\d+)M\s+\d+M\s+(\d+)M\s+\d+%\s+(\/.*)$/.exec(line) ?? [];
  return path === undefined ? [] : [{ path, totalMb: Number(total), freeMb: Number(free) }];
}
