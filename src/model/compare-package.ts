import type { PackageFound, PackageOnSite, PackageType } from './package.ts';
import { compareVersions, satisfies } from './version.ts';

export type CompareResult = 'same' | 'upgrade' | 'downgrade' | 'missing';
/** By weight. An error makes the move impossible; a warning may take something from the site; a note is for who wonders. */
export const levels = ['fine', 'note', 'warning', 'error'] as const;
export type Level = (typeof levels)[number];

export type Cause = 'missing' | 'downgrade' | 'too-old' | 'other-core' | 'php' | 'dependency' | 'moved' | 'unseen';

/** Something that is worth saying of one package on one platform. */
interface Finding {
  readonly cause: Cause;
  readonly level: Level;
  readonly text: string;
}

/** A package where it is used. */
export interface PackagePlace {
  readonly version: string | null;
  /** On the site: as noted in its database. On the platform: as the code would note it. */
  readonly schemaVersion: number | null;
  readonly path: string;
}

export interface ComparedPackage {
  readonly type: PackageType;
  readonly name: string;
  readonly title: string;
  readonly enabled: boolean;
  /** It lies in the site's own directory and goes with it. */
  readonly isOwn: boolean;
  readonly result: CompareResult;
  /** The heaviest of the findings'. */
  readonly level: Level;
  readonly from: PackagePlace;
  readonly to: PackagePlace | null;
  readonly findings: readonly Finding[];
}

/** What a package is judged by. */
export interface Surroundings {
  /** Version of the application there. */
  readonly version: string;
  /** Null: not known. */
  readonly php: string | null;
  /** Whether anything of this name can be used there. */
  isThere(name: string): boolean;
  /** The application goes on without it. */
  bearsMissing(one: PackageOnSite, now: PackageFound | null): boolean;
  /** The application runs code that says it is for another version of it. */
  readonly bearsIncompatible: boolean;
}

/** One package of a site. `now` is the copy that it uses, `then` the one it would use; null where there is none. */
export function comparePackage(
  one: PackageOnSite,
  now: PackageFound | null,
  then: PackageFound | null,
  around: Surroundings,
): Omit<ComparedPackage, 'isOwn'> {
  const { type, name, enabled, schemaVersion } = one;
  const { result, findings } = then ? judged(one, now, then, around) : missing(one, now, around);
  return {
    ...{ type, name, title: then?.title ?? now?.title ?? name, enabled, result, findings },
    level: levels[Math.max(0, ...findings.map(({ level }) => levels.indexOf(level)))] ?? 'fine',
    from: { version: now?.version ?? null, schemaVersion, path: now?.path ?? '' },
    to: then && { version: then.version, schemaVersion: then.schemaVersion, path: then.path },
  };
}

interface Judged {
  readonly result: CompareResult;
  readonly findings: readonly Finding[];
}

function missing(one: PackageOnSite, now: PackageFound | null, around: Surroundings): Judged {
  const isBorne = !one.enabled || around.bearsMissing(one, now);
  const text = now === null ? 'it is missing there, as it is now' : 'it is missing there';
  return { result: 'missing', findings: [{ cause: 'missing', level: isBorne ? 'warning' : 'error', text }] };
}

function judged(one: PackageOnSite, now: PackageFound | null, then: PackageFound, around: Surroundings): Judged {
  const { result, findings } = direction(one, now, then);
  if (one.enabled) findings.push(...faults(one, then, around));
  if (result === 'same' && now && now.path !== then.path)
    findings.push({ cause: 'moved', level: 'note', text: `it lies in ${then.path} there, not in ${now.path}` });
  return { result, findings };
}

/** By the database, where it knows; else by versions. */
function direction(
  { enabled, schemaVersion: installed }: PackageOnSite,
  now: PackageFound | null,
  then: PackageFound,
): { result: CompareResult; findings: Finding[] } {
  const code = then.schemaVersion;
  const back = (text: string): { result: CompareResult; findings: Finding[] } => ({
    result: 'downgrade',
    findings: [{ cause: 'downgrade', level: enabled ? 'error' : 'warning', text }],
  });
  const findings: Finding[] = [];
  if (installed !== null && code !== null && installed > code) {
    // Updates may stand in files that a scan does not look into: then the code that it uses now seems too old as well.
    const seen = now?.schemaVersion ?? null;
    if (seen === null || seen >= installed || code < seen)
      return back(`its database has schema ${installed}, the code there only ${code}`);
    const text = `its database has schema ${installed}, more than is seen of its code, now and there`;
    findings.push({ cause: 'unseen', level: 'warning', text });
  }
  if (installed !== null && code !== null && installed < code) return { result: 'upgrade', findings };
  const order = now?.version != null && then.version !== null ? compareVersions(now.version, then.version) : 0;
  if (order !== null && order > 0) return back(`it is ${then.version} there, older than ${now?.version}`);
  return { result: order !== null && order < 0 ? 'upgrade' : 'same', findings };
}

/** What would keep it from working there. */
function faults(
  { type, schemaVersion: installed }: PackageOnSite,
  then: PackageFound,
  around: Surroundings,
): Finding[] {
  const found: Finding[] = [];
  const { lastRemovedUpdate: removed, coreCompatibility: constraint, php, dependencies } = then;
  if (removed !== null && installed !== null && installed < removed)
    found.push({
      ...{ cause: 'too-old', level: 'error' },
      text: `its database has schema ${installed}, and the code there updates from ${removed} on only`,
    });
  if (constraint !== null && satisfies(around.version, constraint) !== true)
    found.push({
      cause: 'other-core',
      level: satisfies(around.version, constraint) === null || around.bearsIncompatible ? 'warning' : 'error',
      text: `it says that it is for ${constraint}, and there is ${around.version}`,
    });
  if (php !== null && around.php !== null && (compareVersions(around.php, php) ?? 0) < 0)
    found.push({ cause: 'php', level: 'error', text: `it needs PHP ${php}, and there is ${around.php}` });
  // Applications let a profile's requirements go once it is installed.
  const gone = type === 'profile' ? [] : dependencies.filter((name) => !around.isThere(name));
  if (gone.length > 0)
    found.push({ cause: 'dependency', level: 'error', text: `it needs ${gone.join(', ')}, missing there` });
  return found;
}
