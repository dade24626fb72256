import type { Application, PackageScan } from '../applications/application.ts';
import { unsettled } from '../applications/incremental-scan.ts';
import type { Machine } from '../machine/machine.ts';
import type { Changes } from '../machine/put.ts';
import { Problem } from '../model/problem.ts';

/** What a directory turned out to hold. */
export interface Code {
  readonly application: Application;
  /** The document root. */
  readonly root: string;
  readonly version: string;
}

/** Throws Problem 'not-found' for a directory that is not there, 'invalid' for one that cannot be a platform. */
export async function detectCode(machine: Machine, applications: readonly Application[], root: string): Promise<Code> {
  if ((await machine.stat(root))?.kind !== 'directory')
    throw new Problem('not-found', `there is no directory ${root} on ${machine.name}`, {
      hint: 'Put the code there, or correct the root of the platform.',
    });
  for (const application of applications) {
    const code = await application.detect(machine, root);
    if (code) return { application, root: code.root, version: code.version };
  }
  throw new Problem('invalid', `${root} holds no application that Aegir knows`, {
    hint: `It looks for ${applications.map(({ title }) => title).join(', ')} there and in web/, docroot/, html/ and public/.`,
  });
}

const toldMax = 20;

/** How code differs from what was found the last time, which is what a look at it then takes for right. None for the first. */
export function changedCode(root: string, before: PackageScan | null, now: PackageScan): Changes {
  if (before === null || before.scanner !== now.scanner) return [];
  const byPath = ({ packages }: PackageScan) => new Map(packages.map((one) => [one.path, one]));
  const [old, fresh] = [byPath(before), byPath(now)];
  const packages = [...new Set([...old.keys(), ...fresh.keys()])].toSorted().flatMap((path) => {
    const [was, is] = [old.get(path), fresh.get(path)];
    if (was && !is) return [`the code of ${was.name} ${was.version ?? ''} is gone from ${root}/${path}`];
    if (is && !was) return [`the code of ${is.name} ${is.version ?? ''} is new in ${root}/${path}`];
    if (was && is && was.version !== is.version)
      return [
        `the code of ${is.name} in ${root}/${path} was ${was.version ?? 'without a version'} and is ${is.version ?? 'without one'} now`,
      ];
    return [];
  });
  const told = packages.length > 0 ? packages : changedPlaces(before, now).map((path) => `${root}/${path} was changed`);
  return told.length <= toldMax ? told : [...told.slice(0, toldMax), `${told.length - toldMax} more in ${root}`];
}

/**
 * Files and directories that do not look as they did. Only those that somebody searches in: not every file of the code.
 * Of what had just been written, as we ourselves do where a platform is new, the first look cannot tell whether a later one differs.
 */
const changedPlaces = ({ seen: old }: PackageScan, { seen }: PackageScan): readonly string[] =>
  [...new Set([...Object.keys(old), ...Object.keys(seen)])]
    .filter((path) => old[path] !== unsettled && old[path] !== seen[path])
    .toSorted();
