import type { Machine } from '../../machine/machine.ts';
import { Problem } from '../../model/problem.ts';
import type { CodeBase } from '../application.ts';
import { phpVersion } from '../php-version.ts';
import { drupalRules } from './rules.ts';

/** Where the document root of a project may be, best first. */
const documentRoots = ['', 'web', 'docroot', 'html', 'public', 'www'];

/**
 * Finds Drupal 7 and later in a directory or in its web/, docroot/ and so on.
 * Throws 'invalid' for Drupal that cannot run: not built by Composer, without its vendor directory, too old or too new for the server's PHP.
 */
export async function detectDrupal(machine: Machine, root: string): Promise<CodeBase | null> {
  const composer = composerOf((await machine.read(`${root}/composer.json`)) ?? '');
  const candidates = [...new Set([...(composer.webRoot === null ? [] : [composer.webRoot]), ...documentRoots])].map(
    (name) => (name === '' ? root : `${root}/${name}`),
  );
  const texts = await machine.readMany(candidates.flatMap((at) => versionFiles.map(({ path }) => `${at}/${path}`)));
  for (const at of candidates) {
    const version = versionAt(texts, at);
    if (version === null) continue;
    await mustRun(machine, at, version);
    return { application: 'drupal', version, root: at };
  }
  if (composer.wantsDrupal)
    throw new Problem('invalid', `${root} is a Composer project whose Drupal is not there yet`, {
      hint: `Run 'composer install --no-dev' in ${root}, then verify the platform.`,
    });
  return null;
}

const versionFiles = [
  { path: 'core/lib/Drupal.php', pattern: /const VERSION = '([^']+)'/ },
  { path: 'includes/bootstrap.inc', pattern: /define\('VERSION', '([^']+)'\)/ },
  { path: 'modules/system/system.module', pattern: /define\('VERSION', '([^']+)'\)/ },
] as const;

function versionAt(texts: ReadonlyMap<string, string>, at: string): string | null {
  for (const { path, pattern } of versionFiles) {
    const version = pattern.exec(texts.get(`${at}/${path}`) ?? '')?.[1];
    if (version !== undefined) return version;
  }
  return null;
}

async function mustRun(machine: Machine, root: string, version: string): Promise<void> {
  const major = Number.parseInt(version, 10);
  if (major < 7)
    throw new Problem('invalid', `${root} holds Drupal ${version}, which is too old: Aegir runs 7 and later`);
  if (major >= 8 && (await autoloader(machine, root)) === null)
    throw new Problem('invalid', `Drupal ${version} in ${root} lacks vendor/autoload.php`, {
      hint: `Run 'composer install --no-dev' in the directory that holds its composer.json, then verify the platform.`,
    });
  const refused = drupalRules.refusesPhp(version, await phpVersion(machine));
  if (refused !== null)
    throw new Problem('invalid', `${refused} on ${machine.name}: ${root} cannot run`, {
      hint: 'Put another PHP on that server, or another Drupal there.',
    });
}

/** The autoloader that autoload.php of the document root loads: vendor/ in it, or beside it. */
async function autoloader(machine: Machine, root: string): Promise<string | null> {
  if ((await machine.stat(`${root}/autoload.php`)) === null) return null;
  for (const path of [`${root.replace(/\/[^/]+$/, '')}/vendor/autoload.php`, `${root}/vendor/autoload.php`])
    if ((await machine.stat(path)) !== null) return path;
  return null;
}

/** What composer.json says of the document root; a file that is no JSON says nothing. */
function composerOf(text: string): { readonly webRoot: string | null; readonly wantsDrupal: boolean } {
  const named = /"web-root"\s*:\s*"([A-Za-z0-9._/-]+?)\/*"/.exec(text)?.[1]?.replace(/^\.\//, '');
  const safe = named !== undefined && named !== '' && !named.startsWith('/') && !/(^|\/)\.{0,2}(\/|$)/.test(named);
  return {
    webRoot: safe ? named : null,
    wantsDrupal: /"drupal\/(core|core-recommended|recommended-project)"\s*:/.test(text),
  };
}

export const isSeven = (version: string | null): boolean => version !== null && Number.parseInt(version, 10) === 7;
