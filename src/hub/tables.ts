import type { GeneratedAlways } from 'kysely';
import type { PackageScan } from '../applications/application.ts';
import type { KeptElsewhere, Looked, Manifest } from '../model/backup.ts';
import type { BatchStatus, MemberStatus } from '../model/batch.ts';
import type { TaskEvent } from '../model/event.ts';
import type { Json } from '../model/json.ts';
import type { PlatformSource } from '../model/platform-source.ts';
import type { ProblemJson } from '../model/problem.ts';
import type { Retention } from '../model/retention.ts';
import type { Pointing } from '../services/dns/dns.ts';
import type { CertificateTables } from './certificate-tables.ts';
import type { Default, Id, JsonColumn, JsonDefault, Maybe, MaybeJson, MaybeTime, Time } from './columns.ts';
import type { NotificationTables } from './notification-tables.ts';
import type { PeopleTables } from './people-tables.ts';
import type { ReserveTables } from './reserve-tables.ts';
import type { ServerTables } from './server-tables.ts';
import type { SignInTables } from './sign-in-tables.ts';
import type { StagedMoveTables } from './staged-move-tables.ts';
import type { SweepTables } from './sweep-tables.ts';

/** The columns of schema/, in camelCase as Kysely shows them. Raw sql says them in snake_case. A test compares both. */
export interface Tables
  extends PeopleTables,
    SignInTables,
    NotificationTables,
    SweepTables,
    ReserveTables,
    StagedMoveTables,
    ServerTables,
    CertificateTables {
  platform: PlatformTable;
  site: SiteTable;
  alias: AliasTable;
  package: PackageTable;
  release: ReleaseTable;
  instance: InstanceTable;
  packageOnSite: PackageOnSiteTable;
  backup: BackupTable;
  task: TaskTable;
  batch: BatchTable;
  batchMember: BatchMemberTable;
  batchEvent: BatchEventTable;
  lock: LockTable;
  event: EventTable;
  taskSecret: TaskSecretTable;
  worker: WorkerTable;
  look: LookTable;
  setting: SettingTable;
  idempotency: IdempotencyTable;
  dnsRecord: DnsRecordTable;
  dnsMark: DnsMarkTable;
}

interface PlatformTable {
  id: GeneratedAlways<Id>;
  name: string;
  title: string;
  root: string;
  serverId: Id;
  httpServiceId: Id;
  status: Default<string>;
  application: Maybe<string>;
  version: Maybe<string>;
  scan: MaybeJson<PackageScan>;
  sitesFound: JsonDefault<readonly { readonly directory: string }[]>;
  verifiedAt: MaybeTime;
  createdAt: Time;
  source: JsonDefault<PlatformSource>;
  tree: Maybe<string>;
  builtAt: MaybeTime;
}
interface SiteTable {
  id: GeneratedAlways<Id>;
  name: string;
  status: Default<string>;
  clientId: Id;
  platformId: Id;
  dbServiceId: Id;
  dnsServiceId: Maybe<Id>;
  directory: string;
  title: string;
  profile: string;
  language: Default<string>;
  email: string;
  redirection: Maybe<string>;
  tls: Default<string>;
  certificatePath: Maybe<string>;
  keyPath: Maybe<string>;
  dbName: string;
  dbUser: string;
  dbPassword: Buffer;
  dbIsOurs: Default<boolean>;
  hashSalt: Buffer;
  cronKey: Buffer;
  runUser: string;
  fpmSocket: string;
  data: JsonDefault<{ readonly [plugin: string]: Json }>;
  scan: MaybeJson<PackageScan>;
  verifiedAt: MaybeTime;
  createdAt: Time;
  deletedAt: MaybeTime;
  copyOf: Maybe<Id>;
  taskId: Maybe<Id>;
  dnsTtlS: Maybe<number>;
  hstsS: Maybe<number>;
  cronEveryS: Maybe<number>;
  cronBy: Maybe<string>;
  backupEveryS: Maybe<number>;
  backupRetention: MaybeJson<Retention>;
  locked: Default<boolean>;
  bytes: Maybe<string>;
  certificateId: Maybe<Id>;
  verifyWanted: Default<boolean>;
}
interface AliasTable {
  name: string;
  siteId: Id;
  kind: 'canonical' | 'alias' | 'redirect' | 'reserved';
  taskId: Maybe<Id>;
}
interface PackageTable {
  id: GeneratedAlways<Id>;
  application: string;
  type: string;
  name: string;
  title: string;
}
interface ReleaseTable {
  id: GeneratedAlways<Id>;
  packageId: Id;
  version: Maybe<string>;
  schemaVersion: Maybe<string>;
  coreCompatibility: Maybe<string>;
}
interface InstanceTable {
  releaseId: Id;
  platformId: Maybe<Id>;
  siteId: Maybe<Id>;
  path: string;
  hidden: Default<boolean>;
  precedence: Default<number>;
  ofProfile: Maybe<string>;
  php: Maybe<string>;
  lastRemovedUpdate: Maybe<string>;
}
interface PackageOnSiteTable {
  siteId: Id;
  packageId: Id;
  enabled: boolean;
  schemaVersion: Maybe<string>;
  isDefault: Default<boolean>;
}
interface BackupTable {
  id: GeneratedAlways<Id>;
  name: string;
  status: Default<string>;
  siteId: Maybe<Id>;
  siteName: string;
  reason: string;
  note: Default<string>;
  pinned: Default<boolean>;
  serverId: Id;
  serviceId: Maybe<Id>;
  engine: string;
  options: JsonDefault<{ readonly [option: string]: Json }>;
  secrets: Maybe<Buffer>;
  taskId: Maybe<Id>;
  accountId: Maybe<Id>;
  upload: Maybe<string>;
  manifest: MaybeJson<Manifest>;
  bytes: Maybe<string>;
  elsewhere: MaybeJson<KeptElsewhere>;
  verified: MaybeJson<Looked>;
  tested: MaybeJson<Looked>;
  createdAt: Time;
  deletedAt: MaybeTime;
}
interface TaskTable {
  id: GeneratedAlways<Id>;
  name: string;
  subjectType: string;
  subjectId: Id;
  subjectName: string;
  args: JsonDefault<Json>;
  dryRun: Default<boolean>;
  locks: readonly string[];
  priority: Default<number>;
  runAt: Time;
  status: Default<'queued' | 'running' | 'done' | 'failed' | 'stuck' | 'cancelled'>;
  attempt: Default<number>;
  afterId: Maybe<Id>;
  attemptsMax: Default<number>;
  servers: Default<string[]>;
  hubOnly: Default<boolean>;
  timeoutMs: number;
  worker: Maybe<string>;
  heartbeatAt: MaybeTime;
  cancelRequestedAt: MaybeTime;
  accountId: Maybe<Id>;
  result: MaybeJson<Json>;
  problem: MaybeJson<ProblemJson>;
  createdAt: Time;
  startedAt: MaybeTime;
  endedAt: MaybeTime;
}
interface BatchTable {
  id: GeneratedAlways<Id>;
  name: string;
  noun: string;
  title: string;
  args: JsonDefault<Json>;
  canary: number;
  parallel: number;
  failuresMax: number;
  status: Default<BatchStatus>;
  why: Maybe<string>;
  accountId: Maybe<Id>;
  cancelRequestedAt: MaybeTime;
  createdAt: Time;
  endedAt: MaybeTime;
}
interface BatchMemberTable {
  batchId: Id;
  position: number;
  subjectId: Id;
  subjectName: string;
  status: Default<MemberStatus>;
  taskId: Maybe<Id>;
  problem: MaybeJson<ProblemJson>;
  begunAt: MaybeTime;
  endedAt: MaybeTime;
}
interface BatchEventTable {
  batchId: Id;
  seq: number;
  at: Time;
  data: JsonColumn<Json>;
}
interface LockTable {
  key: string;
  taskId: Id;
}
interface EventTable {
  taskId: Id;
  seq: number;
  at: Time;
  data: JsonColumn<TaskEvent>;
}
interface TaskSecretTable {
  taskId: Id;
  name: string;
  sealed: Buffer;
  createdAt: Time;
}
interface WorkerTable {
  name: string;
  startedAt: Time;
  heartbeatAt: Time;
  waiting: Maybe<string>;
  agentId: Maybe<Id>;
}
interface LookTable {
  id: GeneratedAlways<Id>;
  name: string;
  subjectId: Id;
  args: JsonColumn<Json>;
  askedAt: Time;
  takenAt: MaybeTime;
  answer: MaybeJson<Json>;
  problem: MaybeJson<ProblemJson>;
}
interface SettingTable {
  name: string;
  value: JsonColumn<Json>;
}
interface IdempotencyTable {
  caller: string;
  key: string;
  request: Buffer;
  status: Maybe<number>;
  answer: MaybeJson<Json>;
  createdAt: Time;
}
interface DnsRecordTable {
  siteId: Id;
  serviceId: Id;
  name: string;
  pointing: MaybeJson<Pointing>;
}
interface DnsMarkTable {
  mark: string;
}
