import { query } from '../machine/command.ts';
import type { Machine } from '../machine/machine.ts';
import { Problem } from '../model/problem.ts';
import type { Building, Source } from './source.ts';

export const debian: Source<'debian'> = {
  async installed({ package: name }, machine, { applications, note }) {
    await note(`${name} ${await versionOf(machine, name)} of Debian`);
    const { stdout } = await machine.run({ ...query`dpkg-query --listfiles ${name}`, quiet: true });
    const candidates = stdout.split('\n').filter((path) => /^\/usr\/share\/[^/]+$/.test(path));
    const found = await firstWithCode(machine, candidates, applications);
    if (found === null)
      throw new Problem('invalid', `the package ${name} installs no application that Aegir knows below /usr/share`, {
        hint: `It looks for ${applications.map(({ title }) => title).join(', ')}.`,
      });
    await mustBePublic(machine, found);
    return found;
  },
};

async function versionOf(machine: Machine, name: string): Promise<string> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholders
  const format = '${db:Status-Status} ${Version}';
  const asked = { ...query`dpkg-query --show --showformat ${format} ${name}`, allow: [0, 1, 127] };
  const [status, version] = (await machine.run(asked)).stdout.split(' ');
  if (status === 'installed' && version !== undefined) return version;
  throw new Problem('not-found', `the package ${name} is not installed on ${machine.name}`, {
    hint: `Install it there: apt-get install ${name}. Then verify the platform again.`,
  });
}

async function firstWithCode(
  machine: Machine,
  candidates: readonly string[],
  applications: Building['applications'],
): Promise<string | null> {
  for (const directory of candidates)
    for (const application of applications) if (await application.detect(machine, directory)) return directory;
  return null;
}

/** Links are followed, and may lead to settings (/etc/wordpress holds passwords): only what everybody may read becomes part of a platform, which everybody may read. */
export async function mustBePublic(machine: Machine, directory: string): Promise<void> {
  const odd = ['(', '!', '-perm', '-o=r', '-o', '!', '-type', 'f', '!', '-type', 'd', ')', '-printf', '%P\\0'];
  const { stdout } = await machine.run({ ...query`find -L ${directory} -mindepth 1 ${odd}`, quiet: true });
  const [first] = stdout.split('\0');
  if (!first) return;
  throw new Problem('invalid', `${directory}/${first} does not lead to a file that everybody may read`, {
    hint: 'A link of it may lead to settings of this server, or to a package that is missing.',
  });
}
