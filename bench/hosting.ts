import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { type Call, connect } from '../src/api/call.ts';
import { overSocket } from '../src/cli/connection.ts';
import { type HubDatabase, openDatabase } from '../src/hub/database.ts';
import { followLog, type LoggedEvent } from '../src/hub/log.ts';
import { serverPaths } from '../src/model/server.ts';
import { startNginx, startPhpFpm } from '../tests/kit/web.ts';
import type { Cluster } from './cluster.ts';
import { type Mariadb, startMariadb } from './mariadb.ts';
import { startHub, startWorker } from './programs.ts';
import type { Resources } from './resources.ts';

const taskMaxMs = 180_000;

/** A task that is done: its log, and its times by the database's clock. */
export interface DoneTask {
  readonly events: readonly LoggedEvent[];
  /** From the commit of the request to the last event. */
  readonly askedToEndMs: number;
  /** From the claim to the last event. */
  readonly claimToEndMs: number;
}

/** A server with nginx, php-fpm and MariaDB of its own, verified, and everything of Aegir that hosts on it. */
export interface Hosting {
  readonly call: Call;
  readonly mariadb: Mariadb;
  /** Of the web server, on 127.0.0.1. */
  readonly port: number;
  /** Where platforms go. */
  readonly directory: string;
  /** Waits for its end. Throws, with the log, if it is not done. */
  done(task: { readonly id: string }): Promise<DoneTask>;
  /** Ends hub and worker, so that they disturb nobody. */
  end(): Promise<void>;
}

export async function startHosting(resources: Resources, cluster: Cluster): Promise<Hosting> {
  const directory = await resources.directory('hosting');
  const paths = serverPaths(join(directory, 'aegir'), 'master');
  const fpm = await startPhpFpm(directory);
  resources.defer(() => fpm.stop());
  const nginx = await startNginx(directory, `${paths.config}/nginx.conf`);
  resources.defer(() => nginx.stop());
  const mariadb = await startMariadb(resources);
  const farm = { ...(await cluster.farm('hosting')), nginx: nginx.program };
  const hub = await startHub(resources, farm);
  const worker = await startWorker(resources, farm, 2);
  const database = openDatabase(farm.databaseUrl);
  resources.defer(() => database.close());
  const call = connect(overSocket(farm.socketPath));
  const http = { port: nginx.port, tlsPort: nginx.tlsPort, addresses: ['127.0.0.1'] };
  await call('setting set', { params: { name: 'site.fpm-socket' }, body: { value: fpm.socket } });
  const { task } = await call('server create', {
    body: {
      name: 'master',
      root: paths.root,
      services: [
        { type: 'http', engine: 'nginx', options: http },
        { type: 'db', engine: 'mysql', options: { user: 'root', socket: mariadb.socket } },
      ],
    },
  });
  const hosting: Hosting = {
    ...{ call, mariadb, port: nginx.port, directory: paths.platforms },
    done: (one) => done(database, one.id),
    async end() {
      await worker.end();
      await hub.end();
    },
  };
  await hosting.done(task);
  return hosting;
}

async function done(database: HubDatabase, task: string): Promise<DoneTask> {
  const events: LoggedEvent[] = [];
  const signal = AbortSignal.timeout(taskMaxMs);
  for await (const event of followLog(database, task, 0, signal)) events.push(event);
  const last = events.at(-1)?.data;
  if (last?.type !== 'task.done') {
    const { rows } = await database.pool.query(
      `select one.id, one.name, one.status, one.locks, one.run_at, one.after_id, one.worker, one.attempt, one.heartbeat_at, now()
       from task one where one.id = $1 or one.status in ('queued', 'running') order by one.id limit 20`,
      [task],
    );
    const said = [...events.map(({ data }) => data), ...rows].map((one) => JSON.stringify(one));
    throw new Error(`task ${task} is not done: ${said.join('\n')}`);
  }
  const { rows } = await database.pool.query<{ asked: number; claim: number }>(
    `select extract(epoch from max(event.at) - task.created_at)::float8 * 1000 as asked,
            extract(epoch from max(event.at) - task.started_at)::float8 * 1000 as claim
     from task join event on event.task_id = task.id where task.id = $1 group by task.id`,
    [task],
  );
  const [times] = rows;
  if (!times) throw new Error(`there is no task ${task}`);
  return { events, askedToEndMs: times.asked, claimToEndMs: times.claim };
}

/** Each step and command with when it began and how long it took. */
export function timeline(events: DoneTask['events']): string {
  const from = events[0]?.at.getTime() ?? 0;
  return events
    .flatMap(({ at, data }) => {
      const when = `    ${String(at.getTime() - from).padStart(6)} ms  `;
      if (data.type === 'step.started') return [`${when}${data.step}`];
      if (data.type === 'check.done' || data.type === 'task.done') return [`${when}${data.type}`];
      if (data.type === 'command.started') return [`${when}  ${data.command.slice(0, 110)}`];
      if (data.type === 'command.done') return [`${when}    ${data.ms} ms`];
      return data.type === 'note' ? [`${when}  ${data.text}`] : [];
    })
    .join('\n');
}

/** A copy of the code, made a platform and verified. `root` is below the copy: '' or 'web'. Answers how long the first verify took. */
export async function addPlatform(
  { call, directory, done: wait }: Hosting,
  {
    name,
    source,
    root,
    prepare,
  }: { name: string; source: string; root: string; prepare?: (copy: string) => Promise<void> },
): Promise<DoneTask> {
  const copy = join(directory, name);
  await copyCode(source, copy);
  await prepare?.(copy);
  const { task } = await call('platform create', { body: { name, root: join(copy, root) } });
  return wait(task);
}

/** Links become what they point at: Debian's WordPress points into other packages. */
export const copyCode = (source: string, copy: string): Promise<void> =>
  cp(source, copy, { recursive: true, dereference: true });
