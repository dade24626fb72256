import { sql } from 'kysely';
import type { Given } from '../api/endpoints.ts';
import { byItself } from './hub.ts';
import type { Subject } from './queue.ts';
import type { ReserveRow } from './reserve-rows.ts';
import { cloneSite } from './site-clone.ts';
import type { Inserting } from './site-create.ts';

/**
 * Asks for a clone of the template, which is held, where the reserve makes its own; it is a spare from then on. `claimedBy`: whose
 * it is already. Throws what asking for a clone throws.
 */
export async function cloneTemplate(
  { tx, hub }: Pick<Inserting, 'tx' | 'hub'>,
  reserve: ReserveRow,
  template: Subject,
  wanted: Omit<Given<'site clone'>['body'], 'dryRun' | 'platform'>,
  { at, claimedBy }: { readonly at: Date; readonly claimedBy: { readonly accountId: string | null } | null },
): Promise<{ readonly site: string; readonly task: string }> {
  const place = reserve.platformId === null ? {} : { platform: reserve.platformId };
  const asking = { tx, hub, ...byItself({ noun: 'site' }) };
  const accountId = claimedBy?.accountId ?? null;
  const { site, task } = await cloneSite(asking, template, { ...wanted, ...place }, accountId);
  await sql`
    insert into spare (reserve_id, template_id, site_id, name, state, state_at, created_at, claimed_at, wanted, account_id,
                       task_id)
    values (${reserve.id}, ${template.id}, ${site}, ${wanted.name}, 'building', ${at}, ${at}, ${claimedBy ? at : null},
            ${claimedBy ? wanted.name : null}, ${accountId}, ${task})`.execute(tx);
  return { site, task };
}
