import { sql } from 'kysely';
import { Problem } from '../model/problem.ts';
import { mustFitByRows } from './comparison.ts';
import type { Hub, Reader } from './hub.ts';
import type { Subject } from './queue.ts';
import { one } from './rows.ts';
import type { HeldPlatform } from './site-platform.ts';

interface Asking {
  readonly tx: Reader;
  readonly hub: Pick<Hub, 'catalog'>;
}

/** Whether a site can go to this platform, as far as the hub knows. Throws the Problem with all reasons; the task looks once more. */
export async function demandMovable(asking: Asking, site: Subject, platform: HeldPlatform): Promise<void> {
  const now = await platformOf(asking.tx, site);
  if (now.id === platform.id)
    throw new Problem('invalid', `${site.name} is on platform ${now.name} already`, {
      hint: `To run its pending updates: aegir site update ${site.name}.`,
      fields: [{ path: 'platform', message: 'cannot carry this site' }],
    });
  await demandCarries(asking, site, platform);
}

/** Whether a site can be run by the code of this platform. Throws the Problem with all reasons; its own carries it. */
export async function demandCarries({ tx, hub }: Asking, site: Subject, platform: HeldPlatform): Promise<void> {
  if ((await platformOf(tx, site)).id === platform.id) return;
  await mustFitByRows(tx, hub, site.id, { platformId: platform.id });
}

async function platformOf(tx: Reader, site: Subject): Promise<{ readonly id: string; readonly name: string }> {
  const { rows } = await sql<{ id: string; name: string }>`
    select platform.id, platform.name from site join platform on platform.id = site.platform_id
    where site.id = ${site.id}`.execute(tx);
  return one(rows, `there is no site ${site.id}`);
}
