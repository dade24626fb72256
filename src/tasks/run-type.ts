import type { Difference } from '../model/drift.ts';
import type { RequestsRead } from '../model/requests.ts';
import type { Statistic } from '../model/statistic.ts';
import type { Pointing } from '../services/dns/dns.ts';
import type { DnsService, Load } from './context.ts';

/** What a run has besides what every task type has. */
export interface RunLoad extends Load {
  /** The dns service of a server, with where all names should lead that sites have there; null: it has none. */
  names(server: string): Promise<{ readonly service: DnsService; readonly pointings: readonly Pointing[] } | null>;
  /**
   * What the verify of a site or platform would change, found by its own steps on machines that only pretend; so it never differs
   * from what a verify does. Throws a Problem when that cannot be said.
   */
  drift(noun: 'site' | 'platform', id: string): Promise<readonly Difference[]>;
}

/** What a worker does in a turn without a task: short, with nothing to put back. It is named as its queue is. */
export interface RunType {
  readonly name: string;
  /** Throws a Problem. Ends within the time by itself. */
  run(load: RunLoad, subject: string, timeoutMs: number): Promise<RunDone>;
}

interface RunDone {
  /** The last that was said. */
  readonly lines: string;
  /** What was found, for the history. */
  readonly statistic?: Statistic;
  /** Requests to sites, by service of type http, for the history. */
  readonly requests?: readonly (RequestsRead & { readonly service: string })[];
  /** How its subject differs from what the hub wrote; empty: in nothing. */
  readonly drift?: readonly Difference[];
}
