import type { Machine } from '../../src/machine/machine.ts';
import { withRun } from './faulty-machines.ts';

/** The same machine, with a list of the paths that were read through it. */
export function counting(machine: Machine): { readonly machine: Machine; readonly reads: string[] } {
  const reads: string[] = [];
  const counted: Machine = {
    ...withRun(machine, (command) => machine.run(command)),
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
