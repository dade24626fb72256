/** What a site has at one moment. */
export interface Statistic {
  readonly usersRegistered: number;
  readonly usersActive: number;
  readonly posts: number;
  readonly comments: number;
  /** Of its directory. */
  readonly diskBytes: number;
  readonly databaseBytes: number;
}
