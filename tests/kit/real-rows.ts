import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import type { PrivateMariadb } from './databases.ts';

/**
 * A digest of the rows of each table, in whatever order they are. Left out is what an application writes by itself when
 * somebody looks at it, or logs in: caches, sessions, what it wants to do when, and times.
 */
export async function rowsIn({ socket }: PrivateMariadb, databases: readonly string[]): Promise<readonly string[]> {
  if (databases.length === 0) return [];
  const words = ['--no-create-info', '--no-create-db', '--skip-extended-insert', '--skip-triggers', '--compact'];
  const login = ['--no-defaults', `--socket=${socket}`, '--user=root'];
  const args = [...login, ...words, '--databases', ...databases];
  const { stdout } = await promisify(execFile)('mariadb-dump', args, { maxBuffer: 1e9 });
  const rows = new Map<string, string[]>();
  let database = '';
  for (const line of stdout.split('\n')) {
    database = /^USE `(.*)`;$/.exec(line)?.[1] ?? database;
    const [, table, row] = /^INSERT INTO `([^`]*)` VALUES \((.*)\);$/.exec(line) ?? [];
    if (table === undefined || row === undefined || passingTables.test(table) || passingRows.test(row)) continue;
    const name = `${database}.${table}`;
    const all = rows.get(name) ?? [];
    all.push(without(table, row));
    rows.set(name, all);
  }
  return [...rows].map(([name, all]) => `rows ${name} ${all.length} ${digestOf(all)}`).toSorted();
}

const digestOf = (rows: readonly string[]): string =>
  createHash('sha256').update(rows.toSorted().join('\n')).digest('hex').slice(0, 12);

/** Drupal makes such a table when it first wants to write into it. */
export const isPassing = (line: string): boolean => passingTables.test(/^table \S+ (\S+)$/.exec(line)?.[1] ?? '');
const passingTables = /^(cache|sessions|watchdog|semaphore|flood|key_value_expire|history|batch|queue)/;
/** Of WordPress, and what Drupal knows of its own state. */
const passingRows =
  /^\d+,'_(site_)?transient_|^\d+,'(cron|auto_updater\.lock|recently_edited)'|,'session_tokens',|,'auto-draft',|^'(state|cron_last)',?/;

/** Rows that come and go leave gaps in these numbers; and the time of a login is one of now. */
const without = (table: string, row: string): string =>
  (/_(options|usermeta)$/.test(table) ? row.replace(/^\d+,/, '') : row).replace(/\b1[6-9]\d{8}\b/g, 'time');
