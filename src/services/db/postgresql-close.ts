import { Problem } from '../../model/problem.ts';
import { endMaxMs, looksWithin } from './patience.ts';
import { identifier, literal, type PostgresqlClient } from './postgresql-client.ts';

/**
 * Ends the sessions of a role that may not log in any more: they have `graceMs` for it themselves. Taken for changes, as a dry run has
 * locked nobody out and would wait in vain.
 */
export async function endSessions(
  client: PostgresqlClient,
  server: string,
  role: string,
  graceMs: number,
): Promise<void> {
  if (await haveEnded(client, role, looksWithin(graceMs))) return;
  await client.run(
    [`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${literal(role)}`],
    'changes',
  );
  if (await haveEnded(client, role, looksWithin(endMaxMs))) return;
  throw new Problem('in-use', `${role} still has sessions on ${server}, though they were told to end`, {
    hint: 'See pg_stat_activity; wait until they are gone, then run the task again.',
  });
}

async function haveEnded(client: PostgresqlClient, role: string, waitsMs: readonly number[]): Promise<boolean> {
  const find = `select 'session' from pg_stat_activity where usename = ${literal(role)} limit 1`;
  for (const waitMs of waitsMs) {
    const rows = await client.run([`select pg_sleep(${waitMs / 1000})`, find], 'changes');
    if (!rows.some(([kind]) => kind === 'session')) return true;
  }
  return false;
}

export const loginStatement = (role: string, may: boolean): string =>
  `alter role ${identifier(role)} ${may ? 'login' : 'nologin'}`;
