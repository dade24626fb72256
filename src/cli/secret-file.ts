import { readFileSync, statSync } from 'node:fs';
import { Problem } from '../model/problem.ts';

/** What a file holds that nobody else may read. Throws Problem 'unauthenticated' (as `absent` says), or 'forbidden'. */
export function secretFile(path: string, absent: { readonly message: string; readonly hint: string }): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new Problem('unauthenticated', absent.message, { hint: absent.hint });
  if ((found.mode & 0o077) !== 0)
    throw new Problem('forbidden', `others can read the token in ${path}`, { hint: `Run: chmod 600 ${path}` });
  return readFileSync(path, 'utf8').trim();
}
