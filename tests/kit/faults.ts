import type { Machine } from '../../src/machine/machine.ts';
import type { OpenStep, OpenTask } from '../../src/tasks/task-type.ts';

/** What can go wrong with a task, as changes to its steps or to its machine. Shared by the proofs in memory and on real servers. */

/** The step with this number fails once, before its work or after it. */
export const breakAt = (steps: readonly OpenStep[], bad: number, how: 'before' | 'after'): readonly OpenStep[] => {
  let broken = false;
  return steps.map((step, at) => ({
    ...step,
    run: async () => {
      const fails = at === bad && !broken;
      if (fails) broken = true;
      if (fails && how === 'before') throw new Error('injected');
      const result = await step.run();
      if (fails) throw new Error('injected');
      return result;
    },
  }));
};

/** Every undo fails once, before its work or after it. */
export const breakUndos = (steps: readonly OpenStep[], how: 'before' | 'after'): readonly OpenStep[] =>
  steps.map((step) => {
    const { undo } = step;
    if (typeof undo === 'string') return step;
    let broken = false;
    return {
      ...step,
      undo: async () => {
        const fails = !broken;
        broken = true;
        if (fails && how === 'before') throw new Error('injected');
        await undo();
        if (fails) throw new Error('injected');
      },
    };
  });

/** Its work is done twice, and its undo too. */
export function twice(step: OpenStep): OpenStep {
  const { undo } = step;
  return {
    ...step,
    run: async () => {
      await step.run();
      return step.run();
    },
    undo:
      typeof undo === 'string'
        ? undo
        : async () => {
            await undo();
            await undo();
          },
  };
}

const boom: OpenStep = { name: 'boom', run: () => Promise.reject(new Error('injected')), undo: 'nothing' };

/** Everything that can be undone is done, then it fails: all of it must be put back. */
export function failingAtLast(task: OpenTask): OpenTask {
  const at = task.steps.findIndex(({ undo }) => undo === 'forward');
  return {
    ...task,
    steps: at < 0 ? [...task.steps, boom] : [...task.steps.slice(0, at), boom, ...task.steps.slice(at)],
  };
}

/** Every method of the machine asks first whether it is to fail. */
export function failing(machine: Machine, fails: () => boolean): Machine {
  return new Proxy(machine, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        if (fails()) throw new Error(`injected: ${String(key)} ${String(args[0])}`);
        return Reflect.apply(value, target, args);
      };
    },
  });
}
