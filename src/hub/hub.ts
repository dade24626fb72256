import { randomBytes } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import type { Answer, EndpointName, Given } from '../api/endpoints.ts';
import type { Catalog } from '../tasks/catalog.ts';
import type { TaskType } from '../tasks/task-type.ts';
import type { Caller } from './access.ts';
import type { Met } from './audit.ts';
import type { HubDatabase } from './database.ts';
import type { SealKey } from './seal.ts';
import type { Visit } from './sign-in/visit.ts';
import type { Tables } from './tables.ts';

/** What the hub is made of. It knows what engines, applications and task types say, and has no hands to act. */
export interface Hub {
  readonly database: HubDatabase;
  readonly sealKey: SealKey;
  readonly catalog: Catalog;
  readonly version: string;
  /** Where it listens itself, as a browser on its machine would open it: 'http://localhost:8460'. */
  readonly address: string;
  /** Directory of files that are uploaded or wait to be downloaded. */
  readonly transfers: string;
  /** Told of each fault in Aegir itself, with the id that the caller was given. */
  onBug(id: string, error: unknown): void;
}

/** For what only reads, `tx` may be no transaction. */
export interface Asked<Tx = Transaction<Tables>> {
  readonly hub: Hub;
  readonly tx: Tx;
  readonly caller: Caller;
  /** Where the request came from, and the cookies that its answer sets. */
  readonly visit: Visit;
  /** What the caller asks for: it says what one has to be allowed. */
  readonly endpoint: EndpointName;
  /** Grows: what the names in the request have meant, for the audit. */
  readonly met: Met[];
  /** Aborted when the caller is gone. */
  readonly gone: AbortSignal;
}
export type Reader = Kysely<Tables>;
/** Who asks for what: enough to find a row, and to refuse it. */
export type Asking<Tx = Reader> = Pick<Asked<Tx>, 'tx' | 'caller' | 'endpoint'> & Partial<Pick<Asked, 'met'>>;

/** Answers one endpoint inside of one transaction, which is rolled back when it throws. */
export type Handler<Name extends EndpointName> = (given: Given<Name>, asked: Asked) => Promise<Answer<Name>>;

/** What the hub asks for without anyone. */
export const byItself = ({ noun }: Pick<TaskType, 'noun'>) =>
  ({ caller: { kind: 'local' }, endpoint: `${noun} task` }) satisfies Pick<Asked, 'caller' | 'endpoint'>;

/** A number for `onBug`, by which a person finds what the hub's log says of it. */
export const bugId = (): string => randomBytes(6).toString('hex');

export const accountOf = ({ caller }: Pick<Asked, 'caller'>): string | null =>
  caller.kind === 'account' ? caller.accountId : null;
