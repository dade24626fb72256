import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Json } from '../model/json.ts';
import { secondsOf } from '../model/period.ts';
import { Problem } from '../model/problem.ts';
import type { Catalog } from '../tasks/catalog.ts';
import type { Noun } from '../tasks/task-type.ts';
import { settingValue } from './setting.ts';
import { cronSeconds } from './site-cron.ts';
import type { Tables } from './tables.ts';

/** What is done to many subjects by period, each at its own time. */
export interface SweepQueue {
  readonly name: string;
  readonly about: string;
  readonly noun: Noun;
  /** Unless a person says otherwise; 0: never. */
  readonly everySeconds: number;
  /** Turns of one server at once, likewise. */
  readonly atOnce: number;
  /** A task that the hub asks for; or what a worker does without one (tasks/run-types.ts has it by the queue's name), and for how long. */
  readonly does: { readonly task: string; readonly args: Json } | { runMs(db: Kysely<Tables>): Promise<number> };
  /** Rows of (id, server_id, every_s); `everySeconds` is the queue's period. Those with 0 have no turn. */
  subjects(db: Kysely<Tables>, everySeconds: number): Promise<RawBuilder<unknown>>;
}

/** Ours, and those that plug-ins add. */
export const sweepQueues = ({ sweeps }: Pick<Catalog, 'sweeps'>): readonly SweepQueue[] => [
  cron,
  backups,
  backupTests,
  statistics,
  certificates,
  requests,
  ...drifts,
  ...sweeps.map(({ name, everyMs, task }): SweepQueue => {
    const noun = task.split(' ')[0] as Noun; // of a task type, which the catalog has looked up
    return {
      ...{ name, noun, about: `adds '${task}'`, everySeconds: Math.ceil(everyMs / 1000), atOnce: 10 },
      does: { task, args: {} },
      subjects: async (_, everySeconds) => enabled(noun, sql`${everySeconds}::int`),
    };
  }),
];

/** Throws Problem 'not-found'. */
export function sweepNamed(catalog: Pick<Catalog, 'sweeps'>, name: string): SweepQueue {
  const found = sweepQueues(catalog).find((queue) => queue.name === name);
  if (found) return found;
  throw new Problem('not-found', 'no queue of that name has turns', {
    hint: 'aegir queue list shows those that have.',
  });
}

const cron: SweepQueue = {
  name: 'cron',
  about: "runs each site's own cron, over the web or by command line",
  noun: 'site',
  everySeconds: cronSeconds,
  atOnce: 4,
  does: { runMs: async (db) => (await settingValue(db, 'cron.seconds-max')) * 1000 },
  async subjects(db, everySeconds) {
    const every = await settingValue(db, 'cron.every');
    const seconds = Object.fromEntries(Object.entries(every).map(([name, text]) => [name, secondsOf(text)]));
    const ofApplication = sql`(${JSON.stringify(seconds)}::jsonb ->> platform.application)::int`;
    const period = sql`coalesce(site.cron_every_s, ${ofApplication}, ${everySeconds}::int)`;
    return sql`${enabled('site', period)} and not ${ownCron}`;
  },
};

const backups: SweepQueue = {
  name: 'backup',
  about: 'backs sites up',
  noun: 'site',
  everySeconds: 0,
  atOnce: 2,
  does: { task: 'site backup', args: { reason: 'schedule' } },
  subjects: async (_, everySeconds) => sql`
    select site.id, platform.server_id, coalesce(site.backup_every_s, ${everySeconds}::int) as every_s
    from site join platform on platform.id = site.platform_id
    where site.status in ('enabled', 'disabled') and site.copy_of is null`,
};

/** Those of a site that is there, as it is tried beside it. */
const backupTests: SweepQueue = {
  name: 'backup test',
  about: 'proves, one after the other, that a site can be made of each backup',
  noun: 'backup',
  everySeconds: 0,
  atOnce: 1,
  does: { task: 'backup test', args: {} },
  subjects: async (_, everySeconds) => sql`
    select backup.id, platform.server_id, ${everySeconds}::int as every_s
    from backup join site on site.id = backup.site_id join platform on platform.id = site.platform_id
    where backup.status = 'enabled' and site.status in ('enabled', 'disabled')`,
};

const statistics: SweepQueue = {
  name: 'statistics',
  about: "counts each site's users, posts and comments, and what it takes",
  noun: 'site',
  everySeconds: 24 * 3600,
  atOnce: 2,
  does: { runMs: async () => 15 * 60_000 },
  subjects: async (_, everySeconds) => enabled('site', sql`${everySeconds}::int`),
};

const requests: SweepQueue = {
  name: 'requests',
  about: "counts the requests to each server's sites, from where its web server's log was read to",
  noun: 'server',
  everySeconds: 3600,
  atOnce: 1,
  does: { runMs: async () => 15 * 60_000 },
  subjects: async (_, everySeconds) => sql`
    select server.id, server.id as server_id, ${everySeconds}::int as every_s from server
    where server.status = 'enabled' and exists (
      select from service where service.server_id = server.id and type = 'http' and engine <> 'null' and status = 'enabled')`,
};

/** Sites and platforms that nobody is at work on: that a task has not done yet what the hub says is no drift. */
const drifts: readonly SweepQueue[] = (['site', 'platform'] as const).map((noun) => ({
  ...{ name: `${noun} drift`, noun, everySeconds: 24 * 3600, atOnce: 2 },
  about: `looks what of each ${noun} on its server differs from what the hub wrote, and changes nothing`,
  does: { runMs: async () => 5 * 60_000 },
  subjects: async (_, everySeconds) =>
    noun === 'site'
      ? sql`select site.id, platform.server_id, ${everySeconds}::int as every_s
            from site join platform on platform.id = site.platform_id
            where site.status in ('enabled', 'disabled') and site.copy_of is null`
      : sql`select platform.id, platform.server_id, ${everySeconds}::int as every_s from platform
            where platform.status in ('enabled', 'locked')`,
}));

/** Those whose life is nearly over, and those that could not be had; one that fails waits longer each time. */
const certificates: SweepQueue = {
  name: 'certificates',
  about: 'obtains the next certificate when a third of the life of one is left',
  noun: 'certificate',
  everySeconds: 6 * 3600,
  atOnce: 2,
  does: { task: 'certificate obtain', args: {} },
  subjects: async (_, everySeconds) => sql`
    select certificate.id, load.server_id, ${everySeconds}::int as every_s from certificate
      cross join lateral (
        select platform.server_id from site join platform on platform.id = site.platform_id
          where site.certificate_id = certificate.id and site.status <> 'deleted'
        union all
        select service.server_id from service where service.id = certificate.dns_service_id
        limit 1) as load
    where certificate.kind = 'acme' and certificate.status in ('enabled', 'failed')
      and (certificate.not_after is null or certificate.not_after - (certificate.not_after - certificate.not_before) / 3 < now())`,
};

/** Whether the server does it by itself. */
const ownCron = sql`exists (select from service where service.server_id = platform.server_id and service.type = 'cron'
  and service.engine = 'crontab' and service.status = 'enabled')`;

/** All that are enabled, with the server that they load. */
function enabled(noun: Noun, every: RawBuilder<unknown>): RawBuilder<unknown> {
  const rows = {
    server: sql`select server.id, server.id as server_id, ${every} as every_s from server where server.status = 'enabled'`,
    platform: sql`select platform.id, platform.server_id, ${every} as every_s from platform
      where platform.status = 'enabled'`,
    site: sql`select site.id, platform.server_id, ${every} as every_s
      from site join platform on platform.id = site.platform_id
      where site.status = 'enabled' and site.copy_of is null`,
    backup: sql`select backup.id, backup.server_id, ${every} as every_s from backup where backup.status = 'enabled'`,
    certificate: sql`select certificate.id, platform.server_id, ${every} as every_s
      from certificate join site on site.certificate_id = certificate.id join platform on platform.id = site.platform_id
      where certificate.status = 'enabled' and site.status = 'enabled'`,
  };
  return rows[noun];
}
