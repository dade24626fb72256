import { type Command, show } from '../../src/machine/command.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { Problem } from '../../src/model/problem.ts';

/** The machine, but its nth command fails, before or after it did its work. */
export function failing(machine: Machine, nth: number, when: 'before' | 'after'): Machine {
  let count = -1;
  return withRun(machine, async (command) => {
    count += 1;
    if (count !== nth) return machine.run(command);
    if (when === 'after') await machine.run(command);
    throw new Problem('command-failed', `${command.argv[0]} failed as the test wants`);
  });
}

/** The machine, but from the first command that fits on it does nothing any more. */
export function dying(machine: Machine, fits: (command: string) => boolean): Machine {
  const claim = new AbortController();
  const alive =
    <Args extends readonly unknown[], Result>(method: (...args: Args) => Promise<Result>) =>
    (...args: Args): Promise<Result> =>
      claim.signal.aborted ? Promise.reject(new Error('the worker is dead')) : method(...args);
  const whole = withRun(machine, async (command) => {
    if (!fits(show(command))) return machine.run(command);
    claim.abort();
    throw new Error('the worker is dead');
  });
  return {
    ...whole,
    write: alive(whole.write),
    remove: alive(whole.remove),
    run: alive(whole.run),
    read: alive(whole.read),
  };
}

export const withRun = (machine: Machine, run: (command: Command) => ReturnType<Machine['run']>): Machine => ({
  name: machine.name,
  run,
  pipe: (pipe, ends) => machine.pipe(pipe, ends),
  read: (path) => machine.read(path),
  readMany: (paths) => machine.readMany(paths),
  stat: (path) => machine.stat(path),
  statMany: (paths, look) => machine.statMany(paths, look),
  find: (path, find) => machine.find(path, find),
  write: (path, text, mode) => machine.write(path, text, mode),
  writeAt: (path, offsetBytes, text) => machine.writeAt(path, offsetBytes, text),
  makeDirectory: (path, mode) => machine.makeDirectory(path, mode),
  move: (from, to) => machine.move(from, to),
  remove: (path) => machine.remove(path),
  exclusively: (path, action) => machine.exclusively(path, action),
});
