import type { GeneratedAlways } from 'kysely';
import type { Json } from '../model/json.ts';
import type { Default, Id, JsonDefault, Maybe, MaybeJson, MaybeTime, Time } from './columns.ts';

/** Servers, and by what they are reached. */
export interface ServerTables {
  server: ServerTable;
  service: ServiceTable;
  hubKey: HubKeyTable;
  agent: AgentTable;
}

interface ServerTable {
  id: GeneratedAlways<Id>;
  name: string;
  title: string;
  host: string;
  sshPort: Default<number>;
  status: Default<string>;
  root: Default<string>;
  data: JsonDefault<{ readonly [plugin: string]: Json }>;
  diagnosis: MaybeJson<Json>;
  verifiedAt: MaybeTime;
  createdAt: Time;
  tasksMax: Maybe<number>;
  hostKeys: Default<string[]>;
  hostKeysAt: MaybeTime;
}

interface ServiceTable {
  id: GeneratedAlways<Id>;
  serverId: Id;
  type: string;
  engine: string;
  options: JsonDefault<{ readonly [option: string]: Json }>;
  secrets: Maybe<Buffer>;
  publishTo: Default<string>;
  status: Default<string>;
  version: Maybe<string>;
  createdAt: Time;
}

interface HubKeyTable {
  name: string;
  public: string;
  sealed: Buffer;
  createdAt: Time;
}

interface AgentTable {
  id: GeneratedAlways<Id>;
  serverId: Id;
  hash: Buffer;
  accountId: Maybe<Id>;
  createdAt: Time;
  lastUsedAt: MaybeTime;
  revokedAt: MaybeTime;
}
