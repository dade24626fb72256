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
  totp: TotpTable;
  passkey: PasskeyTable;
  recoveryCode: RecoveryCodeTable;
  challenge: ChallengeTable;
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
interface TotpTable {
  accountId: Id;
  sealed: Buffer;
  lastStep: string;
  createdAt: Time;
}
interface PasskeyTable {
  id: GeneratedAlways<Id>;
  accountId: Id;
  credentialId: string;
  publicKey: Buffer;
  counter: string;
  transports: readonly string[];
  title: string;
  createdAt: Time;
  lastUsedAt: MaybeTime;
}
interface RecoveryCodeTable {
  accountId: Id;
  hash: Buffer;
  usedAt: MaybeTime;
}
interface ChallengeTable {
  hash: Buffer;
  kind: string;
  accountId: Maybe<Id>;
  sealed: Buffer;
  expiresAt: Time;
}
