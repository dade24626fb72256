import { z } from 'zod';
import { type Command, command, query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import { hasName, parentOf } from '../../machine/matches.ts';
import type { Changes } from '../../machine/put.ts';
import { Problem } from '../../model/problem.ts';
import type { Database, DatabaseAddress } from '../../model/site.ts';
import { engine } from '../engine.ts';
import type { Copied, Db, Programs, SiteDatabase } from './db.ts';
import { wholeDatabaseMs } from './patience.ts';
import { askSqlite, explained, sqliteCommand } from './sqlite-script.ts';

/** Below the site's directory, where the web server never answers with a file; never below files/. */
const sqlitePath = (siteDirectory: string): string => `${siteDirectory}/private/database.sqlite`;

export const sqlite = engine({
  type: 'db',
  name: 'sqlite',
  title: 'SQLite, a file in the directory of the site',
  options: z.object({}),
  open: ({ machine }) => new Sqlite(machine),
});

/**
 * The file is made by the application, and lies in the site's directory, which the task makes and removes.
 * A database's name is either the file's absolute path, then it is ours to look for and to remove; or a word, as the hub
 * allocates one for every engine, then the directory of the site is all there is and nothing is to be done here.
 */
class Sqlite implements Db {
  readonly nameLengthMax = 4096;
  readonly #machine: Machine;
  constructor(machine: Machine) {
    this.#machine = machine;
  }

  async verify(): Promise<Changes> {
    return [];
  }

  /** Of the library that PHP has: there is no server. */
  async version(): Promise<string | null> {
    const code = `echo (new PDO('sqlite::memory:'))->query('select sqlite_version()')->fetchColumn();`;
    const { stdout } = await this.#machine.run({ ...query`php -r ${code}`, allow: [0, 127, 255], quiet: true });
    return /^\d+(?:\.\d+)+$/.exec(stdout.trim())?.[0] ?? null;
  }

  async exists({ name }: Pick<Database, 'name'>): Promise<boolean> {
    mustBeOurs(name);
    return isPath(name) && (await this.#machine.stat(name)) !== null;
  }

  async create({ name }: Database): Promise<Changes> {
    mustBeOurs(name);
    return [];
  }

  async destroy({ name }: Pick<Database, 'name'>): Promise<void> {
    mustBeOurs(name);
    if (!isPath(name)) return;
    for (const path of [name, `${name}.dump`, `${name}.loading`]) await removeFile(this.#machine, path);
  }

  address({ name, user, password }: Database, siteDirectory: string): DatabaseAddress {
    const path = isPath(name) ? name : sqlitePath(siteDirectory);
    return { driver: 'sqlite', name: path, user, password, host: '', port: null, socket: null };
  }

  /** The dump is a database file, as SQL could name other files. Made beside it first: no program can stream one that is written to. */
  async dumping<T>(
    from: SiteDatabase,
    at: Machine,
    emptied: readonly string[],
    action: (dump: Command) => Promise<T>,
  ): Promise<T> {
    const { name: path } = from;
    const user = await this.#ownerOf(path, at);
    const tables = await tablesNamed(at, user, path, emptied);
    const dump = await sqliteCommand(at, user, { do: 'dump', path, tables });
    try {
      return await explained(at, () => action(dump));
    } finally {
      await removeFile(at, `${path}.dump`);
    }
  }

  /** What comes is written beside it, looked at and copied as the site's user: then it is whole, and the site's own. */
  async loading<T>(into: SiteDatabase, at: Machine, action: (load: Programs) => Promise<T>): Promise<T> {
    const { name: path } = into;
    mustBeFile(path);
    const from = `${path}.loading`;
    const user = await userOf(at, path);
    await removeFile(at, from);
    try {
      // What the site may have put there, a link too, is not written to.
      const words = ['bs=1M', 'conv=excl', 'status=none'];
      const load = { ...command`dd ${`of=${from}`} ${words}`, timeoutMs: wholeDatabaseMs };
      const done = await action([load]);
      await askSqlite(at, user, { do: 'load', path, from });
      return done;
    } finally {
      await removeFile(at, from);
    }
  }

  async copy(from: SiteDatabase, to: SiteDatabase, emptied: readonly string[]): Promise<Copied> {
    mustBeFile(to.name);
    const user = await this.#ownerOf(from.name);
    const tables = await tablesNamed(this.#machine, user, from.name, emptied);
    await askSqlite(this.#machine, user, { do: 'copy', path: to.name, from: from.name, tables });
    return { way: "by SQLite's own backup" };
  }

  copyNeedsClosed(): boolean {
    return false;
  }

  /** By triggers in the file, so that it holds for those who have it open already, and whoever comes. They can still read, and make tables. */
  async close({ name: path }: SiteDatabase, graceMs: number): Promise<void> {
    await askSqlite(this.#machine, await this.#ownerOf(path), { do: 'close', path, graceMs });
  }

  async reopen({ name: path }: SiteDatabase): Promise<void> {
    mustBeFile(path);
    const stat = await this.#machine.stat(path);
    if (stat) await askSqlite(this.#machine, stat.owner, { do: 'reopen', path });
  }

  async disk(): Promise<null> {
    return null;
  }

  async sizeBytes({ name }: SiteDatabase): Promise<number> {
    mustBeFile(name);
    const parts = await Promise.all(['', '-wal'].map((end) => this.#machine.stat(`${name}${end}`)));
    return parts.reduce((sum, part) => sum + (part?.sizeBytes ?? 0), 0);
  }

  async #ownerOf(path: string, at = this.#machine): Promise<string> {
    mustBeFile(path);
    const stat = await at.stat(path);
    if (stat?.kind === 'file') return stat.owner;
    throw new Problem('not-found', `there is no database ${path} on ${at.name}`, {
      hint: 'The site was not installed to its end, or somebody moved the file.',
    });
  }
}

/** With what SQLite keeps beside it while it is at work, or was killed. */
async function removeFile(machine: Machine, path: string): Promise<void> {
  for (const end of ['-wal', '-shm', '-journal', '']) await machine.remove(`${path}${end}`);
}

async function tablesNamed(
  machine: Machine,
  user: string,
  path: string,
  globs: readonly string[],
): Promise<readonly string[]> {
  if (globs.length === 0) return [];
  const tables = z.array(z.string()).parse(JSON.parse(await askSqlite(machine, user, { do: 'tables', path })));
  return tables.filter((table) => hasName(table, globs));
}

/** The group of `private` is the site's user's own, so it has the user's name: the file that would tell is not there yet. */
async function userOf(machine: Machine, path: string): Promise<string> {
  const directory = await machine.stat(parentOf(path));
  if (directory?.kind === 'directory') return directory.group;
  throw new Problem('not-found', `there is no directory for the database ${path} on ${machine.name}`, {
    hint: 'Verify the site: it makes its directories.',
  });
}

const isPath = (name: string): boolean => name.startsWith('/');

function mustBeFile(name: string): void {
  mustBeOurs(name);
  if (!isPath(name)) throw new TypeError(`not the address of an SQLite database: ${name}`);
}

/** A path that somebody else chose could be any file that we may remove. */
function mustBeOurs(name: string): void {
  const plain = isPath(name)
    ? /^(?:\/(?!\.\.?(?:\/|$))[A-Za-z0-9._-]+)+$/.test(name) && name.endsWith(sqlitePath(''))
    : /^[A-Za-z0-9_.-]{1,63}$/.test(name);
  if (plain) return;
  throw new Problem('invalid', `${JSON.stringify(name.slice(0, 80))} is no name of an SQLite database of ours`, {
    hint: `The file lies in the directory of the site: …/sites/example.com${sqlitePath('')}.`,
  });
}
