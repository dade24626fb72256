import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { sql } from 'kysely';
import { furnished, setStatus } from '../../tests/kit/hub.ts';
import { metricText } from './metric-text.ts';
import { sweepNamed } from './sweeps.ts';
import { endTurn, placeTurns, takeTurns } from './turns.ts';

test('a metric is written as Prometheus reads it', () => {
  const samples = [{ labels: { a: 'x"\\\ny', b: 'z' }, value: 1.5 }, { value: 0 }];
  assert.equal(
    metricText([{ name: 'aegir_x', help: 'What it is', samples }]),
    '# HELP aegir_x What it is\n# TYPE aegir_x gauge\naegir_x{a="x\\"\\\\\\ny",b="z"} 1.5\naegir_x 0\n',
  );
});

test('metrics say how tasks, workers, sites, backups and queues are, to who has a token that may see it', async (t) => {
  const made = await furnished(t);
  const { good, ask, problem, hub } = made;
  const { db } = hub.database;
  for (const name of ['a.example.com', 'b.example.com', 'c.example.com'])
    await good('POST', '/api/sites', { name, platform: 'd10' });
  for (const name of ['a.example.com', 'b.example.com']) await setStatus(made, 'site', name, 'enabled');
  await sql`
    update task set status = 'done', started_at = created_at + interval '3 seconds', ended_at = now()
    where subject_name = 'a.example.com'`.execute(db);
  await sql`insert into worker (name, waiting) values ('w1', null), ('w2', 'the load is high')`.execute(db);
  await sql`
    insert into backup (name, status, site_id, site_name, reason, server_id, engine, manifest, bytes, tested, created_at)
    select 'x', 'enabled', site.id, site.name, 'schedule', 1, 'archive', '{}', 1,
           jsonb_build_object('at', now(), 'ok', true), now() - interval '1 hour'
    from site where name = 'a.example.com'`.execute(db);
  const cron = sweepNamed(hub.catalog, 'cron');
  await placeTurns(db, cron);
  await sql`update turn set due_at = now() - interval '10 minutes'`.execute(db);
  const [turn] = await takeTurns(db, cron, { worker: 'w1', most: 1, mostFailing: 1, timeoutMs: 1000 });
  assert.ok(turn);
  await endTurn(db, cron, turn, { status: 'done' }, { endedAt: turn.begunAt, window: null });

  const { body, response } = await ask('GET', '/metrics');
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  for (const line of [
    'aegir_info{version="0.0.0-test"} 1',
    'aegir_tasks{name="site install",status="queued"} 2',
    'aegir_tasks_ended_last_hour{name="site install",result="done"} 1',
    'aegir_task_waiting_seconds{quantile="0.95"} 3',
    'aegir_workers{state="taking"} 1',
    'aegir_workers{state="waiting"} 1',
    'aegir_sites{status="enabled"} 2',
    'aegir_sites{status="queued"} 1',
    'aegir_backups 1',
    'aegir_backups_proven 1',
    'aegir_sites_without_backup 1',
    'aegir_queue_turns{queue="cron",state="late"} 1',
    'aegir_queue_paused{queue="task"} 0',
    'aegir_runs_last_hour{queue="cron",result="done"} 1',
  ])
    assert.ok(`\n${body}`.includes(`\n${line}\n`), `${line} is missing in\n${body}`);
  const age = Number(/aegir_backup_age_seconds\{quantile="1"\} ([\d.]+)/.exec(body)?.[1]);
  assert.ok(age >= 3600 && age < 3700);
  const late = Number(/aegir_queue_late_seconds\{queue="cron"\} ([\d.]+)/.exec(body)?.[1]);
  assert.ok(late >= 600 && late < 700);
  assert.doesNotMatch(body, /example\.com/);

  const { token } = await good('POST', '/api/tokens', { scopes: ['hub read'] });
  assert.equal((await ask('GET', '/metrics', undefined, { token })).status, 200);
  assert.equal((await ask('GET', '/api/metrics', undefined, { token })).body.split('\n')[0], body.split('\n')[0]);
  const { token: other } = await good('POST', '/api/tokens', { scopes: ['site read'] });
  await problem('forbidden', 'GET', '/metrics', undefined, { token: other });
  await problem('unauthenticated', 'GET', '/metrics', undefined, { token: 'aegir_x' });

  const dashboard = await readFile(new URL('../../docs/grafana-dashboard.json', import.meta.url), 'utf8');
  const inAnswer = new Set([...body.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name));
  const shown = new Set([...dashboard.matchAll(/aegir_\w+/g)].map(([name]) => name));
  assert.deepEqual([...shown].toSorted(), [...inAnswer].toSorted(), 'the dashboard shows what there is, and no more');
});
