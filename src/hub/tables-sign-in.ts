import type { GeneratedAlways } from 'kysely';
import type { Default, Id, Maybe, MaybeTime, Time } from './columns.ts';

/** Who may come in, and what they come in with. */
export interface SignInTables {
  account: AccountTable;
  token: TokenTable;
  password: PasswordTable;
  session: SessionTable;
  oneTimeLink: OneTimeLinkTable;
  guess: GuessTable;
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
}
interface PasswordTable {
  accountId: Id;
  hash: string;
  changedAt: Time;
}
interface SessionTable {
  id: GeneratedAlways<Id>;
  accountId: Id;
  hash: Buffer;
  way: string;
  address: Maybe<string>;
  userAgent: string;
  createdAt: Time;
  lastSeenAt: Time;
  confirmedAt: Time;
  revokedAt: MaybeTime;
}
interface OneTimeLinkTable {
  id: GeneratedAlways<Id>;
  accountId: Id;
  kind: 'invitation' | 'password';
  hash: Buffer;
  createdAt: Time;
  expiresAt: Time;
  usedAt: MaybeTime;
}
interface GuessTable {
  key: string;
  failures: number;
  until: Time;
  lastAt: Time;
}
