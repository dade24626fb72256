/**
 * Versions as packages of Drupal and WordPress write them: '10.1.2', '8.x-3.24', '7.x-2.0-beta4', '2.1.0-rc1', 'v1.0'.
 * What has no order, as 'dev-main' or '2.x-dev', is null wherever it is asked for.
 */
interface Version {
  readonly numbers: readonly number[];
  /** Of what comes before a release: dev, unstable, alpha, beta, rc; and its number. */
  readonly stage: readonly [number, number];
}

const stages = ['dev', 'unstable', 'alpha', 'beta', 'rc'];

/** Negative: a is the older. Null: they cannot be compared. */
export function compareVersions(a: string, b: string): number | null {
  const [left, right] = [parsed(a), parsed(b)];
  return left && right && (compareNumbers(left.numbers, right.numbers) || compareNumbers(left.stage, right.stage));
}

function parsed(text: string): Version | null {
  const found = /^v?(?:\d+\.x-)?(\d+(?:\.\d+)*)(?:[-.~]?(dev|unstable|alpha|beta|rc)[.-]?(\d*))?(?=$|[-+ ~])/i.exec(
    text,
  );
  if (!found) return null;
  const [, numbers = '', stage, number] = found;
  const at = stage === undefined ? stages.length : stages.indexOf(stage.toLowerCase());
  return { numbers: numbers.split('.').map(Number), stage: [at, Number(number || 0)] };
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Whether a version is within a constraint as Composer and info files write it: '^9.5 || ^10', '>=8.8 <11', '~10.1', '7.x'.
 * What comes before a release counts as the release, as Composer has it for bounds. Null: one of both cannot be read.
 */
export function satisfies(version: string, constraint: string): boolean | null {
  const numbers = parsed(version)?.numbers;
  const any = constraint.split(/\s*\|\|?\s*/).map((all) => rangesOf(all));
  if (!numbers || any.some((ranges) => ranges === null)) return null;
  return any.some((ranges) => ranges?.every((range) => isWithin(numbers, range)));
}

/** What comes before a release counts as the release: 11.0-dev is an 11. */
export const isAtLeast = (version: string, least: string): boolean => satisfies(version, `>=${least}`) === true;

/** From, included, and up to, excluded; null: without an end. `not` turns it round. */
interface Range {
  readonly from: readonly number[];
  readonly before: readonly number[] | null;
  readonly not?: boolean;
}

const isWithin = (version: readonly number[], { from, before, not = false }: Range): boolean =>
  (compareNumbers(version, from) >= 0 && (before === null || compareNumbers(version, before) < 0)) !== not;

/** All of them must hold. */
function rangesOf(text: string): readonly Range[] | null {
  const spaced = text.trim().replace(/([<>=!~^])\s+/g, '$1');
  const [, low, high] = /^(\S+)\s+-\s+(\S+)$/.exec(spaced) ?? [];
  const parts = low !== undefined && high !== undefined ? [`>=${low}`, `<=${high}`] : spaced.split(/[\s,]+/);
  const ranges = parts.filter((part) => part !== '').map(rangeOf);
  return ranges.every((range) => range !== null) ? ranges : null;
}

function rangeOf(part: string): Range | null {
  if (part === '*') return { from: [0], before: null };
  const found = /^([<>=!~^]*)v?(\d+(?:\.\d+)*)((?:\.[xX*])*)(?:[-@+].*)?$/.exec(part);
  if (!found) return null;
  const [, sign = '', digits = '', wild = ''] = found;
  const given = digits.split('.').map(Number);
  const isWild = wild !== '';
  switch (sign) {
    case '':
    case '=':
    case '==':
      return { from: given, before: isWild ? next(given) : exactly(given) };
    case '!=':
    case '<>':
      return { from: given, before: isWild ? next(given) : exactly(given), not: true };
    case '>=':
      return { from: given, before: null };
    case '>':
      return { from: isWild ? next(given) : exactly(given), before: null };
    case '<':
      return { from: [0], before: given };
    case '<=':
      return { from: [0], before: isWild || given.length < 3 ? next(given) : exactly(given) };
    case '^':
      return { from: given, before: next(given.slice(0, given.findIndex((one) => one > 0) + 1 || given.length)) };
    case '~':
      return { from: given, before: next(given.length === 1 ? given : given.slice(0, -1)) };
    default:
      return null;
  }
}

/** The first that is not of this family: of 9.5 it is 9.6. */
const next = (numbers: readonly number[]): readonly number[] => [...numbers.slice(0, -1), (numbers.at(-1) ?? 0) + 1];

/** The first after this very one: numbers have at most four parts. */
const exactly = (numbers: readonly number[]): readonly number[] =>
  next([...numbers, ...Array.from({ length: Math.max(0, 5 - numbers.length) }, () => 0)]);
