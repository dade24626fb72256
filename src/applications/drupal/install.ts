import type { Machine } from '../../machine/machine.ts';
import { Problem } from '../../model/problem.ts';
import type { InstalledSite } from '../application.ts';
import { drupalVerbs } from './verbs.ts';

/**
 * Core's own installer, by a script of ours. Throws 'invalid' for a profile that the platform does not have, as the
 * installer would only die of it, and 'conflict' for a database that is not empty.
 */
export async function drupalInstall(machine: Machine, installed: InstalledSite): Promise<void> {
  const { site, platform } = installed;
  const there = await profilesOf(machine, platform.root);
  if (!there.includes(site.profile))
    throw new Problem('invalid', `platform ${platform.name} has no profile '${site.profile.slice(0, 80)}'`, {
      hint: there.length === 0 ? `Look into ${platform.root}.` : `It has: ${there.join(', ')}.`,
    });
  await drupalVerbs.install(machine, installed);
}

async function profilesOf(machine: Machine, root: string): Promise<readonly string[]> {
  const find = {
    names: ['*.info.yml', '*.profile'],
    prune: ['modules', 'themes', 'src', 'tests', 'config'],
    depthMax: 3,
  };
  const found = await Promise.all(
    ['profiles', 'core/profiles', 'sites/all/profiles'].map((at) => machine.find(`${root}/${at}`, find)),
  );
  const names = found.flat().flatMap(({ path }) => {
    const [, directory, file] = /([^/]+)\/([^/]+?)\.(?:info\.yml|profile)$/.exec(path) ?? [];
    return file !== undefined && directory === file ? [file] : [];
  });
  return [...new Set(names)].toSorted();
}
