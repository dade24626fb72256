import type { Database, DatabaseAddress } from '../../model/site.ts';
import type { Provides } from '../provides.ts';

/** Database `name` owned by `user`, who can reach it with `password` and can reach no other. */
export interface Db extends Provides<Database, Pick<Database, 'name' | 'user'>> {
  /** What settings and vhosts carry. For sqlite the file lies in the site's directory. */
  address(database: Database, siteDirectory: string): DatabaseAddress;
  /** What its server says it is: '10.11.6-MariaDB-0+deb12u1'; null where there is none to ask. */
  version(): Promise<string | null>;
  /** Longest name of a database or user that the engine takes. */
  readonly nameLengthMax: number;
}
