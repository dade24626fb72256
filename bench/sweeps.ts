import { readdir, readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { type HubDatabase, openDatabase } from '../src/hub/database.ts';
import { sweepNamed } from '../src/hub/sweeps.ts';
import { endTurn, placeTurns, type Turn, takeTurns } from '../src/hub/turns.ts';
import { placeOf } from '../src/model/queue.ts';
import { manySites } from '../tests/kit/many-sites.ts';
import { startCluster } from './cluster.ts';
import { type Figure, figure, percentile } from './figure.ts';
import { say, withResources } from './resources.ts';

const cron = sweepNamed({ sweeps: [] }, 'cron');
const [sites, servers, hours] = [10_000, 20, 24];
const [secondMs, minuteMs, hourMs] = [1000, 60_000, 3_600_000];
/** A look of the workers; real ones look every second. */
const lookMs = 5 * secondMs;
/** Two workers. */
const slots = 2 * 16;
const timeoutMs = 5 * minuteMs;
const start = Date.parse('2026-03-10T00:00:00Z');

/**
 * A day of a farm whose clock the bench moves: the hub's own code on its own PostgreSQL, with sites that only take time. One in a
 * hundred hangs until its time is over, whenever it is asked.
 */
export function sweeps(): Promise<readonly Figure[]> {
  return withResources(async (resources) => {
    const cluster = await startCluster(resources);
    const farm = await cluster.farm('sweeps');
    // A simulated second has no time for a disk that writes; nothing that is measured here depends on it.
    const url = new URL(farm.databaseUrl);
    url.searchParams.set('options', '-c synchronous_commit=off');
    const database = openDatabase(url.href);
    resources.defer(() => database.close());
    await manySites(database, sites, servers);
    say(`sweeps: ${sites} sites on ${servers} servers, a cron of an hour, ${hours} simulated hours`);
    const begun = { cpu: process.cpuUsage(), postgres: await postgresSeconds(database), at: performance.now() };
    const day = await play(database);
    const { user, system } = process.cpuUsage(begun.cpu);
    const cpuSeconds = (user + system) / 1e6 + (await postgresSeconds(database)) - begun.postgres;
    say(`  ${day.starts.length} runs in ${((performance.now() - begun.at) / 1000).toFixed(0)} s of real time`);
    return [...figures(day), ...costs(cpuSeconds)];
  });
}

interface Start {
  readonly id: string;
  readonly at: number;
  readonly lateMs: number;
}

interface Day {
  readonly starts: readonly Start[];
}

/** One in a hundred, of all servers. */
const hangs = (id: string): boolean => placeOf(String(Number(id) * 131)) < 0.01;
/** Most take well under a second, some several. */
const takesMs = (id: string): number => (hangs(id) ? timeoutMs : 200 + 4000 * placeOf(String(Number(id) * 7)) ** 4);

async function play({ db }: HubDatabase): Promise<Day> {
  const starts: Start[] = [];
  let running: { readonly turn: Turn; readonly endMs: number }[] = [];
  for (let at = start; at < start + hours * hourMs; at += lookMs) {
    const moment = sql<Date>`${new Date(at)}::timestamptz`;
    if ((at - start) % minuteMs === 0) await placeTurns(db, cron, { moment });
    const ended = running.filter(({ endMs }) => endMs <= at);
    running = running.filter(({ endMs }) => endMs > at);
    await Promise.all(ended.map(({ turn, endMs }) => end(db, turn, new Date(endMs))));
    const failing = running.filter(({ turn }) => turn.failures > 0).length;
    const room = { most: slots - running.length, mostFailing: slots / 2 - failing };
    for (const turn of await takeTurns(db, cron, { worker: 'bench', ...room, timeoutMs, moment })) {
      starts.push({ id: turn.subjectId, at, lateMs: at - turn.dueAt.getTime() });
      running.push({ turn, endMs: at + takesMs(turn.subjectId) });
    }
  }
  return { starts };
}

function end(db: HubDatabase['db'], turn: Turn, endedAt: Date): Promise<void> {
  const ending = hangs(turn.subjectId)
    ? ({ status: 'failed', problem: { code: 'timeout', message: 'it hangs', causes: [] } } as const)
    : ({ status: 'done' } as const);
  return endTurn(db, cron, turn, ending, { endedAt, window: null });
}

function figures({ starts }: Day): readonly Figure[] {
  const bySite = Map.groupBy(
    starts.filter(({ id }) => !hangs(id)),
    ({ id }) => id,
  );
  const hanging = new Set(starts.map(({ id }) => id).filter(hangs)).size;
  const inTime = [...bySite.values()].filter(isInTime).length / (sites - hanging);
  const late = [...bySite.values()].flat().map(({ lateMs }) => lateMs / 1000);
  const minutes = Array.from({ length: hours * 60 }, () => 0);
  for (const { at } of starts) {
    const minute = Math.floor((at - start) / minuteMs);
    minutes[minute] = (minutes[minute] ?? 0) + 1;
  }
  const asked = starts.filter(({ id }) => hangs(id)).length;
  return [
    figure({
      name: 'sites whose cron began within its period ± 5 %, each time, hanging ones apart',
      ...{ unit: '%', value: inTime * 100, goal: 'at least 99 %' },
      ok: (value) => value >= 99,
    }),
    figure({
      name: 'starts per minute, the most beside the mean',
      ...{ unit: '', value: Math.max(...minutes) / (starts.length / minutes.length), goal: 'under 1.5' },
      ok: (value) => value < 1.5,
    }),
    figure({
      name: `latest start of a site that does not hang, while ${hanging} hang (looks are ${lookMs / 1000} s apart)`,
      ...{ unit: 's', value: percentile(late, 1), goal: 'under a minute: nobody is late' },
      ok: (value) => value < 60,
    }),
    figure({
      name: '… in 99 % of all starts',
      ...{ unit: 's', value: percentile(late, 0.99), goal: 'at most two looks' },
      ok: (value) => value <= (2 * lookMs) / 1000,
    }),
    figure({
      name: 'how often a site that hangs was tried on that day',
      ...{ unit: '', value: asked / hanging, reference: hours, goal: 'at most a third of what others are' },
      ok: (value) => value <= hours / 3,
    }),
  ];
}

function isInTime(turns: readonly Start[]): boolean {
  const times = turns.map(({ at }) => at);
  const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0));
  const isFirst = (times[0] ?? Number.POSITIVE_INFINITY) <= start + hourMs * 1.05;
  return isFirst && turns.length >= hours - 1 && gaps.every((gap) => Math.abs(gap - hourMs) <= hourMs * 0.05);
}

function costs(cpuSeconds: number): readonly Figure[] {
  const megabytes = process.memoryUsage().rss / 1024 / 1024;
  return [
    figure({
      name: 'CPU of hub and PostgreSQL for the whole day',
      ...{ unit: '% of a core', value: (cpuSeconds / (hours * 3600)) * 100, goal: 'under 5 %' },
      ok: (value) => value < 5,
    }),
    figure({
      name: 'memory of this process: the hub, and all starts of the day',
      ...{ unit: 'MB', value: megabytes, goal: 'under 400 MB' },
      ok: (value) => value < 400,
    }),
  ];
}

const ticksPerSecond = 100;

/** All that this PostgreSQL has used until now, also of its processes that have ended. */
async function postgresSeconds({ db }: HubDatabase): Promise<number> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
  const postmaster = (await statOf(rows[0]?.pid ?? 0))?.[1] ?? 0;
  let ticks = 0;
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await statOf(Number(name));
    if (!stat) continue;
    // utime and stime; of the postmaster also those of its children that have ended.
    if (Number(name) === postmaster) ticks += sum(stat.slice(11, 15));
    else if (stat[1] === postmaster) ticks += sum(stat.slice(11, 13));
  }
  return ticks / ticksPerSecond;
}

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

/** The numbers behind the name, from the state on; null when it has just ended. */
async function statOf(pid: number): Promise<readonly number[] | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return (
    text
      ?.slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number) ?? null
  );
}
