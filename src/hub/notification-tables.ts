import type { GeneratedAlways } from 'kysely';
import type { ProblemJson } from '../model/problem.ts';
import type { Default, Id, Maybe, MaybeJson, MaybeTime, Time } from './columns.ts';

/** What people are told of, as tables.ts has all. */
export interface NotificationTables {
  happening: HappeningTable;
  webhook: WebhookTable;
  notification: NotificationTable;
  notificationChoice: NotificationChoiceTable;
}

interface HappeningTable {
  id: GeneratedAlways<Id>;
  kind: string;
  taskId: Maybe<Id>;
  batchId: Maybe<Id>;
  accountId: Maybe<Id>;
  orderId: Maybe<Id>;
  subjectType: Maybe<string>;
  subjectId: Maybe<Id>;
  subjectName: Maybe<string>;
  problem: MaybeJson<ProblemJson>;
  at: Time;
  spreadAt: MaybeTime;
}
interface WebhookTable {
  id: GeneratedAlways<Id>;
  accountId: Id;
  title: string;
  url: string;
  secret: Buffer;
  status: Default<'enabled' | 'disabled'>;
  note: Maybe<string>;
  failures: Default<number>;
  nextAt: Time;
  createdAt: Time;
}
interface NotificationTable {
  id: GeneratedAlways<Id>;
  happeningId: Id;
  accountId: Id;
  webhookId: Maybe<Id>;
  status: Default<'waiting' | 'sent' | 'failed'>;
  attempts: Default<number>;
  nextAt: Time;
  leasedUntil: MaybeTime;
  mailId: Maybe<Id>;
  problem: MaybeJson<ProblemJson>;
  createdAt: Time;
  endedAt: MaybeTime;
}
interface NotificationChoiceTable {
  accountId: Id;
  kind: string;
  way: 'mail' | 'webhook';
  choice: 'always' | 'never';
}
