import type { Machine } from '../../src/machine/machine.ts';

/** The same machine, with a list of the paths that were read through it. */
export function counting(machine: Machine): { readonly machine: Machine; readonly reads: string[] } {
  const reads: string[] = [];
  const counted: Machine = {
    name: machine.name,
    run: (command) => machine.run(command),
    stat: (path) => machine.stat(path),
    find: (path, find) => machine.find(path, find),
    write: (path, text, mode) => machine.write(path, text, mode),
    makeDirectory: (path, mode) => machine.makeDirectory(path, mode),
    move: (from, to) => machine.move(from, to),
    remove: (path) => machine.remove(path),
    exclusively: (path, action) => machine.exclusively(path, action),
    read(path) {
      reads.push(path);
      return machine.read(path);
    },
    readMany(paths) {
      reads.push(...paths);
      return machine.readMany(paths);
    },
  };
  return { machine: counted, reads };
}
