/** One measured thing, beside a reference that was measured in the same run on the same machine. */
export interface Figure {
  readonly name: string;
  /** 'ms', 's', 'MB', '1/s'. */
  readonly unit: string;
  readonly value: number;
  /** What it is compared with, in the same unit; null where there is nothing to compare with. */
  readonly reference: number | null;
  /** value / reference. */
  readonly ratio: number | null;
  /** What was promised, in words: 'at most 20 ms'. */
  readonly goal: string;
  readonly ok: boolean;
}

/** Rounds to three digits and divides. `ok` decides over the unrounded value. */
export function figure(given: {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly reference?: number | null;
  readonly goal: string;
  ok(value: number, reference: number): boolean;
}): Figure {
  const { name, unit, value, goal, ok } = given;
  const reference = given.reference ?? null;
  return {
    ...{ name, unit, goal, value: rounded(value), reference: reference === null ? null : rounded(reference) },
    ratio: reference === null || reference === 0 ? null : rounded(value / reference),
    ok: ok(value, reference ?? Number.NaN),
  };
}

const rounded = (value: number): number => Number(value.toPrecision(3));

/** The value below which this share of them lies: 0.5 is the median. Throws for an empty list. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const found = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  if (found === undefined) throw new RangeError('nothing was measured');
  return found;
}
