import assert from 'node:assert/strict';
import { sql } from 'kysely';
import type { MemoryWorld } from '../../src/machine/memory-world.ts';
import { Problem, type ProblemCode } from '../../src/model/problem.ts';
import { sectionsOf } from '../../src/services/http/sections.ts';
import type { HubWithWorker, Kind } from './hub-with-worker.ts';

/** Each web server and each application once. */
export const kinds: readonly Kind[] = [
  { http: 'nginx', db: 'mysql', application: 'drupal' },
  { http: 'apache', db: 'mysql', application: 'wordpress' },
];
export const onNginx: Kind = { http: 'nginx', db: 'mysql', application: 'drupal' };
export const titleOf = ({ http, db, application }: Kind): string => `${http}, ${db}, ${application}`;
export const settingsOf = ({ application }: Kind): string =>
  application === 'drupal' ? 'settings.php' : 'wp-config.php';
export const sites = '/var/aegir/platforms/p1/sites';

/** For assert.rejects. */
export const isProblem =
  (code: ProblemCode, words: RegExp = /./) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof Problem, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(`${error.message} ${error.hint}`, words);
    return true;
  };

/** For assert.rejects: 'invalid', and these fields are named. */
export const namesFields =
  (paths: readonly string[]) =>
  (problem: unknown): boolean => {
    isProblem('invalid')(problem);
    const { fields } = problem as { fields?: readonly { path: string }[] }; // isProblem has looked
    assert.deepEqual(
      fields?.map(({ path }) => path),
      paths,
    );
    return true;
  };

/** What the web server was told of this site: its own file, or its section of one for many sites. */
export const vhostOf = (world: MemoryWorld, name: string): string =>
  [...world.files]
    .filter(([path]) => path.includes('/vhost.d/'))
    .map(([path, { text }]) => (path.includes(`/${name}.`) ? text : (sectionsOf(text).get(name) ?? '')))
    .join('');

/** The file that holds it. */
export const vhostPath = (world: MemoryWorld, name: string): string | undefined =>
  [...world.files].find(
    ([path, { text }]) => path.includes('/vhost.d/') && (path.includes(`/${name}.`) || sectionsOf(text).has(name)),
  )?.[0];

/** Acts that fit wait until `go` or `fail` is called. */
export function heldAt(farm: HubWithWorker, fits: (what: string, method: string) => boolean) {
  const reached = Promise.withResolvers<void>();
  const free = Promise.withResolvers<void>();
  farm.before = async ({ what, method }) => {
    if (!fits(what, method)) return;
    reached.resolve();
    await free.promise;
  };
  return { reached: reached.promise, go: free.resolve, fail: () => free.reject(new Error('power cut')) };
}

/** Every row of every table, what every command was called with, and what the API answers to who reads. */
export async function everythingIn({ database, world, call }: HubWithWorker): Promise<string> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public'`.execute(database.db);
  const parts: string[] = [...world.ran];
  for (const { name } of rows) {
    const table = await sql<{ row: unknown }>`select to_jsonb(one) as row from ${sql.table(name)} one`.execute(
      database.db,
    );
    parts.push(JSON.stringify(table.rows));
  }
  const tasks = await call('task list', { query: {} });
  for (const { id } of tasks.items) {
    parts.push(JSON.stringify(await call('task get', { params: { task: id } })));
    parts.push(JSON.stringify(await call('task log', { params: { task: id }, query: { limit: 1000 } })));
  }
  parts.push(JSON.stringify([tasks, await call('site list', { query: {} }), await call('server list', { query: {} })]));
  parts.push(JSON.stringify(await call('platform list', { query: {} })));
  return parts.join('\n');
}
