import { stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { platformRoot } from '../model/platform.ts';
import { buildUser, type PlatformSource } from '../model/platform-source.ts';
import { Problem } from '../model/problem.ts';
import { installPackages } from './debian-packages.ts';
import { absentIsNull, exists, putFile, textOf } from './files.ts';
import { root as aegirRoot, platforms } from './places.ts';
import { ask, succeeds } from './program.ts';
import type { Say } from './screen.ts';
import { copyTree } from './tree.ts';

export interface FoundPlatform {
  readonly name: string;
  /** Below /var/aegir/platforms: its document root, or the directory that the hub builds. */
  readonly root: string;
  readonly source: PlatformSource;
  /** What was done to have it; null: it lay there already. */
  readonly did: string | null;
}

/** Its absolute path. Throws Problem 'not-found' or 'invalid' if there is no application in it, before anything is done. */
export async function checkedDocroot(given: string): Promise<string> {
  const docroot = resolve(process.env['AEGIR_CALLED_FROM'] ?? process.cwd(), given);
  if (!(await stat(docroot).catch(absentIsNull))?.isDirectory())
    throw new Problem('not-found', `there is no directory ${docroot}`, {
      hint: 'Name the directory of Drupal or WordPress.',
    });
  if (await exists(join(docroot, 'index.php'))) return docroot;
  const below = (await docrootsBelow(docroot))[0];
  const hint = below ? `Did you mean --platform ${below}?` : 'Name the directory in which index.php is.';
  throw new Problem('invalid', `there is no index.php in ${docroot}`, { hint });
}

const asItIs: PlatformSource = { type: 'path' };

/** The code base that was asked for: copied, unless it lies below /var/aegir already. */
export async function platformFrom(given: string, say: Say): Promise<FoundPlatform> {
  const docroot = await checkedDocroot(given);
  const project = (await exists(join(dirname(docroot), 'vendor'))) ? dirname(docroot) : docroot;
  if (docroot.startsWith(`${aegirRoot}/`))
    return { name: nameOf(project), root: mustBePlain(docroot), source: asItIs, did: null };
  return copied(project, docroot, say);
}

async function docrootsBelow(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of ['web', 'docroot', 'html', 'public'])
    if (await exists(join(directory, name, 'index.php'))) found.push(join(directory, name));
  return found;
}

/** A second code base of the same name gets a number; the same one is found again by the note beside it. */
async function copied(project: string, docroot: string, say: Say): Promise<FoundPlatform> {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? nameOf(project) : `${nameOf(project)}-${number}`;
    const [target, note] = [join(platforms, name), join(platforms, `.${name}.copied-from`)];
    const root = mustBePlain(join(target, relative(project, docroot)));
    const isThere = await exists(target);
    if (isThere && (await textOf(note)) !== `${project}\n`) continue;
    if (isThere) return { name, root, source: asItIs, did: null };
    say(`copying ${project}`);
    await putFile(note, `${project}\n`, { mode: 0o644 });
    await copyTree(project, target);
    return { name, root, source: asItIs, did: `copied ${project} to ${target}` };
  }
}

/** As much of the directory's name as a platform's name can hold. */
function nameOf(project: string): string {
  const plain = basename(project)
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 50);
  return plain === '' || /^\d+$/.test(plain) ? `platform-${plain || '1'}` : plain;
}

function mustBePlain(root: string): string {
  if (platformRoot.test(root)) return root;
  throw new Problem('invalid', `'${root}' holds a character that a platform's path cannot have`, {
    hint: 'Rename it: letters, digits, dots, hyphens and underscores.',
  });
}

/** Drupal where Composer can fetch it, else WordPress from Debian. The hub builds it. */
export async function platformAtHand(say: Say): Promise<FoundPlatform> {
  return (await drupalByComposer(say)) ?? (await wordpressFromDebian(say));
}

const askSeconds = 5;
const drupalProject = 'drupal/recommended-project';

/** Null where Packagist does not answer as it must to a build, or where no code of others can be run safely. */
async function drupalByComposer(say: Say): Promise<FoundPlatform | null> {
  const found: FoundPlatform = {
    ...{ name: 'drupal', root: join(platforms, 'drupal'), did: null },
    source: { type: 'composer', package: drupalProject },
  };
  if (await exists(found.root)) return found;
  say('asking Packagist for Drupal');
  const url = `https://repo.packagist.org/p2/${drupalProject}.json`;
  const curl = ['curl', '--fail', '--silent', '--noproxy', '*', '--max-time', `${askSeconds}`, '--output', '/dev/null'];
  if (!(await succeeds(['runuser', '-u', buildUser, '--', ...curl, url]))) return null;
  const sandbox = ['bwrap', '--unshare-all', '--unshare-user', '--disable-userns', '--ro-bind', '/', '/', 'true'];
  return (await succeeds(['runuser', '-u', buildUser, '--', ...sandbox])) ? found : null;
}

async function wordpressFromDebian(say: Say): Promise<FoundPlatform> {
  // 'php' beside it: else apt would take Apache's module to be the PHP that it needs.
  const did = await installPackages(['php', 'wordpress', 'wordpress-l10n', ...(await themes())], say);
  const source = { type: 'debian', package: 'wordpress' } as const;
  return { name: 'wordpress', root: join(platforms, 'wordpress'), source, did };
}

/** Without a theme there is nothing to see; which one comes with it differs by release. */
async function themes(): Promise<readonly string[]> {
  const { stdout } = await ask(['apt-cache', 'show', '--no-all-versions', 'wordpress']);
  return [...new Set(/^Recommends:.*$/m.exec(stdout)?.[0].match(/wordpress-theme-[a-z0-9-]+/g))];
}
