import type { TestContext } from 'node:test';
import { sql } from 'kysely';
import { seal } from '../../src/hub/seal.ts';
import { taskSecret } from '../../src/hub/site-secrets.ts';
import { Secret } from '../../src/model/secret.ts';
import { endTasks, furnished, setStatus, type TestHub } from './hub.ts';

const template = 'template.example.com';
export const noon = new Date('2030-01-10T12:00:00Z');
export const cakes = { name: 'cakes', email: 'ana@example.com' };

/** An offer of a reserve without spares, and a program that may order of it. */
export async function withOffer(t: TestContext, more: object = {}): Promise<TestHub & { readonly token: string }> {
  const made = await furnished(t);
  await made.good('POST', '/api/sites', { name: template, platform: 'd10' });
  await setStatus(made, 'site', template, 'enabled');
  await endTasks(made);
  const reserve = { name: 'shops', template, pattern: 'spare-*.example.net', full: 0, emergency: 0 };
  await made.good('POST', '/api/reserves', reserve);
  const variables = { slogan: 'system.site:slogan', old: { variable: 'system.date:first_day', type: 'number' } };
  await made.good('POST', '/api/offers', {
    name: 'shops',
    reserve: 'shops',
    pattern: '{name}.example.com',
    variables,
    ...more,
  });
  await made.good('POST', '/api/roles', { name: 'seller', permissions: ['offer order'] });
  await made.good('POST', '/api/accounts', { name: 'shop', role: 'seller' });
  const { token } = await made.good('POST', '/api/tokens', { account: 'shop', offer: 'shops' });
  return { ...made, token };
}

/** As a worker would: clones are made, sites handed over with a link. */
export async function workOnOrders({ hub }: TestHub, fails = false): Promise<void> {
  const { db } = hub.database;
  const { rows } = await sql<{ id: string; name: string; site: string }>`
    select id, name, subject_id as site from task where status = 'queued' order by id`.execute(db);
  for (const { id, name, site } of rows) {
    await sql`update task set status = ${fails ? 'failed' : 'done'}, ended_at = now(),
      problem = case when ${fails} then '{"code": "application-failed", "message": "/var/secret/path", "causes": []}'::jsonb end
      where id = ${id}`.execute(db);
    if (name === 'site clone')
      await sql`update site set status = ${fails ? 'failed' : 'enabled'} where id = ${site}`.execute(db);
    if (name !== 'site hand-over' || fails) continue;
    const sealed = seal(hub.sealKey, new Secret('http://cakes.example.com/in'), taskSecret(id, 'loginLink'));
    await sql`insert into task_secret (task_id, name, sealed) values (${id}, 'loginLink', ${sealed})`.execute(db);
  }
}
