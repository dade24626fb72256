import type { GeneratedAlways } from 'kysely';
import type { ProblemJson } from '../model/problem.ts';
import type { Default, Id, Maybe, MaybeJson, MaybeTime, Time } from './columns.ts';

export interface SweepTables {
  queue: QueueTable;
  turn: TurnTable;
  run: RunTable;
  statistic: StatisticTable;
}

interface QueueTable {
  name: string;
  paused: Default<boolean>;
  lastRunAt: MaybeTime;
  everyS: Maybe<number>;
  openHours: Maybe<string>;
  atOnce: Maybe<number>;
  lookedAt: MaybeTime;
}
interface TurnTable {
  queue: string;
  subjectId: Id;
  serverId: Id;
  everyS: number;
  dueAt: Time;
  failures: Default<number>;
  begunAt: MaybeTime;
  worker: Maybe<string>;
  heldUntil: MaybeTime;
  taskId: Maybe<Id>;
  attempt: Default<number>;
  lastAt: MaybeTime;
  lastProblem: MaybeJson<ProblemJson>;
}
interface RunTable {
  id: GeneratedAlways<Id>;
  queue: string;
  subjectId: Id;
  subjectName: string;
  status: string;
  taskId: Maybe<Id>;
  dueAt: Time;
  begunAt: Time;
  endedAt: Time;
  lines: Default<string>;
  problem: MaybeJson<ProblemJson>;
}
interface StatisticTable {
  siteId: Id;
  at: Time;
  clientId: Id;
  usersRegistered: number;
  usersActive: number;
  posts: number;
  comments: number;
  diskBytes: string;
  databaseBytes: string;
}
