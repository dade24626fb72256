import type { Command } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Disk } from '../../machine/room.ts';
import type { Database, DatabaseAddress } from '../../model/site.ts';
import type { Provides } from '../provides.ts';

/** As the site itself reaches it: for sqlite the name is the path of the file. */
export type SiteDatabase = Pick<DatabaseAddress, 'name' | 'user' | 'password'>;

/** Beginning or end of a pipe. */
export type Programs = readonly [Command, ...Command[]];

/** How a copy was made, in a few words for the log. */
export interface Copied {
  readonly way: string;
}

/** Database `name` owned by `user`, who can reach it with `password` and can reach no other. */
export interface Db extends Provides<Database, Pick<Database, 'name' | 'user'>> {
  /** What settings and vhosts carry. For sqlite the file lies in the site's directory. */
  address(database: Database, siteDirectory: string): DatabaseAddress;
  /** What its server says it is: '10.11.6-MariaDB-0+deb12u1'; null where there is none to ask. */
  version(): Promise<string | null>;
  /** Longest name of a database or user that the engine takes. */
  readonly nameLengthMax: number;

  /**
   * Runs `action` with a command whose output is a consistent dump, of the moment when it begins, to be piped onwards on the
   * machine `at`: the server's own, where we are its administrator, or another, from where the dump goes over the network.
   * Rows of tables that `emptied` names (globs) are left out, their structure is not. What it needs to log in is there while
   * `action` runs, and gone afterwards. A database that is closed can be dumped too.
   */
  dumping<T>(
    from: SiteDatabase,
    at: Machine,
    emptied: readonly string[],
    action: (dump: Command) => Promise<T>,
  ): Promise<T>;
  /**
   * The same the other way round: the programs read a dump of the same kind of server and fill the database `into`, which `create`
   * made and which is not closed. As the site's own user: a hostile dump reaches nothing that this user could not reach anyhow.
   * One that fails half-way is a Problem that says where; the caller then destroys the database.
   */
  loading<T>(into: SiteDatabase, at: Machine, action: (load: Programs) => Promise<T>): Promise<T>;
  /**
   * Makes `to`, which `create` made, equal to `from`, both on this service, in the quickest way that this server has. What is in `to`
   * already goes first, so twice is the same as once, also after one that was killed.
   */
  copy(from: SiteDatabase, to: SiteDatabase, emptied: readonly string[]): Promise<Copied>;
  /**
   * Whether the quickest way needs a `from` that is closed. One that is open is copied all the same, of one moment, and who
   * writes meanwhile waits for some tenths of a second at most.
   */
  copyNeedsClosed(): boolean;
  /**
   * Nobody but us writes there any more; who is at it has `graceMs` to end, then is ended. What was acknowledged before is there,
   * whatever comes later is refused. Survives a restart of the server. Twice is the same as once; only `reopen` opens it again.
   */
  close(database: SiteDatabase, graceMs: number): Promise<void>;
  reopen(database: SiteDatabase): Promise<void>;
  /** About what it takes on the disk; 0 where it is not there. */
  sizeBytes(database: SiteDatabase): Promise<number>;
  /** Where its server keeps databases; null where nobody can say: on another machine, or in the site's own directory (sqlite). */
  disk(): Promise<Disk | null>;
}
