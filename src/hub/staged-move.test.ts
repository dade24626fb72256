import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import {
  after,
  begun,
  day,
  type Ends,
  limit,
  migrates,
  path,
  settle,
  site,
  start,
  well,
  where,
  withSite,
  work,
} from '../../tests/kit/staged-moves.ts';
import { runStagedMoves } from './staged-move-run.ts';

test('a site moves in stages: a day after its records were lowered, watched for an hour, and raised again', async (t) => {
  const made = await withSite(t);
  const first = await begun(made);
  assert.deepEqual(
    [first.status, first.stage, first.from, first.platform, first.rememberedSeconds, first.ttlSeconds],
    ['running', 'lower', 'd10', 'elsewhere', 7200, 60],
  );
  await settle(made, start);
  const waiting = await made.good('GET', path);
  assert.deepEqual([waiting.stage, waiting.nextAt], ['wait', after(day).toISOString()]);
  assert.deepEqual(
    waiting.actions.map(({ name, possible }: { name: string; possible: boolean }) => [name, possible]),
    [
      ['cancel', true],
      ['resume', false],
    ],
  );
  await settle(made, after(day - 1));
  assert.deepEqual([await where(made), await migrates(made), await limit(made)], ['wait', 0, 60]);
  await settle(made, after(day));
  assert.deepEqual([await where(made), await migrates(made), await limit(made)], ['watch', 1, 60]);
  assert.equal((await made.good('GET', `/api/sites/${site}`)).platform, 'elsewhere');
  await settle(made, after(day + 59));
  assert.equal(await where(made), 'watch');
  for (const minutes of [60, 75]) await settle(made, after(day + minutes));
  const done = await made.good('GET', path);
  assert.deepEqual([done.status, done.problem, await limit(made)], ['done', null, null]);
  assert.deepEqual(
    done.tasks.map(({ name, stage, status }: Record<string, string>) => `${stage}: ${name} ${status}`).toReversed(),
    [
      'lower: site probe done',
      'move: site migrate done',
      'watch: site probe done',
      'watch: site probe done',
      'watch: site probe done',
      'raise: site probe done',
    ],
  );
  await made.problem('wrong-status', 'POST', `${path}/cancel`);
  await made.problem('wrong-status', 'POST', `${path}/resume`);
  assert.equal((await made.good('GET', '/api/staged-moves?status=done')).total, 1);
  const { items } = await made.good('GET', '/api/audit?limit=1&result=done');
  assert.deepEqual([items[0].what, items[0].subject], ['staged-move create', site]);
});

test('it waits as long as the world remembers what the zone said, though less was asked for and the hub knew less', async (t) => {
  const made = await withSite(t);
  await begun(made, { lowerSeconds: 0 });
  await settle(made, start, () => ({ ...well, ttlBefore: 86_400 }));
  const { stage, nextAt, rememberedSeconds } = await made.good('GET', path);
  assert.deepEqual([stage, nextAt, rememberedSeconds], ['wait', after(day).toISOString(), 86_400]);
});

test('records that a person makes are waited for, ever more patiently, and in the end it puts back what was lowered', async (t) => {
  const made = await withSite(t);
  await begun(made);
  const slow: Ends = () => ({ ...well, ttl: 7200, missing: ['192.0.2.53 answers nothing for www.example.com'] });
  await settle(made, start, slow);
  const seen = await made.good('GET', path);
  assert.deepEqual([seen.stage, seen.status, seen.nextAt], ['lower', 'running', after(1).toISOString()]);
  assert.match(
    seen.problem.message,
    /answers nothing for www\.example\.com; its records may be remembered for 7200 s, and not 60/,
  );
  // Whoever has made them need not wait.
  await made.good('POST', `${path}/resume`);
  await settle(made, after(1), slow);
  for (const at of [10, day, 8 * day]) await settle(made, after(at), () => ({ ...well, missing: ['not there'] }));
  assert.equal(await limit(made), null);
  const failed = await made.good('GET', path);
  assert.deepEqual([failed.status, failed.problem.message, await migrates(made)], ['failed', 'not there', 0]);
});

test('a move that fails leaves the site as it was, with its records remembered as before; it can be begun again', async (t) => {
  const made = await withSite(t);
  await begun(made);
  await settle(made, start);
  await settle(made, after(day), (name) => (name === 'site migrate' ? 'failed' : well));
  const failed = await made.good('GET', path);
  assert.deepEqual([failed.status, failed.problem.message, await limit(made)], ['failed', 'the test wants it', null]);
  const { rows } = await sql`select kind, subject_name from happening where kind like 'staged%'`.execute(
    made.hub.database.db,
  );
  assert.deepEqual(rows, [{ kind: 'staged move failed', subjectName: site }]);
  await made.good('POST', `${path}/resume`);
  await settle(made, after(day));
  assert.deepEqual([await where(made), await limit(made)], ['wait', 60]);
  await settle(made, after(2 * day));
  assert.deepEqual([await where(made), await migrates(made)], ['watch', 2]);
});

test('a watch that finds the site broken stops, with what to do; moved it stays, until somebody has looked', async (t) => {
  const made = await withSite(t);
  await begun(made);
  await settle(made, start);
  const broken: Ends = (_, { strict }) => (strict ? 'failed' : well);
  for (const minutes of [0, 1, 3, 9]) await settle(made, after(day + minutes), broken);
  const stopped = await made.good('GET', path);
  assert.deepEqual([stopped.stage, stopped.status, stopped.nextAt, await limit(made)], ['watch', 'stopped', null, 60]);
  assert.match(stopped.problem.hint, new RegExp(`aegir site migrate ${site} d10`));
  assert.match(stopped.problem.hint, new RegExp(`aegir staged-move resume ${site}`));
  await settle(made, after(9 * day), broken);
  assert.equal(await where(made), 'watch stopped');
  // It is mended: the watch begins anew.
  await made.good('POST', `${path}/resume`);
  await settle(made, after(9 * day));
  assert.equal(await where(made), 'done');
});

test('it can be cancelled until the move begins, and after it while it is watched; its records are as before then', async (t) => {
  const made = await withSite(t);
  const cancelled = async (at: Date): Promise<void> => {
    await made.good('POST', `${path}/cancel`);
    assert.deepEqual([await where(made), await limit(made)], ['raise', null]);
    await made.problem('wrong-status', 'POST', `${path}/cancel`);
    await settle(made, at);
    assert.equal(await where(made), 'cancelled');
  };
  await begun(made);
  await runStagedMoves(made.hub, start); // its task waits
  await cancelled(start);
  await made.good('POST', `${path}/resume`);
  await settle(made, start);
  await cancelled(start);
  await begun(made);
  await settle(made, start);
  await settle(made, after(day), (name) => (name === 'site migrate' ? 'goes on' : well));
  const { hint } = await made.problem('wrong-status', 'POST', `${path}/cancel`);
  assert.match(hint, /aegir task cancel \d+ cancels it/);
  // The move itself may be: then all is put back.
  await settle(made, after(day), (name) => (name === 'site migrate' ? 'cancelled' : well));
  assert.equal(await where(made), 'cancelled');
  await begun(made);
  await settle(made, start);
  await settle(made, after(day));
  assert.equal(await where(made), 'watch');
  await cancelled(after(day));
  assert.equal((await made.good('GET', `/api/sites/${site}`)).platform, 'elsewhere');
});

test('what cannot be moved in stages is refused at once, and nothing comes of it', async (t) => {
  const made = await withSite(t);
  const count = async () => (await made.good('GET', '/api/staged-moves')).total;
  const before = await made.counts();
  await made.problem('invalid', 'POST', path, { platform: 'beside' });
  await made.problem('invalid', 'POST', path, { platform: 'd10' });
  await made.problem('not-found', 'POST', path, { platform: 'nowhere' });
  await made.problem('not-found', 'POST', path, { platform: 'elsewhere', dbServer: 'nowhere' });
  await made.problem('invalid', 'POST', path, { platform: 'elsewhere', ttlSeconds: 10 });
  await made.problem('not-found', 'GET', path);
  await made.problem('not-found', 'POST', `${path}/cancel`);
  assert.deepEqual([await made.counts(), await count()], [before, 0]);
  await sql`update site set dns_service_id = null where name = ${site}`.execute(made.hub.database.db);
  const { hint } = await made.problem('invalid', 'POST', path, { platform: 'elsewhere' });
  assert.match(hint, /--dns master/);
  await sql`update site set dns_service_id = (select id from service where type = 'dns') where name = ${site}`.execute(
    made.hub.database.db,
  );
  await begun(made);
  await made.problem('conflict', 'POST', path, { platform: 'elsewhere' });
  assert.equal(await count(), 1);
});

test('it waits for what else is done to its site, and for nothing that it may not', async (t) => {
  const made = await withSite(t);
  const { db } = made.hub.database;
  await made.good('POST', '/api/accounts', { name: 'ada', role: 'administrator' });
  const { token } = await made.good('POST', '/api/tokens', { account: 'ada' });
  await made.good('POST', path, { platform: 'elsewhere' }, { token });
  await settle(made, start);
  const { task } = await made.good('POST', `/api/sites/${site}/tasks`, { name: 'site update' });
  await settle(made, after(day), (name) => (name === 'site update' ? 'goes on' : well));
  const held = await made.good('GET', path);
  assert.deepEqual([held.stage, held.nextAt], ['move', after(day + 5).toISOString()]);
  assert.match(held.problem.message, new RegExp(`by task ${task.id}`));
  await work(made);
  // Whoever asked for it has been locked out meanwhile.
  await sql`update account set status = 'locked' where name = 'ada'`.execute(db);
  await settle(made, after(day + 5));
  const failed = await made.good('GET', path);
  assert.deepEqual(
    [failed.status, failed.problem.code, await migrates(made), await limit(made)],
    ['failed', 'forbidden', 0, null],
  );
});

test('a site that is deleted meanwhile ends it', async (t) => {
  const made = await withSite(t);
  await begun(made);
  await settle(made, start);
  await sql`update site set status = 'deleted', deleted_at = now() where name = ${site}`.execute(made.hub.database.db);
  await settle(made, start);
  const { items } = await made.good('GET', '/api/staged-moves');
  assert.deepEqual([items[0].status, items[0].problem.message], ['cancelled', 'the site was deleted']);
});
