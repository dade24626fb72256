import type { Machine } from '../../machine/machine.ts';
import { putFile } from '../../machine/put.ts';
import { Problem } from '../../model/problem.ts';

/** A file that all of a web server's names answer with, below acmePath. */
export async function putChallenge(
  machine: Machine,
  directory: string,
  token: string,
  text: string | null,
): Promise<void> {
  // As RFC 8555 writes it; it comes from the authority and becomes a path.
  if (!/^[A-Za-z0-9_-]{1,200}$/.test(token))
    throw new Problem('conflict', 'the authority gave a token that is none', { hint: 'Is acme.directory right?' });
  if (text === null) await machine.remove(`${directory}/${token}`);
  else await putFile(machine, `${directory}/${token}`, text, { mode: '0644' });
}
