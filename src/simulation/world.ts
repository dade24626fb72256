import { MemoryWorld, type Program } from '../machine/memory-world.ts';
import { coreutils } from './coreutils.ts';
import { tar } from './tar.ts';
import { zstd } from './zstd.ts';

/**
 * One server program in memory, like nginx: its own state, and the commands that read and change it.
 *
 * To add one, write `simulation/<name>.ts`:
 *
 *     export const nginx = simulated({
 *       name: 'nginx',
 *       fresh: () => ({ loaded: new Map<string, string>() }),
 *       programs: (state) => ({
 *         nginx: ({ argv }, { world }) => (argv.includes('-t') ? test(world) : reload(state, world)),
 *       }),
 *       snapshot: ({ loaded }) => JSON.stringify([...loaded].toSorted()),
 *     });
 *
 * and give it to `simulatedWorld([nginx, …])`. A program is found by the name it is called by, also behind sudo
 * (it gets the command without `sudo -n …`) and also by its whole path. Everything it keeps must be in `state` or
 * in the world's files, so that `world.snapshot()` shows whether a task left the world as it was. No times, no chance.
 *
 * One that works on files is made with `gnu` and sees them as its user does (user-files.ts). What it does is what the real
 * program does: add a case to files.test.ts, which runs both.
 */
export interface SimulatedProgram<State> {
  readonly name: string;
  fresh(): State;
  /** By the name they are called by. Two names may share the state: mariadb and mariadb-dump. */
  programs(state: State): Readonly<Record<string, Program>>;
  /** The state as text in a fixed order. */
  snapshot(state: State): string;
}

/** A simulated program with its state hidden, ready to be put into a world. */
export type Simulation = (world: MemoryWorld) => void;

export const simulated =
  <State extends object>({ name, fresh, programs, snapshot }: SimulatedProgram<State>): Simulation =>
  (world) => {
    // Its parts are replaced when the world comes back to a moment, so nobody may hold on to one.
    const state = fresh();
    for (const [called, program] of Object.entries(programs(state))) world.programs.set(called, program);
    world.states.set(name, () => snapshot(state));
    world.keepers.push(() => {
      const kept = structuredClone(state);
      return () => void Object.assign(state, structuredClone(kept));
    });
  };

/** A server as the installer leaves it, with these programs on it besides those for files. Each call is a server of its own. */
export function simulatedWorld(programs: readonly Simulation[] = []): MemoryWorld {
  const world = new MemoryWorld();
  for (const path of ['/etc', '/run', '/tmp', '/var', '/var/lib', '/var/log'])
    world.directory(path, { owner: 'root', group: 'root' });
  for (const path of [
    '/var/aegir',
    '/var/aegir/config',
    '/var/aegir/platforms',
    '/var/aegir/backups',
    '/var/aegir/clients',
  ])
    world.directory(path, { owner: 'aegir', group: 'aegir' });
  for (const [name, program] of Object.entries({ ...coreutils, tar, zstd })) world.programs.set(name, program);
  for (const install of programs) install(world);
  return world;
}
