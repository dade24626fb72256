import type { GeneratedAlways } from 'kysely';
import type { ProblemJson } from '../model/problem.ts';
import type { SpareState } from '../model/reserve.ts';
import type { Default, Id, Maybe, MaybeJson, MaybeTime, Time } from './columns.ts';

export interface ReserveTables {
  reserve: ReserveTable;
  spare: SpareTable;
}

interface ReserveTable {
  id: GeneratedAlways<Id>;
  name: string;
  status: Default<string>;
  templateId: Id;
  platformId: Maybe<Id>;
  clientId: Id;
  pattern: string;
  counter: Default<string>;
  fullSize: number;
  emergency: number;
  lifeS: number;
  openHours: string;
  flushedAt: MaybeTime;
  failures: Default<number>;
  heldUntil: MaybeTime;
  problem: MaybeJson<ProblemJson>;
  createdAt: Time;
}
interface SpareTable {
  id: GeneratedAlways<Id>;
  reserveId: Id;
  templateId: Id;
  siteId: Id;
  name: string;
  state: SpareState;
  stateAt: Time;
  createdAt: Time;
  claimedAt: MaybeTime;
  wanted: Maybe<string>;
  accountId: Maybe<Id>;
  handedOverAt: MaybeTime;
  endedAt: MaybeTime;
  taskId: Maybe<Id>;
  failures: Default<number>;
  heldUntil: MaybeTime;
  problem: MaybeJson<ProblemJson>;
}
