/** Which of a list: these, or all that match, seen or not. */
export interface Selection {
  readonly isAll: boolean;
  readonly keys: ReadonlySet<string>;
  has(key: string): boolean;
  count(total: number): number;
  set(key: string, is: boolean): Selection;
  all(is: boolean): Selection;
}

function selection(isAll: boolean, keys: ReadonlySet<string>): Selection {
  return {
    isAll,
    keys,
    has: (key) => isAll || keys.has(key),
    count: (total) => (isAll ? total : keys.size),
    // One that is taken out of 'all' leaves none: what was not seen cannot be named one by one.
    set: (key, is) => selection(false, is ? new Set([...keys, key]) : new Set([...keys].filter((one) => one !== key))),
    all: (is) => selection(is, new Set()),
  };
}

export const noneSelected: Selection = selection(false, new Set());
