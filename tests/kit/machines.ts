import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { chmod, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Hands } from '../../src/machine/hands.ts';
import { LocalMachine } from '../../src/machine/local.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { MemoryMachine } from '../../src/machine/memory.ts';
import { MemoryWorld, type Program } from '../../src/machine/memory-world.ts';
import { reveal } from '../../src/machine/scrub.ts';
import { SshMachine } from '../../src/machine/ssh.ts';
import { SshConnection } from '../../src/machine/ssh-connection.ts';
import type { TaskEvent } from '../../src/model/event.ts';
import type { Secret } from '../../src/model/secret.ts';

/** What all machines have in common. `directory` is empty and ours. */
interface Bench {
  readonly machine: Machine;
  readonly directory: string;
  readonly events: TaskEvent[];
  readonly claim: AbortController;
  /** Another task's machine on the same server. */
  other(remainingMs?: number): Machine;
  link(target: string, path: string): Promise<void>;
}

export type Open = (t: TestContext, secrets?: readonly Secret[]) => Promise<Bench>;

export const modes = { file: { mode: '0640' }, directory: { mode: '0755' } } as const;

export const handsOf = (claim: AbortController, events: TaskEvent[], secrets: readonly Secret[] = []): Hands => ({
  name: 'web1',
  claim: claim.signal,
  secrets,
  log: {
    append: async (event) => {
      events.push(event);
    },
  },
});

export const textOf = (events: readonly TaskEvent[]): string =>
  events.map((event) => (event.type === 'command.output' ? event.text : '')).join('');

const real =
  (make: (hands: Hands) => Machine): Open =>
  async (t, secrets = []) => {
    const directory = await mkdtemp(join(tmpdir(), 'aegir-machine-'));
    await chmod(directory, 0o755);
    t.after(() => rm(directory, { recursive: true, force: true }));
    const [claim, events]: [AbortController, TaskEvent[]] = [new AbortController(), []];
    return {
      machine: make(handsOf(claim, events, secrets)),
      directory,
      events,
      claim,
      other: (remainingMs) =>
        make({ ...handsOf(new AbortController(), []), ...(remainingMs && { remainingMs: () => remainingMs }) }),
      link: (target, path) => symlink(target, path),
    };
  };

/** Just enough of these programs for what the tests do with them. */
const programs: Readonly<Record<string, Program>> = {
  printf: ({ argv: [, , ...args] }) => ({ stdout: args.map((arg) => `${arg}\0`).join('') }),
  cat: ({ stdin = '' }) => ({ stdout: reveal(stdin) }),
  tr: ({ stdin = '' }) => ({ stdout: reveal(stdin).replace(/[a-z]/g, (letter) => letter.toUpperCase()) }),
  false: () => ({ exitCode: 1, stderr: 'no' }),
};

const memory: Open = async (_, secrets = []) => {
  const [claim, events, world]: [AbortController, TaskEvent[], MemoryWorld] = [
    new AbortController(),
    [],
    new MemoryWorld(),
  ];
  world.directory('/work');
  for (const [name, program] of Object.entries(programs)) world.programs.set(name, program);
  return {
    machine: new MemoryMachine(handsOf(claim, events, secrets), world),
    directory: '/work',
    events,
    claim,
    other: (remainingMs) =>
      new MemoryMachine(
        { ...handsOf(new AbortController(), []), ...(remainingMs && { remainingMs: () => remainingMs }) },
        world,
      ),
    link: async (target, path) => world.put(path, target, { kind: 'link' }),
  };
};

export const local = real((hands) => new LocalMachine(hands));
const connection = new SshConnection({
  ...{ user: 'aegir', host: 'web1', port: 22, controlPath: '/run/x', program: join(import.meta.dirname, 'ssh') },
});
export const ssh = real((hands) => new SshMachine(hands, () => connection));
export const machines: Readonly<Record<string, Open>> = { local, ssh, memory };
/** Those that start real programs. */
export const doing: Readonly<Record<string, Open>> = { local, ssh };

/** Waits for a state; the test's own time limit is the limit. */
export async function until(reached: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await reached())) await sleep(20);
}

export function isAlive(pid: string): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false; // It has ended, perhaps while we looked.
  }
}

/** Other processes, all or those of a program, that have this directory open: who has locked it, and who waits for that. */
export const holdersOf = (path: string, program?: string): readonly string[] =>
  readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid && holds(pid, path, program));

function holds(pid: string, path: string, program: string | undefined): boolean {
  try {
    if (program !== undefined && readFileSync(`/proc/${pid}/comm`, 'utf8') !== `${program}\n`) return false;
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === path);
  } catch {
    return false; // It has ended, or closed one, while we looked.
  }
}
