import { sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import type { Handler, Reader } from './hub.ts';
import { schemaOf } from './json-schema.ts';
import { contextOf, resolveContext } from './resolve.ts';
import { one } from './rows.ts';
import { iso } from './time.ts';

interface StatusRow {
  readonly version: string;
  readonly paused: boolean;
  readonly queued: number;
  readonly running: number;
  readonly stuck: number;
  readonly failedToday: number;
  readonly servers: number;
  readonly platforms: number;
  readonly sites: number;
}

/** Backups of sites that are here, and those of which a site could be made within the last 30 days. */
async function backupFigures(tx: Reader): Promise<Answer<'status'>['backups']> {
  const proven = sql`(tested ->> 'ok')::boolean and (tested ->> 'at')::timestamptz > now() - interval '30 days'`;
  const { rows } = await sql<Answer<'status'>['backups']>`
    select count(*)::int as total, (count(*) filter (where ${proven}))::int as proven,
           count(distinct site_id)::int as sites, (count(distinct site_id) filter (where ${proven}))::int as sites_proven
    from backup join site on site.id = backup.site_id
    where backup.status = 'enabled' and site.status <> 'deleted'`.execute(tx);
  return one(rows, 'the figures of backups');
}

const status: Handler<'status'> = async (_, { tx, hub }) => {
  const { rows } = await sql<StatusRow>`
    select current_setting('server_version') as version,
      coalesce((select paused from queue where name = 'task'), false) as paused,
      (select count(*)::int from task where status = 'queued') as queued,
      (select count(*)::int from task where status = 'running') as running,
      (select count(*)::int from task where status = 'stuck') as stuck,
      (select count(*)::int from task where ended_at > now() - interval '1 day' and status = 'failed') as failed_today,
      (select count(*)::int from server where status <> 'deleted') as servers,
      (select count(*)::int from platform where status <> 'deleted') as platforms,
      (select count(*)::int from site where status <> 'deleted' and copy_of is null) as sites`.execute(tx);
  const { version, paused, queued, running, stuck, failedToday, ...counts } = one(rows, 'the status');
  const workers = await sql<{ name: string; startedAt: Date; heartbeatAt: Date; waiting: string | null }>`
    select name, started_at, heartbeat_at, waiting from worker
    where heartbeat_at > now() - interval '15 seconds' order by name limit 200`.execute(tx);
  return {
    version: hub.version,
    database: { version },
    queue: { paused, queued, running, stuck, failedToday },
    workers: workers.rows.map((worker) => ({
      ...worker,
      startedAt: iso(worker.startedAt),
      heartbeatAt: iso(worker.heartbeatAt),
    })),
    counts,
    backups: await backupFigures(tx),
  };
};

const resolve: Handler<'resolve'> = async ({ params }, asked) => {
  const found = await resolveContext(asked, params.context);
  return { ...found, context: contextOf(found.noun, found.name) };
};

const engines: Handler<'engine list'> = async ({ query }, { hub }) => ({
  items: hub.catalog.engines
    .filter(({ type }) => query.type === undefined || query.type === type)
    .map(({ type, name, title, options, secrets }) => ({
      type,
      name,
      title,
      options: withPasswords(schemaOf(options), secrets),
      secrets: [...secrets],
    })),
});

/** So that a form does not show what is typed there. */
function withPasswords(schema: Record<string, unknown>, secrets: readonly string[]): Record<string, unknown> {
  const { properties = {} } = schema as { readonly properties?: Readonly<Record<string, object>> }; // JSON schema
  const sealed = secrets.map((name) => [name, { ...properties[name], format: 'password' }] as const);
  return { ...schema, properties: { ...properties, ...Object.fromEntries(sealed) } };
}

const applications: Handler<'application list'> = async (_, { hub }) => ({
  items: hub.catalog.applications.map(({ name, title }) => ({ name, title })),
});

const taskTypes: Handler<'task-type list'> = async (_, { hub }) => ({
  items: hub.catalog.taskTypes.map(({ name, noun, title, from, args }) => ({
    name,
    noun,
    verb: name.slice(noun.length + 1),
    title,
    from: [...from],
    args: schemaOf(args),
  })),
});

export const aboutHandlers = {
  status,
  resolve,
  'engine list': engines,
  'application list': applications,
  'task-type list': taskTypes,
};
