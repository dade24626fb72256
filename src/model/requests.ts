/** How far a file of a log was read: it is known by its first line. A type, so that it can be stored as it is. */
export type LogPosition = {
  readonly head: string;
  readonly offsetBytes: number;
};

/** What was written into a web server's log since the last time. */
export interface RequestsRead {
  /** By host name, as it was asked for, and the beginning of the hour; one may stand there several times. */
  readonly counts: readonly { readonly host: string; readonly at: string; readonly requests: number }[];
  /** For the next time. */
  readonly positions: readonly LogPosition[];
}
