import type { z } from 'zod';
import type { FieldProblem } from '../model/problem.ts';

/** What a schema found, below this path. An unknown field is named itself, not only the object that it stands in. */
export function fieldsOf(error: z.ZodError | undefined, under: readonly string[]): FieldProblem[] {
  return (error?.issues ?? [{ path: [], message: 'is not known', code: 'custom' as const }]).flatMap((issue) => {
    const path = [...under, ...issue.path].join('.').toWellFormed().slice(0, 200);
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
    return issue.keys.map((key) => ({
      path: [path, key]
        .filter((part) => part !== '')
        .join('.')
        .toWellFormed()
        .slice(0, 200),
      message: 'is not known',
    }));
  });
}
