import type { GeneratedAlways } from 'kysely';
import type { Given } from '../api/endpoints.ts';
import type { OfferedVariables } from '../model/offer.ts';
import type { Owner } from '../model/owner.ts';
import type { ProblemJson } from '../model/problem.ts';
import type { SpareState } from '../model/reserve.ts';
import type { Default, Id, JsonColumn, JsonDefault, Maybe, MaybeJson, MaybeTime, Time } from './columns.ts';

export interface ReserveTables {
  reserve: ReserveTable;
  spare: SpareTable;
  offer: OfferTable;
  siteOrder: SiteOrderTable;
  signUp: SignUpTable;
  allowance: AllowanceTable;
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
  owner: JsonDefault<Owner>;
  handOverTaskId: Maybe<Id>;
  handedOverAt: MaybeTime;
  endedAt: MaybeTime;
  taskId: Maybe<Id>;
  failures: Default<number>;
  heldUntil: MaybeTime;
  problem: MaybeJson<ProblemJson>;
}
interface OfferTable {
  id: GeneratedAlways<Id>;
  name: string;
  title: string;
  status: Default<'enabled' | 'disabled' | 'deleted'>;
  reserveId: Id;
  pattern: string;
  clientId: Maybe<Id>;
  sitesMax: Maybe<number>;
  backupsMax: Maybe<number>;
  diskMaxMb: Maybe<number>;
  dailyMax: number;
  variables: JsonDefault<OfferedVariables>;
  signUp: Default<boolean>;
  origins: Default<readonly string[]>;
  createdAt: Time;
}
interface SiteOrderTable {
  id: GeneratedAlways<Id>;
  offerId: Id;
  accountId: Maybe<Id>;
  name: string;
  host: string;
  title: string;
  email: string;
  owner: JsonDefault<Owner>;
  spareId: Maybe<Id>;
  createdAt: Time;
}
interface SignUpTable {
  id: GeneratedAlways<Id>;
  offerId: Id;
  nonce: Buffer;
  wanted: JsonColumn<Omit<Given<'order create'>['body'], 'offer'>>;
  email: string;
  language: string;
  status: Default<'waiting' | 'sent' | 'failed' | 'confirmed'>;
  attempts: Default<number>;
  nextAt: Time;
  leasedUntil: MaybeTime;
  problem: MaybeJson<ProblemJson>;
  orderId: Maybe<Id>;
  expiresAt: Time;
  createdAt: Time;
}
interface AllowanceTable {
  key: string;
  used: number;
  until: Time;
}
