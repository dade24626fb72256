import type { GeneratedAlways } from 'kysely';
import type { Default, Id, JsonDefault, Maybe, MaybeTime, Time } from './columns.ts';

/** Who there is and what they may, as tables.ts has all. */
export interface PeopleTables {
  client: ClientTable;
  account: AccountTable;
  token: TokenTable;
  role: RoleTable;
  membership: MembershipTable;
  platformClient: PlatformClientTable;
  audit: AuditTable;
  view: ViewTable;
}

interface ClientTable {
  id: GeneratedAlways<Id>;
  name: string;
  title: string;
  email: Maybe<string>;
  status: Default<string>;
  sitesMax: Maybe<number>;
  backupsMax: Maybe<number>;
  diskMaxMb: Maybe<number>;
  lockBatchId: Maybe<Id>;
  createdAt: Time;
}
interface AccountTable {
  id: GeneratedAlways<Id>;
  name: string;
  email: Maybe<string>;
  status: Default<string>;
  createdAt: Time;
  title: Maybe<string>;
  language: Maybe<string>;
  timeZone: Maybe<string>;
  secondFactorRequired: Default<boolean>;
}
interface TokenTable {
  id: GeneratedAlways<Id>;
  accountId: Id;
  title: string;
  hash: Buffer;
  expiresAt: MaybeTime;
  revokedAt: MaybeTime;
  lastUsedAt: MaybeTime;
  createdAt: Time;
  scopes: Maybe<readonly string[]>;
  offerId: Maybe<Id>;
}
interface RoleTable {
  id: GeneratedAlways<Id>;
  name: string;
  title: string;
  permissions: readonly string[];
  builtIn: Default<boolean>;
  status: Default<string>;
  createdAt: Time;
}
interface MembershipTable {
  id: GeneratedAlways<Id>;
  accountId: Id;
  roleId: Id;
  clientId: Maybe<Id>;
  createdAt: Time;
}
interface AuditTable {
  id: GeneratedAlways<Id>;
  at: Time;
  accountId: Maybe<Id>;
  account: string;
  byId: Maybe<Id>;
  by: Maybe<string>;
  address: string;
  means: string;
  what: string;
  noun: Maybe<string>;
  subjectId: Maybe<Id>;
  subject: Maybe<string>;
  clientId: Maybe<Id>;
  result: string;
  code: Maybe<string>;
  details: JsonDefault<object>;
}
interface ViewTable {
  id: GeneratedAlways<Id>;
  accountId: Maybe<Id>;
  list: string;
  name: string;
  search: JsonDefault<Readonly<Record<string, string>>>;
  createdAt: Time;
}
interface PlatformClientTable {
  platformId: Id;
  clientId: Id;
}
