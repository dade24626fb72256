import { sql } from 'kysely';
import { Problem } from '../model/problem.ts';
import type { Reader } from './hub.ts';
import type { Subject } from './queue.ts';
import { one } from './rows.ts';
import type { HeldPlatform } from './site-platform.ts';

/** Whether a site can go to this platform, as far as the hub knows. Throws Problem 'conflict' or 'invalid'; the task looks once more. */
export async function demandMovable(tx: Reader, site: Subject, platform: HeldPlatform): Promise<void> {
  const { rows } = await sql<{ id: string; name: string; application: string | null }>`
    select platform.id, platform.name, platform.application
    from site join platform on platform.id = site.platform_id where site.id = ${site.id}`.execute(tx);
  const now = one(rows, `there is no site ${site.id}`);
  const refuse = (message: string, hint: string): Problem =>
    new Problem('invalid', message, { hint, fields: [{ path: 'args.platform', message: 'cannot carry this site' }] });
  if (now.id === platform.id)
    throw refuse(`${site.name} is on platform ${now.name} already`, 'To run its pending updates: aegir site update.');
  if (now.application !== platform.application)
    throw refuse(
      `${site.name} is a site of ${now.application}, and platform ${platform.name} holds ${platform.application}`,
      'Choose a platform of the same application: aegir platform list.',
    );
}
