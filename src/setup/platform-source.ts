import { stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { platformRoot } from '../model/platform.ts';
import { Problem } from '../model/problem.ts';
import { installPackages } from './debian-packages.ts';
import { absentIsNull, exists, putFile, textOf } from './files.ts';
import { root as aegirRoot, platforms, user } from './places.ts';
import { ask, must } from './program.ts';
import type { Say } from './screen.ts';
import { copyTree } from './tree.ts';

export interface PlatformSource {
  readonly name: string;
  /** Its document root, below /var/aegir/platforms. */
  readonly root: string;
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

/** The code base that was asked for: copied, unless it lies below /var/aegir already. */
export async function platformFrom(given: string, say: Say): Promise<PlatformSource> {
  const docroot = await checkedDocroot(given);
  const project = (await exists(join(dirname(docroot), 'vendor'))) ? dirname(docroot) : docroot;
  if (docroot.startsWith(`${aegirRoot}/`)) return { name: nameOf(project), root: mustBePlain(docroot), did: null };
  return copied(project, docroot, say);
}

async function docrootsBelow(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of ['web', 'docroot', 'html', 'public'])
    if (await exists(join(directory, name, 'index.php'))) found.push(join(directory, name));
  return found;
}

/** A second code base of the same name gets a number; the same one is found again by the note beside it. */
async function copied(project: string, docroot: string, say: Say): Promise<PlatformSource> {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? nameOf(project) : `${nameOf(project)}-${number}`;
    const [target, note] = [join(platforms, name), join(platforms, `.${name}.copied-from`)];
    const root = mustBePlain(join(target, relative(project, docroot)));
    const isThere = await exists(target);
    if (isThere && (await textOf(note)) !== `${project}\n`) continue;
    if (isThere) return { name, root, did: null };
    say(`copying ${project}`);
    await putFile(note, `${project}\n`, { mode: 0o644 });
    await copyTree(project, target);
    return { name, root, did: `copied ${project} to ${target}` };
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

/** Drupal where Composer can fetch it, else WordPress from Debian. */
export async function platformAtHand(say: Say): Promise<PlatformSource> {
  return (await drupalByComposer(say)) ?? (await wordpressFromDebian(say));
}

const askTimeoutMs = 5000;
const composerMinutes = 15;
const drupalProject = 'drupal/recommended-project';

/** Null where there is no Composer, or where what it asks does not answer. */
async function drupalByComposer(say: Say): Promise<PlatformSource | null> {
  const target = join(platforms, 'drupal');
  const found = { name: 'drupal', root: join(target, 'web') };
  if (await exists(join(found.root, 'index.php'))) return { ...found, did: null };
  say('asking Composer for Drupal');
  const composer = ['runuser', '-u', user, '--', 'composer', '--no-interaction'] as const;
  const env = { HOME: '/tmp', COMPOSER_HOME: join(aegirRoot, 'hub/composer') };
  const answer = await ask([...composer, 'show', '--available', drupalProject], { timeoutMs: askTimeoutMs, env });
  if (answer.exitCode !== 0) return null;
  say('fetching Drupal by Composer');
  const fresh = `${target}.${process.pid}~`;
  await must([...composer, 'create-project', drupalProject, fresh], 'Give a code base instead: ./up --platform PATH', {
    timeoutMs: composerMinutes * 60_000,
    env,
  });
  await copyTree(fresh, target, { move: true });
  return { ...found, did: 'fetched Drupal by Composer' };
}

async function wordpressFromDebian(say: Say): Promise<PlatformSource> {
  const target = join(platforms, 'wordpress');
  const found = { name: 'wordpress', root: target };
  if (await exists(join(target, 'index.php'))) return { ...found, did: null };
  // 'php' beside it: else apt would take Apache's module to be the PHP that it needs.
  await installPackages(['php', 'wordpress', 'wordpress-l10n', ...(await themes())], say);
  say('copying WordPress');
  // It is full of links to other packages, and the web server must not follow any.
  await copyTree('/usr/share/wordpress', target, { follow: true });
  return { ...found, did: 'copied WordPress from Debian' };
}

/** Without a theme there is nothing to see; which one comes with it differs by release. */
async function themes(): Promise<readonly string[]> {
  const { stdout } = await ask(['apt-cache', 'show', '--no-all-versions', 'wordpress']);
  return [...new Set(/^Recommends:.*$/m.exec(stdout)?.[0].match(/wordpress-theme-[a-z0-9-]+/g))];
}
