import type { Json } from '../model/json.ts';
import { Problem } from '../model/problem.ts';
import type { AddedSteps, Definition, Noun, OpenStep, Step, TaskType } from './task-type.ts';

/** Binds the context and erases the generics, so that runner, registry and queue know nothing of sites. */
export function taskType<Args, Context, Result extends Record<string, Json>>(
  definition: Definition<Args, Context, Result>,
): TaskType {
  const { name, title, args, from, timeoutMs, priority = 0, coalesce = false } = definition;
  const [noun] = name.split(' ') as [Noun];
  return {
    name,
    noun,
    title,
    args,
    from,
    timeoutMs,
    priority,
    coalesce,
    locks: (subject, given) =>
      [`${noun}:${subject}`, ...(definition.locks?.(subject, args.parse(given)) ?? [])].toSorted(),
    hasCopy: definition.copy !== undefined,
    copy: (given) => definition.copy?.(args.parse(given)) ?? null,
    backup: (given) => definition.backup?.(args.parse(given)) ?? null,
    async open(load, subject, given, added = []) {
      const context = await definition.context(load, subject, args.parse(given));
      const own: readonly OpenStep[] = definition.steps(context).map((step) => bind(step, context));
      return {
        check: () => definition.check(context),
        steps: placed(name, own, added, context),
        done: (result) => definition.done(context, result as Partial<Result>),
        failed: () => definition.failed(context),
      };
    },
  };
}

function bind<Context, Result>({ name, looks, run, undo }: Step<Context, Result>, context: Context): OpenStep {
  return {
    name,
    ...(looks && { looks }),
    run: async () => ((await run(context)) ?? {}) as Json,
    undo: typeof undo === 'string' ? undo : () => undo(context),
  };
}

function placed(
  task: string,
  own: readonly OpenStep[],
  added: readonly AddedSteps[],
  context: unknown,
): readonly OpenStep[] {
  const steps = [...own];
  for (const { task: of, place, step, steps: more } of added) {
    if (of !== task) continue;
    const at = steps.findIndex(({ name }) => name === step);
    if (at < 0)
      throw new Problem('invalid', `a plug-in adds steps ${place} '${step}', which '${task}' does not have`, {
        hint: `Its steps are: ${own.map(({ name }) => name).join(', ')}.`,
      });
    // The context is the one that this task's own steps get; a plug-in's step says in its type which it needs.
    steps.splice(
      place === 'before' ? at : at + 1,
      0,
      ...more.map((one) => bind(one as Step<unknown, unknown>, context)),
    );
  }
  return steps;
}
