import type { GeneratedAlways } from 'kysely';
import type { Difference } from '../model/drift.ts';
import type { ProblemJson } from '../model/problem.ts';
import type { LogPosition } from '../model/requests.ts';
import type { Default, Id, JsonColumn, Maybe, MaybeJson, MaybeTime, Time } from './columns.ts';

export interface SweepTables {
  queue: QueueTable;
  turn: TurnTable;
  run: RunTable;
  statistic: StatisticTable;
  drift: DriftTable;
  webLog: WebLogTable;
  requestCount: RequestCountTable;
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
interface DriftTable {
  noun: 'site' | 'platform';
  subjectId: Id;
  lookedAt: Time;
  since: MaybeTime;
  differences: JsonColumn<readonly Difference[]>;
}
interface WebLogTable {
  serviceId: Id;
  positions: JsonColumn<readonly LogPosition[]>;
  since: Time;
  readAt: Time;
}
interface RequestCountTable {
  siteId: Id;
  day: string;
  requests: Id;
}
