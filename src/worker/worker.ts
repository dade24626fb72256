import type { HubDatabase } from '../hub/database.ts';
import type { SealKey } from '../hub/seal.ts';
import type { Hands } from '../machine/hands.ts';
import type { Machine } from '../machine/machine.ts';
import type { Clock } from '../model/clock.ts';
import type { Server } from '../model/server.ts';
import type { Catalog } from '../tasks/catalog.ts';

export interface Worker {
  readonly name: string;
  readonly hub: HubDatabase;
  readonly key: SealKey;
  readonly clock: Clock;
  readonly catalog: Catalog;
  /** How many tasks at once. */
  readonly slots: number;
  /** How many runs at once besides (cron of a site). */
  readonly runs: number;
  /** Directory on this machine through which the hub takes and gives files. */
  readonly transfers: string;
  openMachine(server: Server, hands: Hands): Machine;
  /** Only pretends, for a dry run. */
  dryMachine(real: Machine, hands: Hands): Machine;
  /** Why it should take no task just now ('the load is 12.3, over 10'), or null. Tasks wait then; none is dropped. */
  busy(): string | null;
}
