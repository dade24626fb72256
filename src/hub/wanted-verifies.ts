import { sql } from 'kysely';
import { Problem } from '../model/problem.ts';
import { askFor } from './ask.ts';
import { byItself, type Hub } from './hub.ts';
import { demandPossible, taskTypeOf } from './possible.ts';
import { resolve } from './resolve.ts';

const atOnceMax = 100;

/** Asks for `site verify` of sites that are made of something which has changed: their certificate. Any number of hubs may do it. */
export async function askWantedVerifies(hub: Pick<Hub, 'database' | 'catalog' | 'sealKey'>): Promise<void> {
  const { db } = hub.database;
  const { rows } = await sql<{
    id: string;
  }>`select id from site where verify_wanted order by id limit ${atOnceMax}`.execute(db);
  const type = taskTypeOf(hub, 'site', 'site verify');
  for (const { id } of rows)
    await db.transaction().execute(async (tx) => {
      const { rows: still } = await sql`
        update site set verify_wanted = false where id = ${id} and verify_wanted and status <> 'deleted' returning id`.execute(
        tx,
      );
      if (still.length === 0) return;
      const asking = { tx, hub, ...byItself(type) };
      const site = await resolve(asking, 'site', id, { lock: true });
      try {
        await demandPossible(tx, type, site);
      } catch (error) {
        // One that is not made yet is made with it; one that is being deleted needs it no more.
        if (error instanceof Problem && error.code === 'wrong-status') return;
        throw error;
      }
      await askFor(asking, type, site, {});
    });
}
