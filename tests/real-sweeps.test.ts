import assert from 'node:assert/strict';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'kysely';
import { sweepNamed } from '../src/hub/sweeps.ts';
import { placeTurns } from '../src/hub/turns.ts';
import { realFarm } from './kit/real-farm.ts';
import { realHubWithPlatform } from './kit/real-hub.ts';

const name = 'example.com';

test('on real nginx and MariaDB', async (t) => {
  const real = await realFarm(t);
  const { platformRoot } = real.data;
  const { call, done, hub } = await realHubWithPlatform(t, real);
  const { db } = hub.database;
  await done((await call('site create', { body: { name, platform: 'p1' } })).task);

  await t.test('what somebody has changed is shown, left alone, and put right by a verify', async (one) => {
    const look = async (noun: 'site' | 'platform', subject: string) =>
      (await call(`${noun} drift`, { params: { name: subject }, query: { now: 'true' } })).differences;
    assert.deepEqual(await look('site', name), [], 'just installed');
    assert.deepEqual(await look('platform', 'p1'), []);

    const { user } = (await call('site get', { params: { name } })).database;
    const settings = `${platformRoot}/sites/${name}/wp-config.php`;
    const before = await readFile(settings, 'utf8');
    await chmod(settings, 0o640);
    await writeFile(settings, before.replace(/\n/, '\n// mine\n'));
    await real.server.sql(`alter user '${user}'@'localhost' identified by 'stolen'`);
    await writeFile(
      `${platformRoot}/wp-includes/version.php`,
      (await readFile(`${platformRoot}/wp-includes/version.php`, 'utf8')).replace(
        /\$wp_version = '[^']*'/,
        "$wp_version = '9.9.9'",
      ),
    );

    const found = await look('site', name);
    const text = JSON.stringify(found, null, 1);
    assert.equal(found.length, 2, text);
    const [file, grant] = found;
    assert.match(file?.diff ?? '', /^-mode 0640 www-data\n\+mode 0440 www-data$[\s\S]*^-\/\/ mine$/m);
    assert.match(grant?.what ?? '', new RegExp(`^set the password of the database user ${user}@localhost$`));
    assert.equal((await stat(settings)).mode & 0o777, 0o640, 'nothing was changed');
    assert.match(JSON.stringify(await look('platform', 'p1')), /wordpress.* is 9\.9\.9 now/i);

    await done((await call('site task', { params: { name }, body: { name: 'site verify' } })).task);
    assert.deepEqual(await look('site', name), []);
    const begun = performance.now();
    const looks = 20;
    for (let at = 0; at < looks; at++) await look('site', name);
    one.diagnostic(`one look at a site: ${((performance.now() - begun) / looks).toFixed(0)} ms`);
  });

  await t.test('requests are counted from the log that it writes, each once', async () => {
    const counted = async (): Promise<number | null | undefined> => {
      await placeTurns(db, sweepNamed(hub.catalog, 'requests'));
      const runs = () => call('queue runs', { params: { name: 'requests' } });
      const { total } = await runs();
      await sql`update turn set due_at = now() - interval '1 second' where queue = 'requests'`.execute(db);
      for (let tries = 0; (await runs()).total === total && tries < 300; tries++) await wait(50);
      assert.equal((await runs()).items[0]?.status, 'done', JSON.stringify((await runs()).items[0]));
      return (await call('statistic list', { query: { site: name } })).items[0]?.requests;
    };
    await sql`
      insert into statistic (site_id, at, client_id, users_registered, users_active, posts, comments, disk_bytes, database_bytes)
      select id, now(), client_id, 1, 1, 1, 1, 1, 1 from site where name = ${name}`.execute(db);
    assert.equal((await call('statistic list', {})).items[0]?.requests, null, 'nobody has counted yet');
    const before = (await counted()) ?? 0;
    for (let at = 0; at < 7; at++) await real.page('/', name);
    await real.page('/', 'other.example.com');
    // A line is written a moment after the answer.
    let now = await counted();
    for (let tries = 0; now !== before + 7 && tries < 20; tries++) now = await counted();
    assert.equal(now, before + 7);
    assert.equal(await counted(), before + 7);
    assert.equal((await call('statistic days', { query: { site: name } })).items[0]?.requests, before + 7);
  });
});
