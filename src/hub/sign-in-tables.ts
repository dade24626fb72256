import type { GeneratedAlways } from 'kysely';
import type { Id, Maybe, MaybeTime, Time } from './columns.ts';

/** What people come in with, as tables.ts has all. */
export interface SignInTables {
  password: PasswordTable;
  session: SessionTable;
  oneTimeLink: OneTimeLinkTable;
  guess: GuessTable;
  totp: TotpTable;
  passkey: PasskeyTable;
  recoveryCode: RecoveryCodeTable;
  challenge: ChallengeTable;
  identity: IdentityTable;
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
  madeBy: Maybe<Id>;
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
interface IdentityTable {
  issuer: string;
  subject: string;
  accountId: Id;
  createdAt: Time;
}
