import type { Changes } from '../../machine/put.ts';

/** The types by which a host name leads to a server. No other type is ours to touch. */
export const leadingTypes = ['A', 'AAAA', 'CNAME'] as const;
export type LeadingType = (typeof leadingTypes)[number];

/** Where a host name is to lead. A type and not an interface, so that it can be stored as it is. */
export type Pointing = {
  /** As the hub spells names: small letters, punycode, no dot at the end; may begin with '*.'. */
  readonly name: string;
  readonly addresses: readonly string[];
  /** The name of a server, by CNAME; at the top of a zone, where no CNAME may be, the addresses are given instead. */
  readonly host: string | null;
  readonly ttlSeconds: number;
};

export interface LeadingRecord {
  readonly type: LeadingType;
  readonly value: string;
}

/** What a name answers. */
export interface NameRecords {
  readonly name: string;
  readonly records: readonly LeadingRecord[];
  /** The lowest of them; null where there are none. */
  readonly ttlSeconds: number | null;
  /** Whose records Aegir has marked them to be: '<mark of the hub>/<id of the site>'; null: not made by Aegir. */
  readonly owner: string | null;
}

export interface Put {
  readonly changes: Changes;
  /** Names that are in no zone of this service: somebody else has to make their records. */
  readonly outside: readonly string[];
  /** Names that somebody else has made lead elsewhere; none where that is refused. */
  readonly left: readonly string[];
}

/** Addresses of name servers. */
export interface MissingTexts {
  /** They answer otherwise. */
  readonly elsewhere: readonly string[];
  /** They do not answer us. */
  readonly silent: readonly string[];
}

/**
 * Where the records of sites are kept. `owner` is whose they are; what a hub has not made it neither changes nor removes.
 * All names of one zone change together or not at all.
 */
export interface Dns {
  /** Of the records that it makes. */
  readonly ttlSeconds: number;
  /** How long somebody may wait until `missing` answers nothing any more; 0: not at all. */
  readonly waitMs: number;
  /** Proves that it can be reached and lets us in. Changes nothing. */
  verify(): Promise<Changes>;
  /** By name; those in no zone of this service are left out. */
  look(names: readonly string[]): Promise<ReadonlyMap<string, NameRecords>>;
  /** Throws Problem 'conflict' when a name has records that this hub has not made, and they lead elsewhere. */
  demandOurs(owner: string, pointings: readonly Pointing[]): Promise<void>;
  /**
   * Makes them so, also where another site of the same hub had the name. Throws like `demandOurs`, and then nothing was changed,
   * unless what others have made is to be left as it is: for an undo.
   */
  put(owner: string, pointings: readonly Pointing[], foreign?: 'refuse' | 'leave'): Promise<Put>;
  /** Only what is this owner's. Absent is fine. */
  remove(owner: string, names: readonly string[]): Promise<Changes>;
  /**
   * These and no others are the TXT records of this name, which is one that nobody but us uses (_acme-challenge.…); none: gone.
   * Throws Problem 'not-found' when it is in no zone of this service, 'invalid' where somebody else makes the records.
   */
  putTexts(name: string, texts: readonly string[]): Promise<void>;
  /**
   * Who of all that answer the world for this name does not answer with these texts yet, as an authority asks any of them:
   * secondary servers need a moment.
   */
  missingTexts(name: string, texts: readonly string[]): Promise<MissingTexts>;
  /** What is not to be seen yet, in words; nothing of names outside its zones. */
  missing(pointings: readonly Pointing[]): Promise<readonly string[]>;
}
