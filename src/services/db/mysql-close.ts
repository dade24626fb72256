import { Problem } from '../../model/problem.ts';
import { literal, type MysqlClient } from './mysql-client.ts';
import { type AccountFound, account, look, mustBeOurs, noDatabase } from './mysql-look.ts';
import { endMaxMs, looksWithin } from './patience.ts';

interface Key {
  readonly name: string;
  readonly user: string;
}

/**
 * Locks the accounts of the site, gives those who are in their time, then ends them: what they had begun is rolled back, and was
 * never acknowledged. Servers know such locks from MariaDB 10.4.2 and MySQL 5.7.8 on.
 */
export async function closeMysql(client: MysqlClient, server: string, key: Key, graceMs: number): Promise<void> {
  const found = await look(client, key);
  if (!found.exists) throw noDatabase(server, key.name);
  mustBeOurs(key, found);
  const accounts = ownAccounts(key, found.accounts);
  await setLocks(client, key, accounts, true);
  if (await haveEnded(client, key, looksWithin(graceMs))) return;
  for (const id of await sessions(client, key, 0)) await client.run([`kill connection ${id}`], 'changes').catch(isGone);
  if (await haveEnded(client, key, looksWithin(endMaxMs))) return;
  throw new Problem('in-use', `${key.user} still has sessions on ${server}, though they were told to end`, {
    hint: 'Something big may be rolled back: see show processlist, wait until they are gone, then run the task again.',
  });
}

export async function reopenMysql(client: MysqlClient, key: Key): Promise<void> {
  const { accounts } = await look(client, key);
  const ours = accounts.filter(({ owns }) => owns);
  await setLocks(client, key, ours, false);
}

/** Whether nobody but an administrator can come in. */
export async function isClosed(client: MysqlClient, key: Key, accounts: readonly AccountFound[]): Promise<boolean> {
  const ours = accounts.filter(({ owns }) => owns);
  return ours.length > 0 && (await locked(client, key, ours)).every((isLocked) => isLocked);
}

async function setLocks(
  client: MysqlClient,
  key: Key,
  accounts: readonly AccountFound[],
  wanted: boolean,
): Promise<void> {
  const are = await locked(client, key, accounts);
  const statements = accounts
    .filter((_, at) => are[at] !== wanted)
    .map(({ host }) => `alter user ${account(key.user, host)} account ${wanted ? 'lock' : 'unlock'}`);
  if (statements.length > 0) await client.run(statements, 'changes');
}

/** MariaDB and MySQL keep it in different tables, and show it in the same words. */
async function locked(
  client: MysqlClient,
  { user }: Key,
  accounts: readonly AccountFound[],
): Promise<readonly boolean[]> {
  if (accounts.length === 0) return [];
  const rows = await client.run(
    accounts.map(({ host }) => `show create user ${account(user, host)}`),
    'reads',
  );
  return rows.map(([text = '']) => / ACCOUNT LOCK\b/.test(text));
}

/** Who else uses the account would be shut out with the site. */
function ownAccounts({ name, user }: Key, accounts: readonly AccountFound[]): readonly AccountFound[] {
  const ours = accounts.filter(({ owns }) => owns);
  if (ours.every(({ rightsElsewhere }) => rightsElsewhere === 0)) return ours;
  throw new Problem(
    'conflict',
    `the database ${name} cannot be closed: its user ${user} has rights on something else`,
    {
      hint: 'Give the site a database user of its own, or take these rights away: show grants for it tells which.',
    },
  );
}

async function haveEnded(client: MysqlClient, key: Key, waitsMs: readonly number[]): Promise<boolean> {
  for (const waitMs of waitsMs) if ((await sessions(client, key, waitMs)).length === 0) return true;
  return false;
}

/** Taken for a change, as a dry run has locked nobody out and would wait in vain. */
async function sessions(client: MysqlClient, { user }: Key, waitMs: number): Promise<readonly string[]> {
  const find = `select id from information_schema.processlist where user = ${literal(user)}`;
  const rows = await client.run([`do sleep(${waitMs / 1000})`, find], 'changes');
  return rows.map(([id = '']) => id);
}

function isGone(error: unknown): void {
  if (error instanceof Problem && /\b1094\b/.test(String(error.cause))) return;
  throw error;
}
