import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { sql } from 'kysely';
import { editionOf } from '../../src/hub/agent/edition.ts';
import { secretsApart } from '../../src/model/secrets-apart.ts';
import { type Answered, addPlatform, furnished, setStatus, type TestHub } from './hub.ts';

/** Processes of an agent, as they call themselves. */
export const [one, other] = ['a1a1a1a1a1a1', 'b2b2b2b2b2b2'];

export interface AgentWorld extends TestHub {
  /** As the agent of a server asks; the status and what was answered. */
  say(credential: string, path: string, body: object, raw?: string): Promise<{ status: number; body: Answered }>;
  claim(credential: string, instance?: string, holds?: readonly string[]): Promise<Answered>;
  enrol(server: string): Promise<string>;
}

/** Two servers that have all that a site needs, each with a platform and a site on it. */
export async function agentWorld(t: TestContext): Promise<AgentWorld> {
  const made = await furnished(t);
  const { good, hub, app } = made;
  const { db } = hub.database;
  await sql`update server set host = 'master.example.com'`.execute(db);
  await addPlatform(made, 'p2');
  const services = [
    { type: 'http', engine: 'nginx' },
    { type: 'db', engine: 'mysql' },
    { type: 'backup', engine: 'archive' },
    { type: 'dns', engine: 'null' },
  ];
  await good('POST', '/api/servers', { name: 'web2', host: 'web2.example.com', services });
  await sql`
    update platform set server_id = server.id, http_service_id = service.id from server, service
    where platform.name = 'p2' and server.name = 'web2' and service.server_id = server.id and service.type = 'http'`.execute(
    db,
  );
  for (const [name, platform] of [
    ['s1.example.com', 'd10'],
    ['s2.example.com', 'p2'],
  ] as const) {
    await good('POST', '/api/sites', { name, platform });
    await setStatus(made, 'site', name, 'enabled');
  }
  await sql`
    update site set db_service_id = service.id from platform, service where site.name = 's2.example.com'
      and platform.name = 'p2' and service.server_id = platform.server_id and service.type = 'db'`.execute(db);
  await sql`delete from task`.execute(db);
  const say: AgentWorld['say'] = async (credential, path, body, raw) => {
    const answer = await app.request(`/api/agent/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
      body: raw ?? JSON.stringify(secretsApart(body)),
    });
    return { status: answer.status, body: await answer.json() };
  };
  const edition = editionOf(hub.version, hub.catalog);
  return {
    ...made,
    say,
    enrol: async (server) => (await good('POST', `/api/servers/${server}/agents`)).credential,
    async claim(credential, instance = one, holds = []) {
      const { status, body } = await say(credential, 'claim', { instance, edition, holds, waiting: null, waitMs: 0 });
      assert.equal(status, 200, JSON.stringify(body));
      return body.task;
    },
  };
}
