import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { accessWorld } from '../../tests/kit/access-world.ts';
import { testHub } from '../../tests/kit/hub.ts';

test('what the audit could not be told stands in the log of the hub, and whoever asked is answered all the same', async (t) => {
  const { good, problem, hub, bugs } = await testHub(t);
  await good('POST', '/api/accounts', { name: 'ada', role: 'viewer' });
  const { token } = await good('POST', '/api/tokens', { account: 'ada' });
  await sql`alter table audit rename to audit_away`.execute(hub.database.db);
  await problem('forbidden', 'POST', '/api/queues/task/pause', undefined, { token });
  await problem('not-found', 'GET', '/api/nothing', undefined, { token });
  const [bug, ...more] = bugs;
  assert.ok(bug instanceof Error && more.length === 0);
  assert.equal(bug.message, "the audit does not know that 'queue pause' of ada was refused (forbidden)");
  assert.match(String(bug.cause), /audit/);
});

test('who reads what was done to what is theirs does not read the names of other clients', async (t) => {
  const { hub, things, tokens } = await accessWorld(t);
  const { acme } = things;
  await hub.good('PATCH', `/api/sites/${acme.site}`, { client: 'umbra' });
  const [seen] = (await hub.good('GET', '/api/audit?client=acme&what=site set', undefined, { token: tokens.c })).items;
  assert.deepEqual([seen.subject, seen.details], [acme.site, { fields: ['client'] }]);
  const { body: csv, response } = await hub.ask('GET', '/api/audit/export?client=acme', undefined, { token: tokens.c });
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.match(csv, /site set/);
  assert.doesNotMatch(csv, /umbra/);
  const [all] = (await hub.good('GET', '/api/audit?client=acme&what=site set')).items;
  assert.deepEqual(all.details.also, [{ noun: 'client', name: 'umbra' }]);
});
