import { sql } from 'kysely';
import { Problem } from '../model/problem.ts';
import type { Asked } from './hub.ts';
import { ownerOf } from './possible.ts';
import { resolve } from './resolve.ts';

/** Gives a site a certificate of its own client; null: takes it away. The site is to be verified then. */
export async function giveCertificate(asked: Asked, site: string, named: string | null): Promise<void> {
  const { tx } = asked;
  const { id, name } = await resolve({ ...asked, endpoint: 'site set' }, 'site', site, { lock: true });
  const certificate =
    named === null ? null : await chosenCertificate(asked, named, (await ownerOf(tx, 'site', id)) ?? '', name);
  await sql`
    update site set certificate_id = ${certificate}, verify_wanted = true where id = ${id}`.execute(tx);
}

/** Id. Throws Problem 'forbidden' for one of another client: whoever has it could show themselves as that one. */
export async function chosenCertificate(asked: Asked, named: string, client: string, site: string): Promise<string> {
  const found = await resolve({ ...asked, endpoint: 'certificate get' }, 'certificate', named, { lock: true });
  const owner = await ownerOf(asked.tx, 'certificate', found.id);
  if (owner === client) return found.id;
  throw new Problem('forbidden', `certificate ${found.name} is not of the client of ${site}`, {
    hint: 'Choose one of the same client, or make one.',
    fields: [{ path: 'certificate', message: 'is of another client' }],
  });
}
