import type { HubDatabase } from '../hub/database.ts';
import type { HeldTask } from '../hub/held-task.ts';
import type { ClaimedTask } from '../hub/queue.ts';
import type { SealKey } from '../hub/seal.ts';
import type { Hands } from '../machine/hands.ts';
import type { Machine, Pretending } from '../machine/machine.ts';
import type { Clock } from '../model/clock.ts';
import type { Server } from '../model/server.ts';
import type { Acme, AcmeAccount } from '../services/acme/acme.ts';
import type { Catalog } from '../tasks/catalog.ts';

/** What it takes to run a task, in a worker of the hub or in an agent. */
export interface TaskRunner {
  readonly name: string;
  readonly clock: Clock;
  readonly catalog: Catalog;
  /** Directory on this machine through which the hub takes and gives files. */
  readonly transfers: string;
  /** What is asked of the hub for a task that was claimed. */
  hold(task: ClaimedTask): HeldTask;
  openMachine(server: Server, hands: Hands): Machine;
  openAcme(account: AcmeAccount): Acme;
  /** The output of ssh-keyscan. Throws Problem 'server-unreachable'. */
  scanHostKeys(server: Server, hands: Hands): Promise<string>;
  /** So long a task that can neither go on nor back without a server waits for it; then it is stuck. */
  readonly awayMaxMs: number;
  /** Only pretends, for a dry run. */
  dryMachine(real: Machine, hands: Hands): Pretending;
}

/** A worker of the hub, which knows the database. */
export interface Worker extends Omit<TaskRunner, 'hold'> {
  readonly hub: HubDatabase;
  readonly key: SealKey;
  /** How many tasks at once. */
  readonly slots: number;
  /** How many runs at once besides (cron of a site). */
  readonly runs: number;
  /** Why it should take no task just now ('the load is 12.3, over 10'), or null. Tasks wait then; none is dropped. */
  busy(): string | null;
}
