import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { sql } from 'kysely';
import { deliverMails, deliverRequests, spreadAll } from '../../src/hub/notification/deliver.ts';
import { claimTask, endTask } from '../../src/hub/queue.ts';
import type { ProblemJson } from '../../src/model/problem.ts';
import { type Answered, furnished, setStatus, type TestHub } from './hub.ts';

/** Two clients with a site and an account each: ada of acme, who has a mail address, and eve of umbra; root is an administrator. */
export async function tellingHub(t: TestContext): Promise<TestHub> {
  const hub = await furnished(t);
  for (const [client, name] of [
    ['acme', 'ada'],
    ['umbra', 'eve'],
  ]) {
    await hub.good('POST', '/api/clients', { name: client });
    await hub.good('POST', '/api/accounts', { name, email: `${name}@example.com`, role: 'client', client });
    await hub.good('POST', '/api/sites', { name: `${client}.example.com`, platform: 'd10', client });
    await setStatus(hub, 'site', `${client}.example.com`, 'enabled');
  }
  await hub.good('POST', '/api/accounts', { name: 'boss', email: 'boss@example.com', role: 'administrator' });
  await sql`delete from task`.execute(hub.hub.database.db);
  return hub;
}

export const refusal: ProblemJson = {
  code: 'command-failed',
  message: 'nginx refused the configuration',
  hint: 'Look into the virtual host.',
  causes: ['exit code 1'],
};

/** A task on a site ends as a worker ends it. Answers its id. */
export async function endsBadly(
  { hub, good }: TestHub,
  site: string,
  {
    status = 'failed',
    problem = refusal,
    dryRun = false,
  }: { status?: 'failed' | 'stuck' | 'cancelled'; problem?: ProblemJson; dryRun?: boolean } = {},
): Promise<string> {
  const { db } = hub.database;
  const { task } = await good('POST', `/api/sites/${site}/tasks`, { name: 'site verify', dryRun });
  const claim = await claimTask(db, 'w1');
  assert.ok(claim);
  assert.equal(claim.taskId, task.id);
  const json = JSON.parse(JSON.stringify(problem));
  await db.transaction().execute((tx) => endTask(tx, claim, status, { result: null, problem: json }));
  return task.id;
}

/** What a hub does every two seconds. */
export async function tell({ hub }: TestHub): Promise<void> {
  await spreadAll(hub);
  await Promise.all([deliverMails(hub), deliverRequests(hub)]);
}

/** As if so long had passed for what waits and what was sent. */
export async function later({ hub }: TestHub, seconds: number): Promise<void> {
  const by = sql`make_interval(secs => ${seconds})`;
  await sql`
    update notification set created_at = created_at - ${by}, next_at = next_at - ${by}, ended_at = ended_at - ${by},
                            leased_until = leased_until - ${by}`.execute(hub.database.db);
  await sql`update webhook set next_at = next_at - ${by}`.execute(hub.database.db);
}

export const tokenOf = async ({ good }: TestHub, account: string): Promise<{ readonly token: string }> =>
  good('POST', '/api/tokens', { account });

export const told = async ({ good }: TestHub, query = ''): Promise<readonly Answered[]> =>
  (await good('GET', `/api/notifications${query}`)).items;
