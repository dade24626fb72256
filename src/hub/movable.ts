import { sql } from 'kysely';
import { Problem } from '../model/problem.ts';
import type { Reader } from './hub.ts';
import type { Subject } from './queue.ts';
import { one } from './rows.ts';
import type { HeldPlatform } from './site-platform.ts';

/** Whether a site can go to this platform, as far as the hub knows. Throws Problem 'invalid'; the task looks once more. */
export async function demandMovable(tx: Reader, site: Subject, platform: HeldPlatform): Promise<void> {
  const now = await platformOf(tx, site);
  if (now.id === platform.id)
    throw refusal(
      `${site.name} is on platform ${now.name} already`,
      `To run its pending updates: aegir site update ${site.name}.`,
    );
  await demandCarries(tx, site, platform);
}

/** Whether a site can be run by the code of this platform. Throws Problem 'invalid'. */
export async function demandCarries(tx: Reader, site: Subject, platform: HeldPlatform): Promise<void> {
  const now = await platformOf(tx, site);
  if (now.application !== platform.application)
    throw refusal(
      `${site.name} is a site of ${now.application}, and platform ${platform.name} holds ${platform.application}`,
      'Choose a platform of the same application: aegir platform list.',
    );
}

interface PlatformOf {
  readonly id: string;
  readonly name: string;
  readonly application: string | null;
}

async function platformOf(tx: Reader, site: Subject): Promise<PlatformOf> {
  const { rows } = await sql<PlatformOf>`
    select platform.id, platform.name, platform.application
    from site join platform on platform.id = site.platform_id where site.id = ${site.id}`.execute(tx);
  return one(rows, `there is no site ${site.id}`);
}

const refusal = (message: string, hint: string): Problem =>
  new Problem('invalid', message, { hint, fields: [{ path: 'platform', message: 'cannot carry this site' }] });
