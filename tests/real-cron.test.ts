import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'kysely';
import { applications } from '../src/applications/applications.ts';
import { sweepNamed } from '../src/hub/sweeps.ts';
import { placeTurns } from '../src/hub/turns.ts';
import { LocalMachine } from '../src/machine/local.ts';
import { engines } from '../src/services/engines.ts';
import { nginxEngine } from '../src/services/http/nginx.ts';
import { catalog } from '../src/tasks/catalog.ts';
import { taskTypes } from '../src/tasks/task-types.ts';
import { type HubWithWorker, hubWithWorker } from './kit/hub-with-worker.ts';
import { type RealFarm, realFarm } from './kit/real-farm.ts';

const name = 'example.com';
const cron = sweepNamed({ sweeps: [] }, 'cron');

/** A hub and a worker on real servers, with a WordPress that leaves a file behind whenever its cron runs. */
async function hostedWordpress(t: TestContext): Promise<{ hub: HubWithWorker; real: RealFarm; mark: string }> {
  const real = await realFarm(t);
  const { root, platformRoot, httpOptions, dbOptions, fpmSocket } = real.data;
  const hub = await hubWithWorker(t, {
    open: (hands) => new LocalMachine(hands),
    catalog: catalog(
      {
        ...{ applications, taskTypes, sweeps: [] },
        engines: [...engines.filter((one) => one.name !== 'nginx'), nginxEngine(real.web.program)],
      },
      [],
    ),
  });
  const { call, done } = hub;
  await call('setting set', { params: { name: 'site.fpm-socket' }, body: { value: fpmSocket } });
  const services = [
    { type: 'http', engine: 'nginx', options: { ...httpOptions } },
    { type: 'db', engine: 'mysql', options: { ...dbOptions } },
  ];
  await done((await call('server create', { body: { name: 'master', root, services } })).task);
  await done((await call('platform create', { body: { name: 'p1', root: platformRoot } })).task);
  await done((await call('site create', { body: { name, platform: 'p1' } })).task);
  const mark = `${platformRoot}/sites/${name}/private/temp/ran-by-`;
  await writeFile(
    `${platformRoot}/wp-content/mu-plugins/mark.php`,
    `<?php
add_action('mark', function () { echo 'said by cron'; touch('${mark}' . PHP_SAPI); });
if (!wp_next_scheduled('mark')) wp_schedule_single_event(time() - 60, 'mark');
`,
  );
  return { hub, real, mark };
}

/** What the site says of its cron when it has run once more. */
async function ranOnce({ call, database: { db } }: HubWithWorker) {
  await placeTurns(db, cron);
  const before = (await call('site get', { params: { name } })).cron.lastAt;
  await sql`update turn set due_at = now()`.execute(db);
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
  const { readFile } = await import('node:fs/promises');
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
});
