import type { Database, DatabaseAddress } from '../../model/site.ts';
import type { Provides } from '../provides.ts';

/** Database `name` owned by `user`, who can reach it with `password` and can reach no other. */
export interface Db extends Provides<Database, Pick<Database, 'name' | 'user'>> {
  /** What settings and vhosts carry. For sqlite the file lies in the site's directory. */
  address(database: Database, siteDirectory: string): DatabaseAddress;
  /** Longest name of a database or user that the engine takes. */
  readonly nameLengthMax: number;
}
