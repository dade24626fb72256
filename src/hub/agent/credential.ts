import { randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { Problem } from '../../model/problem.ts';
import { hashOf } from '../sign-in/sessions.ts';
import type { Tables } from '../tables.ts';

/** An agent that has shown its credential, and the one server that it is good for. */
export interface Agent {
  readonly id: string;
  readonly serverId: string;
  readonly serverName: string;
}

/** 256 random bits, so a plain SHA-256 keeps it safe; the prefix lets scanners find one that was lost, and is no account's. */
const prefix = 'aegir_agent_';
const shape = /^aegir_agent_[A-Za-z0-9_-]{43}$/;
export const newCredential = (): string => prefix + randomBytes(32).toString('base64url');

/** Throws Problem 'unauthenticated', which never says what was wrong with it. */
export async function agentOf(db: Kysely<Tables>, authorization: string | undefined): Promise<Agent> {
  const [, credential = ''] = /^Bearer ([^\s]+)$/i.exec(authorization ?? '') ?? [];
  if (shape.test(credential)) {
    const { rows } = await sql<Agent & { readonly stale: boolean }>`
      select agent.id, server.id as server_id, server.name as server_name,
             coalesce(agent.last_used_at < now() - interval '1 minute', true) as stale
      from agent join server on server.id = agent.server_id
      where agent.hash = ${hashOf(credential)} and agent.revoked_at is null and server.status <> 'deleted'`.execute(db);
    const [found] = rows;
    if (found?.stale) await sql`update agent set last_used_at = now() where id = ${found.id}`.execute(db);
    if (found) return { id: found.id, serverId: found.serverId, serverName: found.serverName };
  }
  throw notKnown();
}

export const notKnown = (): Problem =>
  new Problem('unauthenticated', 'this request carries no credential of an agent', {
    hint: 'Enrol it anew on the hub: aegir agent enrol SERVER.',
  });
