import { sql } from 'kysely';
import type { Given } from '../api/endpoints.ts';
import type { Json } from '../model/json.ts';
import type { Owner } from '../model/owner.ts';
import { jsonb } from './database.ts';
import { byItself } from './hub.ts';
import { later, type Subject } from './queue.ts';
import type { ReserveRow } from './reserve-rows.ts';
import { one } from './rows.ts';
import { cloneSite } from './site-clone.ts';
import type { Inserting } from './site-create.ts';

interface ClaimedBy {
  readonly accountId: string | null;
  readonly owner: Owner;
}

/**
 * Asks for a clone of the template, which is held, where the reserve makes its own; it is a spare from then on. `claimedBy`: whose
 * it is already. Throws what asking for a clone throws.
 */
export async function cloneTemplate(
  { tx, hub }: Pick<Inserting, 'tx' | 'hub'>,
  reserve: ReserveRow,
  template: Subject,
  wanted: Omit<Given<'site clone'>['body'], 'dryRun' | 'platform'>,
  { at, claimedBy }: { readonly at: Date; readonly claimedBy: ClaimedBy | null },
): Promise<{ readonly site: string; readonly task: string; readonly spare: string }> {
  const place = reserve.platformId === null ? {} : { platform: reserve.platformId };
  const asking = { tx, hub, ...byItself({ noun: 'site' }) };
  const accountId = claimedBy?.accountId ?? null;
  const by = claimedBy ? { accountId } : { priority: later };
  const { site, task } = await cloneSite(asking, template, { ...wanted, ...place }, by);
  const { rows } = await sql<{ id: string }>`
    insert into spare (reserve_id, template_id, site_id, name, state, state_at, created_at, claimed_at, wanted, account_id,
                       owner, task_id)
    values (${reserve.id}, ${template.id}, ${site}, ${wanted.name}, 'building', ${at}, ${at}, ${claimedBy ? at : null},
            ${claimedBy ? wanted.name : null}, ${accountId}, ${jsonb({ ...claimedBy?.owner } as Json)}::jsonb, ${task})
    returning id`.execute(tx);
  return { site, task, spare: one(rows, 'the spare just inserted').id };
}
