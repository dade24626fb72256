import {
  type Cause,
  type ComparedPackage,
  type CompareResult,
  comparePackage,
  levels,
  type Surroundings,
} from './compare-package.ts';
import { type PackageFound, type PackageOnSite, packageKey, packagesInUse } from './package.ts';
import type { PlatformStatus } from './platform.ts';
import { Problem, type ProblemCode } from './problem.ts';
import type { DatabaseAddress } from './site.ts';

/** What a site is, for the question where it can go. */
export interface ComparedSite {
  readonly name: string;
  /** Of the platform it is on now; null: not known. */
  readonly application: string | null;
  readonly version: string | null;
  readonly profile: string;
  /** As the site itself said. */
  readonly packages: readonly PackageOnSite[];
  /** On its present platform. */
  readonly around: readonly PackageFound[];
  /** In its own directory. */
  readonly own: readonly PackageFound[];
  /** Where its database would be; `server` as its server says: '10.11.6-MariaDB', null if nobody knows. */
  readonly database: { readonly driver: DatabaseAddress['driver'] | null; readonly server: string | null };
}

export interface ComparedPlatform {
  readonly name: string;
  readonly status: PlatformStatus;
  /** Whether its last verify went well and what it holds is known. */
  readonly isVerified: boolean;
  readonly application: string | null;
  readonly version: string | null;
  readonly packages: readonly PackageFound[];
  /** Version of PHP on its server; null if nobody knows. */
  readonly php: string | null;
}

/** What an application can be moved onto, and what it bears. Pure. Reasons are without a full stop; null: it does not refuse. */
export interface UpdateRules {
  /** Why no updates lead from one version of it to another. */
  refusesJump(from: string, to: string): { readonly why: string; readonly hint: string } | null;
  /** Why a version of it does not run on this PHP. */
  refusesPhp(version: string, php: string): string | null;
  /** Why it cannot use this database ('sqlite' with WordPress). `server`: what its server says it is, '10.11.6-MariaDB'; null: not known. */
  refusesDatabase(driver: DatabaseAddress['driver'], version: string, server: string | null): string | null;
  /** Whether a site of this version goes on without an enabled package that is gone. `now`: the copy it uses, null if that is gone already. */
  bearsMissing(version: string, one: PackageOnSite, now: PackageFound | null): boolean;
  /** Whether it runs packages that say they are for another version of it. */
  readonly bearsIncompatible: boolean;
}

/** Why it cannot go there, and what to do about it. */
export interface Reason {
  readonly code: ProblemCode;
  readonly message: string;
  readonly hint: string;
}

/** What a platform would mean for a site: package by package, and on the whole. */
export interface Comparison {
  readonly isPossible: boolean;
  readonly problems: readonly Reason[];
  readonly counts: Readonly<Record<CompareResult, number>>;
  /** The weightiest first, then by name. Empty where the two have nothing to compare. */
  readonly packages: readonly ComparedPackage[];
}

/**
 * Whether a site can be moved to a platform, or a copy of it be made there, and what becomes of each of its packages.
 * Pure, so that hub and worker judge alike: the hub by what its rows say, the worker by what it sees. `rules` are those of the
 * application on the platform, null if nobody knows it.
 */
export function compare(site: ComparedSite, platform: ComparedPlatform, rules: UpdateRules | null): Comparison {
  const unfit = unfitFor(site, platform, rules);
  const packages = rules && unfit.isComparable ? comparedPackages(site, platform, rules) : [];
  const problems = [...unfit.problems, ...packageProblems(platform, packages)];
  const counts = { same: 0, upgrade: 0, downgrade: 0, missing: 0 };
  for (const { result } of packages) counts[result]++;
  return { isPossible: problems.length === 0, problems, counts, packages };
}

/** For who must not go on: a Problem with all the reasons, or null. */
export function refusalOf(site: string, platform: string, { problems }: Comparison): Problem | null {
  const [first, ...more] = problems;
  if (!first) return null;
  return new Problem(first.code, [first, ...more].map(({ message }) => message).join('; '), {
    hint: `${first.hint} To see all of it: aegir platform compare ${platform} --site ${site}.`,
  });
}

interface Unfit {
  readonly problems: readonly Reason[];
  readonly isComparable: boolean;
}

/** What is in the way before any package is looked at. */
function unfitFor(site: ComparedSite, platform: ComparedPlatform, rules: UpdateRules | null): Unfit {
  const status = statusProblem(platform);
  const kind = kindProblem(site, platform, rules);
  if (kind) return { problems: status ? [status, kind] : [kind], isComparable: false };
  return {
    problems: [status, ...surroundingProblems(site, platform, rules)].filter((one) => one !== null),
    isComparable: true,
  };
}

/** Whether the two have anything to compare. */
function kindProblem(site: ComparedSite, platform: ComparedPlatform, rules: UpdateRules | null): Reason | null {
  const [from, to] = [site.application, platform.application];
  if (from === null || site.version === null || site.packages.length === 0)
    return {
      code: 'wrong-status',
      message: `what ${site.name} has enabled is not known`,
      hint: `Verify its platform, then run: aegir site verify ${site.name}.`,
    };
  if (to === null || platform.version === null || rules === null)
    return {
      code: 'wrong-status',
      message: `what ${platform.name} holds is not known`,
      hint: `Run: aegir platform verify ${platform.name}.`,
    };
  if (from !== to)
    return {
      code: 'invalid',
      message: `${site.name} is ${from}, and ${platform.name} holds ${to}`,
      hint: `Choose a platform with ${from}.`,
    };
  const jump = rules.refusesJump(site.version, platform.version);
  return jump && { code: 'invalid', message: jump.why, hint: jump.hint };
}

function surroundingProblems(
  { database }: ComparedSite,
  { name, version, php }: ComparedPlatform,
  rules: UpdateRules | null,
): readonly Reason[] {
  if (rules === null || version === null) return [];
  const badPhp = php === null ? null : rules.refusesPhp(version, php);
  const badDatabase =
    database.driver === null ? null : rules.refusesDatabase(database.driver, version, database.server);
  const no = (message: string | null, hint: string): Reason[] =>
    message === null ? [] : [{ code: 'invalid', message, hint }];
  return [
    ...no(badPhp, `Put another PHP on the server of ${name}, then verify that server.`),
    ...no(badDatabase, 'Choose another database service for it, or update that server.'),
  ];
}

function statusProblem({ name, status, isVerified }: ComparedPlatform): Reason | null {
  const no = (why: string, hint: string): Reason => ({
    code: 'wrong-status',
    message: `platform ${name} is ${why}`,
    hint,
  });
  if (status === 'deleted') return no('deleted', 'Choose another platform.');
  if (status === 'locked') return no('locked', `Choose another platform, or unlock it: aegir platform unlock ${name}.`);
  if (status !== 'enabled' || !isVerified) return no('not verified', `Run: aegir platform verify ${name}.`);
  return null;
}

function comparedPackages(
  site: ComparedSite,
  platform: ComparedPlatform,
  rules: UpdateRules,
): readonly ComparedPackage[] {
  const version = platform.version ?? '';
  const own = packagesInUse(site.own, site.profile);
  const [now, then] = [site.around, platform.packages].map(
    (all) => new Map([...packagesInUse(all, site.profile), ...own]),
  );
  const names = new Set([...(then?.values() ?? [])].map(({ name }) => name));
  const around: Surroundings = {
    ...{ version, php: platform.php, bearsIncompatible: rules.bearsIncompatible },
    isThere: (name) => names.has(name),
    bearsMissing: (one, copy) => rules.bearsMissing(version, one, copy),
  };
  return site.packages
    .map((one): ComparedPackage => {
      const key = packageKey(one);
      return { ...comparePackage(one, now?.get(key) ?? null, then?.get(key) ?? null, around), isOwn: own.has(key) };
    })
    .toSorted(byWeight);
}

/** Below each other in a list; together with type and name it is unique. */
const byWeight = (a: ComparedPackage, b: ComparedPackage): number =>
  levels.indexOf(b.level) - levels.indexOf(a.level) || (packageKey(a) < packageKey(b) ? -1 : 1);

/** What blocks, by cause: what is said of the packages, and what to do. */
const blocking: readonly (readonly [cause: Cause, said: (platform: ComparedPlatform) => string, hint: string])[] = [
  ['missing', ({ name }) => `missing on ${name}`, 'Add them to that platform, or uninstall them on the site first.'],
  ['downgrade', ({ name }) => `older on ${name} than on the site`, 'Choose a platform with releases that are as new.'],
  [
    'too-old',
    ({ name }) => `too old on the site to be updated by ${name}`,
    'Move the site to a platform with a release in between first.',
  ],
  [
    'other-core',
    ({ name, version }) => `not made for the ${version} of ${name}`,
    'Put releases that are on that platform, or uninstall them on the site first.',
  ],
  ['php', ({ name }) => `in need of another PHP than the server of ${name} has`, 'Put a newer PHP on that server.'],
  ['dependency', ({ name }) => `in need of something that is missing on ${name}`, 'Add it to that platform.'],
];

function packageProblems(platform: ComparedPlatform, packages: readonly ComparedPackage[]): readonly Reason[] {
  return blocking.flatMap(([cause, said, hint]) => {
    const all = packages.filter(({ findings }) => findings.some((one) => one.cause === cause && one.level === 'error'));
    const core = cause === 'downgrade' ? all.find(({ type }) => type === 'core') : undefined;
    // What comes with the core says nothing that the core does not.
    const told = core ? all.filter((one) => one === core || one.from.version !== core.from.version) : all;
    if (told.length === 0) return [];
    return [{ code: 'conflict' as const, message: `${said(platform)}: ${listed(told, cause)}`, hint }];
  });
}

/** So many are told of one by one, with why. */
const toldMax = 3;
const namedMax = 20;

function listed(all: readonly ComparedPackage[], cause: Cause): string {
  const text = ({ name, findings }: ComparedPackage): string =>
    `${name} (${findings.find((one) => one.cause === cause)?.text ?? ''})`;
  if (all.length <= toldMax && cause !== 'missing') return all.map(text).join(', ');
  const more = all.length > namedMax ? ` and ${all.length - namedMax} more` : '';
  return `${all
    .slice(0, namedMax)
    .map(({ name }) => name)
    .join(', ')}${more}`;
}
