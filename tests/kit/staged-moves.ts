import type { TestContext } from 'node:test';
import { sql } from 'kysely';
import { releaseAllocated } from '../../src/hub/allocated.ts';
import { jsonb } from '../../src/hub/database.ts';
import { runStagedMoves } from '../../src/hub/staged-move-run.ts';
import type { Seen } from '../../src/model/staged-move.ts';
import { addPlatform, endTasks, furnished, publishElsewhere, setStatus, type TestHub } from './hub.ts';

// Moves in stages on real tables, with a clock of the test's own; tasks end as a test says.

export const site = 'www.example.com';
export const path = `/api/sites/${site}/staged-move`;
export const day = 24 * 60;
export const start = new Date(Date.now() + 60_000);
export const after = (minutes: number): Date => new Date(start.getTime() + minutes * 60_000);

/** A site on d10 with its records at a dns service, which the world remembers for two hours; `elsewhere` is on another web server. */
export async function withSite(t: TestContext): Promise<TestHub> {
  const made = await furnished(t);
  const { db } = made.hub.database;
  await addPlatform(made, 'beside');
  await publishElsewhere(made);
  await made.good('POST', '/api/sites', { name: site, platform: 'd10', dns: 'master' });
  await setStatus(made, 'site', site, 'enabled');
  await endTasks(made);
  await sql`
    insert into dns_record (site_id, service_id, name, pointing)
    select site.id, dns_service_id, site.name, '{"name": "", "addresses": [], "host": null, "ttlSeconds": 7200}' from site
    where name = ${site}`.execute(db);
  return made;
}

export type Ends = (
  name: string,
  args: { readonly strict?: boolean },
) => Partial<Seen> | 'failed' | 'cancelled' | 'goes on';
export const well: Seen = { ttlBefore: 7200, ttl: 60, missing: [], frontPage: 200 };
const allWell: Ends = () => well;

/** All tasks end as a worker would end them. */
export async function work({ hub }: Pick<TestHub, 'hub'>, ends: Ends = allWell): Promise<void> {
  const { db } = hub.database;
  const { rows } = await sql<{ id: string; name: string; args: { strict?: boolean; platform?: string }; site: string }>`
    select id, name, args, subject_id as site from task where status = 'queued' and subject_type = 'site' order by id`.execute(
    db,
  );
  for (const { id, name, args, site: subject } of rows) {
    const end = ends(name, args);
    if (end === 'goes on') continue;
    const status = typeof end === 'string' ? end : 'done';
    const problem = { code: 'application-failed', message: 'the test wants it', causes: [] };
    await sql`
      update task set status = ${status}, ended_at = now(), result = ${typeof end === 'string' ? null : jsonb(end)}::jsonb,
        problem = ${status === 'done' ? null : jsonb(problem)}::jsonb where id = ${id}`.execute(db);
    await releaseAllocated(db, id);
    if (name === 'site migrate' && status === 'done')
      await sql`
        update site set platform_id = (select id from platform where name = ${args.platform}) where id = ${subject}`.execute(
        db,
      );
  }
}

/** Until nothing moves any more at that time. */
export async function settle(made: TestHub, at: Date, ends?: Ends): Promise<void> {
  for (let round = 0; round < 4; round++) {
    await runStagedMoves(made.hub, at);
    await work(made, ends);
  }
  await runStagedMoves(made.hub, at);
}

export const begun = (made: TestHub, more: object = {}) => made.good('POST', path, { platform: 'elsewhere', ...more });
export const where = async ({ good }: TestHub): Promise<string> => {
  const { status, stage } = await good('GET', path);
  return status === 'running' ? stage : stage === status ? status : `${stage} ${status}`;
};

/** How long the records may be remembered by what the hub gives to tasks just now; null: as they always are. */
export async function limit({ hub }: Pick<TestHub, 'hub'>): Promise<number | null> {
  const { rows } = await sql<{ ttl: number }>`
    select ttl_s as ttl from staged_move where stage in ('lower', 'wait', 'move', 'watch')`.execute(hub.database.db);
  return rows[0]?.ttl ?? null;
}

export const migrates = async ({ hub }: Pick<TestHub, 'hub'>): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from task where name = 'site migrate' and not dry_run`.execute(hub.database.db);
  return rows[0]?.n ?? 0;
};
