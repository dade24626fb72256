import { type RawBuilder, sql } from 'kysely';
import type { Answer } from '../../api/endpoints.ts';
import { Problem } from '../../model/problem.ts';
import { isLocal } from '../../model/server.ts';
import { type Asked, accountOf, type Handler } from '../hub.ts';
import { equals, listPage } from '../list.ts';
import { agentSilentS } from '../queue.ts';
import { resolve } from '../resolve.ts';
import { one } from '../rows.ts';
import { demandConfirmed } from '../sign-in/confirmed.ts';
import { hashOf } from '../sign-in/sessions.ts';
import { iso, isoOrNull } from '../time.ts';
import { visible } from '../visible.ts';
import { newCredential } from './credential.ts';

interface AgentRow {
  readonly id: string;
  readonly server: string;
  readonly processes: number;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}
const columns = sql`agent.id, server.name as server, agent.created_at, agent.last_used_at, agent.revoked_at,
  (select count(*)::int from worker where worker.agent_id = agent.id and agent.revoked_at is null
     and worker.heartbeat_at > now() - make_interval(secs => ${agentSilentS})) as processes`;
const from = sql`agent join server on server.id = agent.server_id`;

const answer = ({ createdAt, lastUsedAt, revokedAt, ...row }: AgentRow): Answer<'agent enrol'>['about'] => ({
  ...row,
  createdAt: iso(createdAt),
  lastUsedAt: isoOrNull(lastUsedAt),
  revokedAt: isoOrNull(revokedAt),
});

const list: Handler<'agent list'> = async ({ query }, asked) => {
  const server = query.server === undefined ? undefined : await resolve(asked, 'server', query.server);
  const where = [visible('server', asked.caller), equals('agent.server_id', server?.id)];
  const keys = [{ column: 'agent.id', type: 'bigint' }] as const;
  const page = await listPage<AgentRow>(asked.tx, { columns, from, where, keys }, query);
  return { ...page, items: page.items.map(answer) };
};

const enrol: Handler<'agent enrol'> = async ({ params }, asked) => {
  const { tx } = asked;
  demandConfirmed(asked);
  const { id: server, name } = await resolve(asked, 'server', params.name, { lock: true });
  const { rows: servers } = await sql<{ host: string }>`select host from server where id = ${server}`.execute(tx);
  if (isLocal(one(servers, `there is no server ${name}`)))
    throw new Problem('invalid', `server ${name} is the machine that the hub runs on`, {
      hint: 'Workers of the hub are close to it already; an agent is for another machine.',
    });
  const credential = newCredential();
  const { rows } = await sql<{ id: string }>`
    insert into agent (server_id, hash, account_id) values (${server}, ${hashOf(credential)}, ${accountOf(asked)})
    returning id`.execute(tx);
  return { credential, about: answer(await agentWith(asked, sql`agent.id = ${one(rows, 'the agent just made').id}`)) };
};

async function agentWith({ tx, caller }: Asked, condition: RawBuilder<unknown>): Promise<AgentRow> {
  const { rows } = await sql<AgentRow>`
    select ${columns} from ${from} where ${condition} and ${visible('server', caller)}`.execute(tx);
  return one(rows, 'there is no such agent', 'aegir agent list shows which there are.');
}

/** Its next request is refused, so its leases end by themselves: another takes over when the machine has let go. */
const revoke: Handler<'agent revoke'> = async ({ params }, asked) => {
  const { tx } = asked;
  const { id, server } = await agentWith(asked, sql`agent.id = ${params.agent}`);
  asked.met.push({ noun: 'agent', id, name: `of ${server}`, client: null });
  await sql`update agent set revoked_at = coalesce(revoked_at, now()) where id = ${id}`.execute(tx);
  await sql`delete from worker where agent_id = ${id}`.execute(tx);
  await sql`select pg_notify('task', '')`.execute(tx);
  return { revoked: id };
};

export const agentHandlers = { 'agent list': list, 'agent enrol': enrol, 'agent revoke': revoke };
