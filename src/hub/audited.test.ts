import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
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
