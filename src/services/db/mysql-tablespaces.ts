import { query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import { Problem } from '../../model/problem.ts';
import { identifier, type MysqlClient } from './mysql-client.ts';
import type { MadeTable, Source } from './mysql-source.ts';
import { wholeDatabaseMs } from './patience.ts';

/** InnoDB keeps each table in a file of its own, and can give such a file to another database. */
export interface Tablespaces {
  readonly client: MysqlClient;
  readonly machine: Machine;
  readonly dataDirectory: string;
  readonly from: string;
  readonly to: string;
}

/** Making room for a file and taking it over costs as much as this many bytes row by row. */
export const worthBytes = 1024 * 1024;

const lockWaitMaxSeconds = 5;

/** Names that are the same as file names, and in a shell; options of tables that would need more than their file. */
const plainName = /^[a-z0-9_]+$/i;
const plainPath = /^(?:\/[\w.-]+)+$/;
const needsMore = /\bFULLTEXT\b|\bPARTITION\b|\bDIRECTORY\b|ENCRYPT|COMPRESS/i;

/** The tables that are worth it, having `leastBytes`, if this server's files are here and we may copy them (sudoers, as the user mysql). MariaDB only: only there it was tried. */
export async function movableTables(
  at: Tablespaces,
  { isMaria }: Source,
  tables: readonly MadeTable[],
  leastBytes: number,
): Promise<readonly MadeTable[]> {
  const { dataDirectory, from, to, machine, client } = at;
  if (!isMaria || !client.isLocal || ![from, to].every((name) => plainName.test(name))) return [];
  const fit = tables.filter(
    ({ name, isInnodb, bytes, make }) =>
      isInnodb && bytes >= leastBytes && plainName.test(name) && !needsMore.test(make),
  );
  if (fit.length === 0 || !plainPath.test(dataDirectory)) return [];
  const asked = query`sudo -n -u mysql -l ${copyWords(at, fit)}`;
  const { exitCode } = await machine.run({ ...asked, allow: [0, 1, 127], quiet: true });
  return exitCode === 0 ? fit : [];
}

/**
 * Copies their files and makes them the tables that stand empty in `to`. Null when that is done, else why not: then they must be made
 * anew. The source is locked by the very program that starts the copy, so whatever ends it frees the source.
 */
export async function moveTablespaces(
  at: Tablespaces,
  begin: readonly string[],
  tables: readonly MadeTable[],
): Promise<string | null> {
  if (tables.length === 0) return null;
  const { client, from } = at;
  const more = { timeoutMs: wholeDatabaseMs };
  const alter = (verb: string): readonly string[] =>
    tables.map(({ name }) => `alter table ${identifier(name)} ${verb} tablespace`);
  await client.run([...begin, ...alter('discard')], 'changes', more);
  const sources = tables.map(({ name }) => `${identifier(from)}.${identifier(name)}`).join(', ');
  // The client hands this line to a shell. All that varies in it are names that were found plain.
  const copy = `system sudo -n -u mysql ${copyWords(at, tables).join(' ')} 2>&1 && echo copied`;
  // Who waits for a transaction of the site makes everybody else wait who writes after him.
  const lock = [`set session lock_wait_timeout = ${lockWaitMaxSeconds}`, `flush tables ${sources} for export`];
  const script = [...lock, copy, 'unlock tables'];
  const why = (code: 'timeout' | 'command-failed') => (error: unknown) => {
    if (error instanceof Problem && error.code === code) return [[String(error.cause)]];
    throw error;
  };
  const copying = client.run(script, 'changes', { ...more, startsPrograms: true, dryStdout: 'copied\n' });
  // Somebody has a transaction open, and keeps us out.
  const words = (await copying.catch(why('timeout'))).map(([word = '']) => word).join(' ');
  if (/No space left/.test(words)) throw client.problem(words);
  if (words !== 'copied') return words;
  const [[refused = null] = []] = await client
    .run([...begin, ...alter('import')], 'changes', more)
    .catch(why('command-failed'));
  return refused;
}

const copyWords = ({ dataDirectory, from, to }: Tablespaces, tables: readonly MadeTable[]): readonly string[] => [
  ...['/usr/bin/cp', '-t', `${dataDirectory}/${to}`],
  ...tables.flatMap(({ name }) => ['ibd', 'cfg'].map((end) => `${dataDirectory}/${from}/${name}.${end}`)),
];
