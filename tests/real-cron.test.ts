import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { sweepNamed } from '../src/hub/sweeps.ts';
import { placeTurns } from '../src/hub/turns.ts';
import { Problem } from '../src/model/problem.ts';
import { crontabEngine, noCrontabEngine } from '../src/services/cron/crontab.ts';
import { crontabOf } from './kit/crontab.ts';
import type { HubWithWorker } from './kit/hub-with-worker.ts';
import { type RealFarm, realFarm } from './kit/real-farm.ts';
import { realHubWithPlatform } from './kit/real-hub.ts';

const run = promisify(execFile);
const user = 'news';
const name = 'example.com';
const cron = sweepNamed({ sweeps: [] }, 'cron');

/** A hub and a worker on real servers, with a WordPress that leaves a file behind whenever its cron runs. */
async function hostedWordpress(t: TestContext): Promise<{ hub: HubWithWorker; real: RealFarm; mark: string }> {
  const real = await realFarm(t);
  const { platformRoot } = real.data;
  const hub = await realHubWithPlatform(t, real, [crontabEngine(crontabOf(user)), noCrontabEngine(crontabOf(user))]);
  const { call, done } = hub;
  await done((await call('site create', { body: { name, platform: 'p1' } })).task);
  const mark = `${platformRoot}/sites/${name}/private/temp/ran-by-`;
  await writeFile(`${platformRoot}/wp-content/mu-plugins/mark.php`, marking(mark));
  return { hub, real, mark };
}

const marking = (mark: string): string => `<?php
add_action('mark', function () { echo 'said by cron'; touch('${mark}' . PHP_SAPI); });
if (!wp_next_scheduled('mark')) wp_schedule_single_event(time() - 60, 'mark');
`;

/** What the site says of its cron when it has run once more. */
async function ranOnce({ call, database: { db } }: HubWithWorker) {
  await placeTurns(db, cron);
  const before = (await call('site get', { params: { name } })).cron.lastAt;
  await sql`update turn set due_at = now() - interval '1 second'`.execute(db);
  for (let tries = 0; tries < 600; tries++) {
    const { cron: found } = await call('site get', { params: { name } });
    if (found.lastAt !== before) return found;
    await wait(100);
  }
  return assert.fail('its cron does not run');
}

test('a WordPress has its cron run over the web and by command line, and says when that fails', async (t) => {
  const { hub, real, mark } = await hostedWordpress(t);
  const { call, done } = hub;
  const wpConfig = `${real.data.platformRoot}/sites/${name}/wp-config.php`;
  assert.match(await readFile(wpConfig, 'utf8'), /DISABLE_WP_CRON/);

  const byWeb = await ranOnce(hub);
  assert.deepEqual([byWeb.every, byWeb.by, byWeb.isOwn, byWeb.failures, byWeb.problem], ['15m', 'web', false, 0, null]);
  for (let tries = 0; tries < 600 && !existsSync(`${mark}fpm-fcgi`); tries++) await wait(100);
  assert.ok(existsSync(`${mark}fpm-fcgi`), 'PHP-FPM has run it');

  const set = await call('site set', { params: { name }, body: { cron: '1h', cronBy: 'command' } });
  await done(set.task?.id ?? '');
  const byCommand = await ranOnce(hub);
  assert.deepEqual([byCommand.every, byCommand.by, byCommand.isOwn, byCommand.problem], ['1h', 'command', true, null]);
  assert.ok(existsSync(`${mark}cli`));
  const { items } = await call('queue runs', { params: { name: 'cron' }, query: { subject: name } });
  assert.deepEqual(
    items.map(({ status, lines }) => [status, lines]),
    [
      ['done', 'said by cron'],
      ['done', ''],
    ],
  );

  await writeFile(`${real.data.platformRoot}/wp-content/mu-plugins/mark.php`, '<?php nothing_of_that_name();');
  const failed = await ranOnce(hub);
  assert.equal(failed.failures, 1);
  assert.match((failed.problem as { message: string }).message, /undefined function nothing_of_that_name/);
  const { items: failing } = await call('queue turns', { params: { name: 'cron' }, query: { state: 'failing' } });
  assert.deepEqual(
    failing.map(({ subject }) => subject.name),
    [name],
  );

  const off = await call('site set', { params: { name }, body: { cron: 'off' } });
  await done(off.task?.id ?? '');
  assert.doesNotMatch(await readFile(wpConfig, 'utf8'), /DISABLE_WP_CRON/);
  await placeTurns(hub.database.db, cron);
  assert.equal((await call('queue get', { params: { name: 'cron' } })).turns, 0);

  await writeFile(`${real.data.platformRoot}/wp-content/mu-plugins/mark.php`, marking(mark));
  await asCrontab(t, hub, mark);
});

/** The line is what cron would run, by the shell. */
async function asCrontab(t: TestContext, { call, done, database: { db } }: HubWithWorker, mark: string): Promise<void> {
  t.after(() => run('crontab', ['-u', user, '-r']).catch(() => undefined));
  const lines = async (): Promise<readonly string[]> =>
    (await run('crontab', ['-u', user, '-l']).catch(() => ({ stdout: '' }))).stdout.split('\n').slice(0, -1);
  const ended = async (): Promise<void> => {
    for (const { id } of (await call('task list', { query: { limit: 5 } })).items.toReversed()) await done(id);
  };
  const task = async (verb: string): Promise<void> => {
    await call('site task', { params: { name }, body: { name: `site ${verb}` } });
    await ended();
  };
  await call('service create', { params: { name: 'master' }, body: { type: 'cron', engine: 'crontab' } });
  await call('site set', { params: { name }, body: { cron: '1h', cronBy: 'command' } });
  await ended();
  await placeTurns(db, cron);
  assert.equal((await call('queue get', { params: { name: 'cron' } })).turns, 0, 'the server does it');
  const [line = '', ...others] = await lines();
  assert.match(line, /^\d+ \* \* \* \* flock -n .* php < .* # aegir$/);
  assert.deepEqual(others, []);
  for (const [way, by] of [
    ['cli', 'command'],
    ['fpm-fcgi', 'web'],
  ] as const) {
    await call('site set', { params: { name }, body: { cronBy: by } });
    await ended();
    await rm(`${mark}${way}`, { force: true });
    await run('sh', ['-c', (await lines())[0]?.replace(/^(\S+ ){5}/, '') ?? 'false']);
    for (let tries = 0; tries < 600 && !existsSync(`${mark}${way}`); tries++) await wait(100);
    assert.ok(existsSync(`${mark}${way}`), way);
  }
  await task('disable');
  assert.deepEqual(await lines(), []);
  await task('enable');
  assert.deepEqual((await lines()).length, 1);
  const kept = call('service delete', { params: { name: 'master', type: 'cron' } });
  await assert.rejects(kept, (error) => error instanceof Problem && error.code === 'in-use');
  await call('service set', { params: { name: 'master', type: 'cron' }, body: { engine: 'hub' } });
  await ended();
  assert.deepEqual(await lines(), []);
  await placeTurns(db, cron);
  assert.equal((await call('queue get', { params: { name: 'cron' } })).turns, 1);
  await call('service set', { params: { name: 'master', type: 'cron' }, body: { engine: 'crontab' } });
  await ended();
  assert.equal((await lines()).length, 1);
  await task('disable');
  await call('site task', { params: { name }, body: { name: 'site delete', args: { backup: false } } });
  await ended();
  assert.deepEqual(await lines(), []);
}
