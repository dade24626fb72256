import type { Machine } from '../../machine/machine.ts';
import type { CodeBase } from '../application.ts';

const documentRoots = ['', 'web', 'docroot', 'html', 'public', 'www'];

/** WordPress in a directory, or in its web/ and so on. */
export async function detectWordpress(machine: Machine, root: string): Promise<CodeBase | null> {
  const candidates = documentRoots.map((name) => (name === '' ? root : `${root}/${name}`));
  const texts = await machine.readMany(candidates.map((at) => `${at}/wp-includes/version.php`));
  for (const at of candidates) {
    const version = /\$wp_version\s*=\s*'([^']+)'/.exec(texts.get(`${at}/wp-includes/version.php`) ?? '')?.[1];
    if (version !== undefined) return { application: 'wordpress', version, root: at };
  }
  return null;
}
