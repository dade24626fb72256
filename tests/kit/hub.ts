import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { sql } from 'kysely';
import { builtIn } from '../../src/built-in.ts';
import { hubApp } from '../../src/hub/app.ts';
import { jsonb } from '../../src/hub/database.ts';
import type { Hub } from '../../src/hub/hub.ts';
import type { Panel } from '../../src/hub/panel.ts';
import { sealKey } from '../../src/hub/seal.ts';
import { found } from './comparison.ts';
import { testDatabase } from './postgres.ts';

/** What the hub answered, for a test to look into: any field may be asked for and is unknown until it is compared. */
// biome-ignore lint/suspicious/noExplicitAny: the contract tests compare with literals; a type here would be written twice.
export type Answered = any;

interface Ask {
  readonly token?: string;
  readonly headers?: Record<string, string>;
  /** The body as it is, instead of JSON. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
}

export interface TestHub {
  readonly hub: Hub;
  readonly databaseUrl: string;
  readonly app: ReturnType<typeof hubApp>;
  readonly bugs: readonly unknown[];
  /** Without a token it comes as through the socket. */
  ask(
    method: string,
    path: string,
    body?: unknown,
    more?: Ask,
  ): Promise<{ status: number; body: Answered; response: Response }>;
  /** The answer, which must have this status. */
  good(method: string, path: string, body?: unknown, more?: Ask): Promise<Answered>;
  /** The problem document, which must have this code. */
  problem(code: string, method: string, path: string, body?: unknown, more?: Ask): Promise<Answered>;
  /** How many rows each table has. */
  counts(): Promise<Readonly<Record<string, number>>>;
}

const counted = [
  'client',
  'account',
  'token',
  'server',
  'service',
  'platform',
  'site',
  'alias',
  'task',
  'setting',
  'idempotency',
];

/** A hub on a database of this test alone, asked without a port. Fails the test if it meets a bug. */
export async function testHub(t: TestContext, panel?: Panel): Promise<TestHub> {
  const database = await testDatabase(t);
  const transfers = await mkdtemp(join(tmpdir(), 'aegir-transfers-'));
  t.after(() => rm(transfers, { recursive: true, force: true }));
  const bugs: unknown[] = [];
  const hub: Hub = {
    database,
    sealKey: sealKey(randomBytes(32)),
    catalog: builtIn,
    version: '0.0.0-test',
    address: 'http://localhost:8460',
    transfers,
    onBug: (_, error) => void bugs.push(error),
  };
  const app = hubApp(hub, panel);
  const ask: TestHub['ask'] = async (method, path, body, more = {}) => {
    const given = more.raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const headers = {
      ...(given !== undefined && { 'content-type': 'application/json' }),
      ...(more.token !== undefined && { authorization: `Bearer ${more.token}` }),
      ...more.headers,
    };
    const request = { method, headers, ...(given !== undefined && { body: given }) };
    const response = await app.request(path, request, { local: more.token === undefined });
    const text = await response.clone().text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, body: isJson ? JSON.parse(text) : text, response };
  };
  return {
    hub,
    databaseUrl: database.url,
    app,
    bugs,
    ask,
    async good(method, path, body, more) {
      const answer = await ask(method, path, body, more);
      assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    async problem(code, method, path, body, more) {
      const answer = await ask(method, path, body, more);
      assert.equal(answer.body.code, code, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      assert.equal(answer.response.headers.get('content-type'), 'application/problem+json');
      assert.equal(answer.body.status, answer.status);
      return answer.body;
    },
    async counts() {
      const each = counted.map((table) => sql`(select count(*)::int from ${sql.table(table)}) as ${sql.ref(table)}`);
      const { rows } = await sql<Record<string, number>>`select ${sql.join(each)}`.execute(database.db);
      return rows[0] ?? {};
    },
  };
}

/** A server with nginx and MariaDB and a platform with Drupal on it, as they are after their first verify. */
export async function furnished(t: TestContext, panel?: Panel): Promise<TestHub> {
  const made = await testHub(t, panel);
  const services = [
    { type: 'http', engine: 'nginx' },
    { type: 'db', engine: 'mysql' },
  ];
  await made.good('POST', '/api/servers', { name: 'master', services });
  await addPlatform(made, 'd10');
  await sql`update server set status = 'enabled', verified_at = now()`.execute(made.hub.database.db);
  await sql`delete from task`.execute(made.hub.database.db);
  return made;
}

export async function addPlatform({ good, hub }: TestHub, name: string): Promise<void> {
  const { platform } = await good('POST', '/api/platforms', { name, root: `/var/aegir/platforms/${name}/web` });
  const of = (type: 'core' | 'profile' | 'module', one: string) =>
    found(one, { type, version: '10.1.2', path: type === 'core' ? '' : `core/${type}s/${one}` });
  const packages = [of('core', 'drupal'), of('profile', 'minimal'), of('profile', 'standard'), of('module', 'system')];
  const scan = { scanner: 'of the tests', packages };
  await sql`
    update platform set status = 'enabled', application = 'drupal', version = '10.1.2', verified_at = now(),
      scan = ${jsonb(scan)}::jsonb where id = ${platform.id}`.execute(hub.database.db);
  await sql`delete from task where subject_type = 'platform' and subject_id = ${platform.id}`.execute(hub.database.db);
}

/** A platform `elsewhere` on the web server of `web2`; `master` has a dns service for the records of sites. */
export async function publishElsewhere(made: TestHub): Promise<void> {
  await addPlatform(made, 'elsewhere');
  await made.good('POST', '/api/servers/master/services', { type: 'dns', engine: 'null' });
  await made.good('POST', '/api/servers', { name: 'web2', services: [{ type: 'http', engine: 'nginx' }] });
  await sql`
    update platform set server_id = service.server_id, http_service_id = service.id
    from service join server on server.id = service.server_id
    where platform.name = 'elsewhere' and server.name = 'web2' and service.type = 'http'`.execute(made.hub.database.db);
}

/** As a worker would leave it. */
export const setStatus = async ({ hub }: TestHub, table: string, name: string, status: string): Promise<void> => {
  const { db } = hub.database;
  await sql`update ${sql.table(table)} set status = ${status} where name = ${name}`.execute(db);
  if (table === 'site' && status === 'enabled') await knowPackages(db, name);
};

/** What an installed site has said of itself. */
async function knowPackages(db: TestHub['hub']['database']['db'], name: string): Promise<void> {
  await sql`update site set scan = '{"packages": []}' where name = ${name}`.execute(db);
  await sql`
    insert into package (application, type, name, title) values ('drupal', 'module', 'system', 'System')
    on conflict do nothing`.execute(db);
  await sql`
    insert into package_on_site (site_id, package_id, enabled, schema_version)
    select site.id, package.id, true, 8000 from site, package
    where site.name = ${name} and package.application = 'drupal' and package.type = 'module' and package.name = 'system'
    on conflict do nothing`.execute(db);
}

/** As a worker would end what waits for a subject. */
export const endTasks = async ({ hub }: TestHub, status = 'done'): Promise<void> => {
  await sql`update task set status = ${status}, ended_at = now() where status in ('queued', 'running')`.execute(
    hub.database.db,
  );
};
