import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';
import type { TestHub } from '../../tests/kit/hub.ts';
import { endTasks, furnished, setStatus, testHub } from '../../tests/kit/hub.ts';
import { runInHere, terminal } from '../../tests/kit/terminal.ts';
import { appendEvents } from '../hub/log.ts';
import { claimTask, endTask } from '../hub/queue.ts';
import type { TaskEvent } from '../model/event.ts';

/** Does the next task's work as a worker would: says these events and ends it. */
async function workOnce(
  { hub }: TestHub,
  events: readonly TaskEvent[],
  status: 'done' | 'failed' = 'done',
): Promise<void> {
  const { db } = hub.database;
  let claim = await claimTask(db, 'w1');
  while (!claim) {
    await new Promise((resolve) => setImmediate(resolve));
    claim = await claimTask(db, 'w1');
  }
  const held = claim;
  const last = events.at(-1);
  const problem =
    last?.type === 'task.failed' ? { ...last.problem, causes: [...last.problem.causes], fields: [] } : null;
  // Who has seen the last event finds the outcome recorded.
  await db.transaction().execute(async (tx) => {
    await appendEvents(tx, held, 1, events);
    await endTask(tx, held, status, { result: {}, problem });
  });
}

test('help names every noun, every verb has examples, and neither needs a hub', async () => {
  const env = { AEGIR_SOCKET: '/nonexistent/hub.sock' };
  const { code, out } = await runInHere(['--help'], { env });
  assert.equal(code, 0);
  for (const noun of ['client', 'server', 'platform', 'site', 'task', 'queue', 'token', 'status'])
    assert.match(out, new RegExp(`^  ${noun} `, 'm'));
  const create = await runInHere(['site', 'create', '--help'], { env });
  assert.match(create.out, /Examples:\n {2}aegir site create example\.com --platform d10/);
  for (const command of [['client', 'list'], ['task', 'log'], ['service', 'set'], ['status'], ['resolve']])
    assert.match((await runInHere([...command, '--help'], { env })).out, /Examples?:\n {2}aegir /, command.join(' '));
  assert.equal((await runInHere([], { env })).code, 0);
});

test('without a hub a command says so, what to do, and ends with the code for that', async () => {
  const env = { AEGIR_SOCKET: '/nonexistent/hub.sock' };
  for (const argv of [['site', 'list'], ['site', 'install', 'example.com'], ['status']]) {
    const { code, out, err } = await runInHere(argv, { env });
    assert.deepEqual([code, out], [6, ''], argv.join(' '));
    assert.match(err, /^Problem: no hub answers at \/nonexistent\/hub\.sock\n {2}because .*\nNow: Start it/);
  }
});

test('what cannot be understood ends with 2 and points to the help', async (t) => {
  const { run } = await terminal(t, await testHub(t));
  for (const argv of [
    ['site', 'explode'],
    ['colour'],
    ['client', 'get'],
    ['site', 'list', '--colour'],
    ['client', 'list', '--limit', 'x'],
  ]) {
    const { code, err } = await run(argv);
    assert.equal(code, 2, argv.join(' '));
    assert.match(err, /--help says how/);
  }
  const { code, err } = await run(['client', 'create', 'Acme!']);
  assert.equal(code, 2);
  assert.match(err, /name: is not a client name/);
});

test('rows are made, listed, shown, changed and deleted', async (t) => {
  const { run } = await terminal(t, await testHub(t));
  assert.match(
    (await run(['client', 'create', 'acme', '--title', 'Acme Ltd', '--email', 'a@b.example'])).out,
    /title +Acme Ltd/,
  );
  const { out } = await run(['client', 'list']);
  assert.equal(out, 'NAME  TITLE     EMAIL        SITES  STATUS\nacme  Acme Ltd  a@b.example  0      enabled\n');
  assert.match((await run(['client', 'set', 'acme', '--no-email'])).out, /email +-/);
  assert.equal(JSON.parse((await run(['client', 'get', 'acme', '--json'])).out).email, null);
  assert.equal((await run(['client', 'delete', 'acme'])).out, 'Deleted acme\n');
  const gone = await run(['client', 'get', 'acme']);
  assert.equal(gone.code, 4);
  assert.match(gone.err, /there is no client 'acme'\nNow: There was one, and it is deleted/);
  const asJson = await run(['client', 'get', 'acme', '--json']);
  assert.equal(JSON.parse(asJson.err).code, 'not-found');
});

test('a table fits the terminal, without colour when it is none, and shows no control characters', async (t) => {
  const made = await testHub(t);
  const { run } = await terminal(t, made);
  await run(['client', 'create', 'acme', '--title', `${'long '.repeat(30)}日本語`]);
  const { out } = await run(['client', 'list'], { columns: 60 });
  for (const line of out.split('\n')) assert.ok([...line].length <= 60, line);
  assert.match(out, /…/);
  assert.equal(out.includes('\u001b'), false);
  assert.ok((await run(['client', 'list'], { colour: true })).out.startsWith('\u001b[1m'));
});

test('install makes the site and follows the task to its end, with the address', async (t) => {
  const made = await furnished(t);
  const { run } = await terminal(t, made);
  const command = run(['site', 'install', 'example.com', '--platform', 'd10', '--profile', 'minimal']);
  await workOnce(made, [
    { type: 'task.started', worker: 'w1', attempt: 1, steps: ['create database'] },
    { type: 'check.done' },
    { type: 'step.started', step: 'create database' },
    { type: 'command.started', server: 'master', command: 'mysql --batch' },
    { type: 'changed', what: 'made database example_com_1' },
    { type: 'step.done', step: 'create database', result: {} },
    { type: 'task.done', result: {} },
  ]);
  const { code, out } = await command;
  assert.equal(code, 0);
  assert.match(out, /^Task \d+: site install example\.com\n/);
  assert.match(out, / {2}… create database\n {6}made database example_com_1\n {2}✓ create database {2}\d+\.\d s\n/);
  assert.match(out, /Done: site install example\.com\nOpen: {2}http:\/\/example\.com\n/);
  assert.doesNotMatch(out, /mysql/);
  assert.equal((await made.good('GET', '/api/sites/example.com')).profile, 'minimal');
});

test('a task that fails ends the command with the code of its problem, and says what to do', async (t) => {
  const made = await furnished(t);
  const { run } = await terminal(t, made);
  const command = run(['server', 'verify', '@server_master']);
  const problem = { code: 'disk-full', message: 'no space on /var', hint: 'Make room.', causes: ['ENOSPC'] } as const;
  await workOnce(made, [{ type: 'task.failed', problem }], 'failed');
  const { code, err } = await command;
  assert.equal(code, 6);
  assert.match(
    err,
    /failed: server verify master \(task \d+\)\nProblem: no space on \/var\n {2}because ENOSPC\nNow: Make room\./,
  );
});

test('--no-wait and --json answer at once', async (t) => {
  const made = await furnished(t);
  const { run } = await terminal(t, made);
  const { out, code } = await run([
    'site',
    'install',
    '@example.com',
    '--platform',
    '@platform_d10',
    '--no-wait',
    '--json',
  ]);
  const { site, task } = JSON.parse(out);
  assert.deepEqual([code, site.name, task.name, task.status], [0, 'example.com', 'site install', 'queued']);
  await endTasks(made, 'failed');
  await setStatus(made, 'site', 'example.com', 'failed');
  // The same command again is a retry, not a conflict; with other words it is one.
  assert.match(
    (await run(['site', 'install', 'example.com', '--platform', 'd10', '--no-wait'])).out,
    /site install \(queued\)/,
  );
  const other = await run(['site', 'install', 'example.com', '--platform', 'd10', '--profile', 'minimal', '--no-wait']);
  assert.equal(other.code, 5);
});

test('a dry run leaves no site behind', async (t) => {
  const made = await furnished(t);
  const { run } = await terminal(t, made);
  const command = run(['site', 'install', 'plan.example.com', '--platform', 'd10', '--dry-run']);
  await workOnce(made, [
    { type: 'changed', what: 'would make database' },
    { type: 'task.done', result: {} },
  ]);
  const { code, out } = await command;
  assert.equal(code, 0);
  assert.match(out, /would make database\n.*dry run: nothing was changed/);
  await made.problem('not-found', 'GET', '/api/sites/plan.example.com');
});

test('Ctrl-C leaves the task running and says how to come back', async (t) => {
  const made = await furnished(t);
  const { run } = await terminal(t, made);
  const interrupt = new AbortController();
  const out = (text: string): void => {
    if (text.startsWith('Task ')) interrupt.abort();
  };
  const { code, err } = await run(['server', 'verify', 'master'], { interrupted: interrupt.signal, out });
  assert.equal(code, 8);
  assert.match(err, /The task goes on\. See: aegir task log \d+ --follow/);
  assert.equal((await made.good('GET', '/api/tasks')).items[0].status, 'queued');
});

test('flags are made of the schemas: lists, objects, choices and resets', async (t) => {
  const made = await furnished(t);
  const { run } = await terminal(t, made);
  await run(['site', 'create', 'example.com', '--platform', 'd10', '--no-wait']);
  await run([
    'site',
    'set',
    'example.com',
    '--alias',
    'www.example.com',
    '--alias',
    'old.example.com=redirect',
    '--tls',
    'on',
    '--no-wait',
  ]);
  const site = await made.good('GET', '/api/sites/example.com');
  assert.deepEqual(site.aliases, [
    { name: 'old.example.com', redirect: true },
    { name: 'www.example.com', redirect: false },
  ]);
  assert.equal(site.tls, 'on');
  await run(['site', 'set', 'example.com', '--no-alias', '--no-tls']);
  assert.deepEqual((await made.good('GET', '/api/sites/example.com')).aliases, []);
  assert.equal((await run(['site', 'set', 'example.com', '--tls', 'maybe'])).code, 2);
  const stdin = async () => '{"password": "from-stdin"}';
  await run(['service', 'set', 'master', 'db', '--option', 'port=3307', '--option', '-'], { stdin });
  const { services } = await made.good('GET', '/api/servers/master');
  const db = services.find(({ type }: { type: string }) => type === 'db');
  assert.deepEqual([db.options, db.secretsSet], [{ port: 3307 }, ['password']]);
});

test('tasks are looked at, cancelled and asked for again', async (t) => {
  const made = await furnished(t);
  const { run } = await terminal(t, made);
  await run(['server', 'verify', 'master', '--no-wait']);
  const [task] = (await made.good('GET', '/api/tasks')).items;
  assert.match((await run(['task', 'list'])).out, /server verify {2}master {3}queued/);
  assert.match((await run(['task', 'get', task.id])).out, /possible now {2}cancel/);
  assert.equal((await run(['task', 'cancel', task.id])).code, 0);
  const log = await run(['task', 'log', task.id, '--json']);
  assert.equal(JSON.parse(log.out).event.type, 'task.cancelled');
  assert.equal((await run(['task', 'log', task.id, '--follow'])).code, 8);
  assert.match((await run(['task', 'retry', task.id, '--no-wait'])).out, /server verify \(queued\)/);
  assert.match((await run(['queue', 'pause', 'task'])).out, /paused +yes/);
  assert.match((await run(['status'])).out, /The queue is paused.*\nNo worker runs/);
});

test('a task that is not begun says why it waits', async (t) => {
  const { run } = await terminal(t, await furnished(t));
  const told = async (): Promise<string> => {
    const seen = new AbortController();
    let text = '';
    const out = (more: string): void => {
      text += more;
      if (text.includes('waits: ')) seen.abort();
    };
    assert.equal((await run(['server', 'verify', 'master'], { out, interrupted: seen.signal })).code, 8);
    return text;
  };
  assert.match(await told(), /waits: no worker runs; \.\/up/);
  await run(['queue', 'pause', 'task']);
  assert.match(await told(), /waits: .*aegir queue resume task/);
});

test('over TCP the token is read from the environment or a file that only its owner can read', async (t) => {
  const made = await testHub(t);
  const { run, url, socketPath } = await terminal(t, made);
  const token = (await run(['token', 'create'])).out.trim();
  assert.equal((await run(['client', 'list'], { env: { AEGIR_URL: url, AEGIR_TOKEN: token } })).code, 0);
  const HOME = dirname(socketPath);
  const env = { AEGIR_URL: url, HOME };
  assert.equal((await run(['client', 'list'], { env })).code, 3);
  await mkdir(`${HOME}/.config/aegir`, { recursive: true });
  await writeFile(`${HOME}/.config/aegir/token`, `${token}\n`, { mode: 0o644 });
  assert.match((await run(['client', 'list'], { env })).err, /others can read the token/);
  await chmod(`${HOME}/.config/aegir/token`, 0o600);
  assert.equal((await run(['client', 'list'], { env })).code, 0);
  assert.equal((await run(['client', 'list'], { env: { AEGIR_URL: url, AEGIR_TOKEN: 'aegir_no' } })).code, 3);
});

test('completion knows verbs, flags, choices and names', async (t) => {
  const made = await furnished(t);
  const { run } = await terminal(t, made);
  for (const name of ['shop.example.com', 'blog.example.com'])
    await made.good('POST', '/api/sites', { name, platform: 'd10' });
  const complete = async (...words: string[]) =>
    (await run(['__complete', '--', ...words])).out.split('\n').filter(Boolean);
  assert.deepEqual(await complete('si'), ['site']);
  const verbs = await complete('site', '');
  for (const verb of ['install', 'verify', 'enable', 'disable', 'login', 'delete', 'import', 'list', 'get', 'set'])
    assert.ok(verbs.includes(verb), verb);
  assert.deepEqual(await complete('site', 'ver'), ['verify']);
  assert.deepEqual(await complete('site', 'verify', ''), ['blog.example.com', 'shop.example.com']);
  assert.deepEqual(await complete('site', 'verify', 'sh'), ['shop.example.com']);
  assert.deepEqual(await complete('site', 'verify', '@b'), ['@blog.example.com']);
  assert.deepEqual(await complete('site', 'verify', 'shop.example.com', ''), []);
  assert.deepEqual(await complete('site', 'install', 'x.com', '--platform', ''), ['d10']);
  assert.deepEqual(await complete('site', 'set', '--tls', ''), ['off', 'on', 'required']);
  assert.ok((await complete('site', 'install', '--pr')).includes('--profile'));
  assert.deepEqual(await complete('site', 'install', '--no-w'), ['--no-wait']);
  for (const shell of ['bash', 'zsh', 'fish']) assert.match((await run(['completion', shell])).out, /__complete/);
  assert.equal((await run(['completion', 'tcsh'])).code, 2);
});
