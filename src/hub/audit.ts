import { type Kysely, sql } from 'kysely';
import type { ProblemCode } from '../model/problem.ts';
import { jsonb } from './database.ts';
import type { Tables } from './tables.ts';

/** Who asks, from where, and what shows that it is so. */
export interface Actor {
  /** Null: through the socket, or nobody that is known; of who failed to sign in, as whom. */
  readonly accountId: string | null;
  /** As it is called; '' of who tried to sign in as nobody that is known. */
  readonly account: string;
  /** Who really is there, when signed in as another. */
  readonly by?: { readonly accountId: string; readonly name: string } | undefined;
  /** '' through the socket. */
  readonly address: string;
  /** 'socket', 'token 3', 'session 7', 'password'. */
  readonly means: string;
}

/** What was found by a name that a request gave. */
export interface Met {
  readonly noun: string;
  /** Null: of what has none, or is not there. */
  readonly id: string | null;
  readonly name: string;
  /** Id of the client whose it is. */
  readonly client: string | null;
}

export interface Audited {
  readonly actor: Actor;
  /** An endpoint: 'site create'. */
  readonly what: string;
  readonly subject?: Met | null;
  /** 'refused': one may not. 'failed': it could not be done, or what was asked for makes no sense. */
  readonly result: 'done' | 'refused' | 'failed';
  readonly code?: ProblemCode | undefined;
  /** Nothing that a person wrote into a field: it may be a secret. */
  readonly details?: object;
}

/** In the transaction that does what it tells of; of what was refused or failed, in one of its own. */
export async function audit(
  tx: Kysely<Tables>,
  { actor, what, subject, result, code, details = {} }: Audited,
): Promise<void> {
  const { accountId, account, by, address, means } = actor;
  await sql`
    insert into audit (account_id, account, by_id, by, address, means, what, noun, subject_id, subject, client_id, result,
                       code, details)
    values (${accountId}, ${account}, ${by?.accountId ?? null}, ${by?.name ?? null}, ${address}, ${means}, ${what},
            ${subject?.noun ?? null}, ${subject?.id ?? null}, ${subject?.name ?? null},
            (select id from client where id = ${subject?.client ?? null}), -- one that what failed had made is gone with it
            ${result}, ${code ?? null}, ${jsonb(details)}::jsonb)`.execute(tx);
}

/** What concerns an account concerns the clients that it has roles for: one row for each, which each of them sees. */
export async function auditAccount(
  tx: Kysely<Tables>,
  audited: Audited & { readonly subject: { readonly id: string; readonly name: string } },
): Promise<void> {
  const { rows } = await sql<{ client: string | null }>`
    select distinct client_id as client from membership where account_id = ${audited.subject.id}`.execute(tx);
  for (const { client } of rows.length > 0 ? rows : [{ client: null }])
    await audit(tx, { ...audited, subject: { ...audited.subject, noun: 'account', client } });
}
