import { type Command, command } from '../../machine/command.ts';
import { hasName } from '../../machine/matches.ts';
import { Problem } from '../../model/problem.ts';
import type { Programs } from './db.ts';
import { wholeDatabaseMs } from './patience.ts';
import { identifier, type PostgresqlClient } from './postgresql-client.ts';

/** Whoever loads it owns it, and rights are given by `create`; what belongs to the whole server is none of a site's. */
const withoutOthers = '--no-owner --no-privileges --no-publications --no-subscriptions --no-security-labels'.split(' ');

/**
 * In pg_dump's own format: pg_restore sends what is in it to the server and to nothing else, while the commands of psql that a dump
 * in SQL may hold run programs here. Not compressed, as whoever keeps it does that better.
 */
export async function dumpCommand(
  client: PostgresqlClient,
  name: string,
  emptied: readonly string[],
): Promise<Command> {
  const program = await client.program('pg_dump', await majorOf(client, name));
  const without = (await tablesNamed(client, name, emptied)).map((table) => `--exclude-table-data=${table}`);
  const words = ['--format=custom', '--compress=0', '--no-password', '--lock-wait-timeout=600000', ...withoutOthers];
  const dump = command`${program} ${words} ${without} ${`--dbname=${client.connection(name)}`}`;
  return { ...dump, effect: 'reads', timeoutMs: wholeDatabaseMs, quiet: true };
}

export async function loadCommands(client: PostgresqlClient, name: string): Promise<Programs> {
  const program = await client.program('pg_restore', await majorOf(client, name));
  const words = ['--format=custom', '--exit-on-error', '--no-password', '--no-tablespaces', ...withoutOthers];
  const load = command`${program} ${words} ${`--dbname=${client.connection(name)}`}`;
  return [{ ...load, timeoutMs: wholeDatabaseMs, quiet: true }];
}

async function majorOf(client: PostgresqlClient, database: string): Promise<string> {
  const [[version = ''] = []] = await client.run(["select current_setting('server_version_num')"], 'reads', database);
  return String(Math.floor(Number(version) / 10_000));
}

/** Tables that hold rows, as SQL and the patterns of pg_dump write them. Names come as JSON, as they may hold any character. */
export async function tablesNamed(
  client: PostgresqlClient,
  database: string,
  globs: readonly string[],
): Promise<readonly string[]> {
  if (globs.length === 0) return [];
  const find = [
    'select coalesce(json_agg(json_build_array(n.nspname, c.relname)), json_build_array()) from pg_class c join pg_namespace n on n.oid = c.relnamespace',
    "where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema')",
  ].join(' ');
  const [[text = '[]'] = []] = await client.run([find], 'reads', database);
  const found: readonly (readonly string[])[] = JSON.parse(text);
  return found.flatMap(([schema = '', table = '']) =>
    hasName(table, globs) ? [`${identifier(schema)}.${identifier(table)}`] : [],
  );
}

/** Explains what the program that dumps or the one that loads died of; a failure of any other program of the pipe is not ours to explain. */
export async function withExplanation<T>(
  client: PostgresqlClient,
  programs: Programs,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw explained(client, programs, error);
  }
}

function explained(client: PostgresqlClient, programs: Programs, error: unknown): unknown {
  const program = programs.at(-1)?.argv[0];
  if (!(error instanceof Problem && error.code === 'command-failed' && error.message.startsWith(`${program} `)))
    return error;
  const said = error.message.slice(error.message.indexOf(': ') + 2);
  if (/connection to server|could not connect/.test(said)) return client.problem(2, said);
  if (/No space left/.test(said)) return client.problem(3, 'ERROR:  53100: disk full');
  const where = /Command was: ([^\n]*)/.exec(said)?.[1]?.slice(0, 200);
  if (where === undefined) return error;
  const isForbidden = /permission denied|must be (owner|superuser|member)|Must be superuser/.test(said);
  const because = /ERROR: {2}([^\n]*)/.exec(said)?.[1] ?? '';
  return new Problem(isForbidden ? 'forbidden' : 'command-failed', `the dump was refused at '${where}': ${because}`, {
    hint: isForbidden
      ? "It wants what is not the site's. An extension that only an administrator can make must be made in the new database first."
      : 'Look at that statement: the dump is damaged, or of a server that knows more than this one.',
    cause: error,
  });
}
