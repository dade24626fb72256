import type { GeneratedAlways } from 'kysely';
import type { Json } from '../model/json.ts';
import type { ProblemJson } from '../model/problem.ts';
import type { Ending, Stage } from '../model/staged-move.ts';
import type { Default, Id, JsonColumn, Maybe, MaybeJson, MaybeTime, Time } from './columns.ts';

export interface StagedMoveTables {
  stagedMove: StagedMoveTable;
  stagedMoveTask: StagedMoveTaskTable;
}

interface StagedMoveTable {
  id: GeneratedAlways<Id>;
  siteId: Id;
  accountId: Maybe<Id>;
  fromId: Id;
  platformId: Id;
  args: JsonColumn<Readonly<Record<string, Json>>>;
  ttlS: number;
  lowerS: number;
  watchS: number;
  rememberedS: number;
  frontPage: Maybe<number>;
  stage: Default<Stage>;
  stageAt: Time;
  dueAt: Time;
  endsAt: MaybeTime;
  ending: Default<Ending>;
  stopped: Default<boolean>;
  failures: Default<number>;
  taskId: Maybe<Id>;
  why: MaybeJson<ProblemJson>;
  problem: MaybeJson<ProblemJson>;
  createdAt: Time;
  endedAt: MaybeTime;
}
interface StagedMoveTaskTable {
  stagedMoveId: Id;
  taskId: Id;
  stage: Stage;
}
