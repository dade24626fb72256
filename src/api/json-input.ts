import type { FieldProblem } from '../model/problem.ts';

const depthMax = 32;

/**
 * What is JSON and still cannot be kept as it was sent: NUL and lone surrogates (jsonb refuses them), numbers beyond a
 * double, nesting that would exhaust the stack, and names that JavaScript objects give a meaning of their own.
 * Answers the first such place, or null.
 */
export function unkeepable(value: unknown, path: readonly (string | number)[] = []): FieldProblem | null {
  const found = (message: string): FieldProblem => ({ path: path.join('.'), message });
  if (path.length > depthMax) return found(`is nested deeper than ${depthMax}`);
  if (typeof value === 'number') return Number.isFinite(value) ? null : found('is not a number we can keep');
  if (typeof value === 'string') return badText(value) ? found('holds NUL or half a character') : null;
  if (value === null || typeof value !== 'object') return null;
  for (const [key, part] of Object.entries(value)) {
    if (key === '__proto__' || badText(key)) return found('has a field with a name that cannot be kept');
    const inside = unkeepable(part, [...path, key]);
    if (inside) return inside;
  }
  return null;
}

const badText = (text: string): boolean => text.includes('\0') || !text.isWellFormed();
