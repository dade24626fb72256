import { z } from 'zod';
import { query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Changes } from '../../machine/put.ts';
import { Problem } from '../../model/problem.ts';
import type { Database, DatabaseAddress } from '../../model/site.ts';
import { engine } from '../engine.ts';
import type { Db } from './db.ts';

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
    // What SQLite keeps beside it while it is at work, or was killed.
    for (const end of ['-wal', '-shm', '-journal', '']) await this.#machine.remove(`${name}${end}`);
  }

  address({ name, user, password }: Database, siteDirectory: string): DatabaseAddress {
    const path = isPath(name) ? name : sqlitePath(siteDirectory);
    return { driver: 'sqlite', name: path, user, password, host: '', port: null, socket: null };
  }
}

const isPath = (name: string): boolean => name.startsWith('/');

/** A path that somebody else chose could be any file that we may remove. */
function mustBeOurs(name: string): void {
  const plain = isPath(name)
    ? /^(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/.test(name) && name.endsWith(sqlitePath(''))
    : /^[A-Za-z0-9_.-]{1,63}$/.test(name);
  if (plain) return;
  throw new Problem('invalid', `${JSON.stringify(name.slice(0, 80))} is no name of an SQLite database of ours`, {
    hint: `The file lies in the directory of the site: …/sites/example.com${sqlitePath('')}.`,
  });
}
