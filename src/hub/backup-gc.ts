import { sql } from 'kysely';
import { Problem } from '../model/problem.ts';
import { expired, type Retention } from '../model/retention.ts';
import { askFor } from './ask.ts';
import { jsonb } from './database.ts';
import { byItself, type Hub } from './hub.ts';
import { demandPossible, taskTypeOf } from './possible.ts';
import { resolve } from './resolve.ts';
import { settingValue } from './setting.ts';

interface Row {
  readonly id: string;
  readonly siteId: string;
  readonly at: Date;
  readonly pinned: boolean;
  readonly rule: Retention;
}

/** The next run goes on with the rest. */
const deletedAtOnceMax = 1000;

/**
 * Asks that backups be deleted which the site's own rule, else the setting backup.retention, does not keep. Those of a deleted site have
 * the same rules; those that came from elsewhere and belong to no site here have none. Answers how many.
 */
export async function collectBackups({
  database: { db },
  ...hub
}: Pick<Hub, 'database' | 'catalog' | 'sealKey'>): Promise<number> {
  const rule = await settingValue(db, 'backup.retention');
  const { rows } = await sql<Row>`
    select backup.id, site_id, coalesce((manifest -> 'made' ->> 'at')::timestamptz, backup.created_at) as at, pinned,
           coalesce(backup_retention, ${rule === null ? null : jsonb(rule)}::jsonb) as rule
    from backup join site on site.id = backup.site_id
    where backup.status = 'enabled' and (backup_retention is not null or ${rule !== null})`.execute(db);
  const bySite = Map.groupBy(rows, ({ siteId }) => siteId);
  // All rows of a site have its rule.
  const gone = [...bySite.values()].flatMap((own) => (own[0] ? expired(own, own[0].rule) : []));
  const type = taskTypeOf(hub, 'backup', 'backup delete');
  let count = 0;
  for (const id of gone.slice(0, deletedAtOnceMax))
    try {
      await db.transaction().execute(async (tx) => {
        const asking = { tx, hub, ...byItself(type) };
        const backup = await resolve(asking, 'backup', id, { lock: true });
        await demandPossible(tx, type, backup);
        await askFor(asking, type, backup);
      });
      count++;
    } catch (error) {
      // It is being deleted already, or somebody has just pinned or restored it: the next run looks again.
      if (!(error instanceof Problem)) throw error;
    }
  return count;
}
