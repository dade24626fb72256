/** How many names a message holds; whoever needs all of them asks for a list. */
export const namesShownMax = 50;

/** 'a, b and 12 more': `names` may be only the first of `total`. */
export function namesShown(names: readonly string[], total = names.length): string {
  const shown = names.slice(0, namesShownMax);
  return shown.join(', ') + (total > shown.length ? ` and ${total - shown.length} more` : '');
}
