import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { LocalMachine } from '../src/machine/local.ts';
import { Secret } from '../src/model/secret.ts';
import { serverPaths } from '../src/model/server.ts';
import type { Cron } from '../src/services/cron/cron.ts';
import { crontabEngine, noCrontabEngine } from '../src/services/cron/crontab.ts';
import { crontabTime } from '../src/services/cron/crontab-time.ts';
import { crontabOf } from './kit/crontab.ts';
import { handsOf } from './kit/machines.ts';
import { temporaryDirectory } from './kit/postgres.ts';

const run = promisify(execFile);
const user = 'games';

async function lines(): Promise<readonly string[]> {
  const { stdout } = await run('crontab', ['-u', user, '-l']).catch(() => ({ stdout: '' }));
  return stdout.split('\n').filter((line) => line !== '');
}

async function write(text: string): Promise<void> {
  const program = spawn('crontab', ['-u', user, '-'], { stdio: ['pipe', 'ignore', 'inherit'] });
  program.stdin.end(text);
  assert.deepEqual(await once(program, 'exit'), [0, null]);
}

const foreign = [
  '# what somebody else has written',
  'MAILTO=root',
  '5 4 * * sun echo "100\\% of it" # aegir',
  '@daily true',
];

/** The crontab of a user of its own, with lines of others in it, and this many workers at it. */
async function servers(t: TestContext, count: number, name = 'master'): Promise<readonly Cron[]> {
  const root = await temporaryDirectory(t);
  const paths = serverPaths(root, name);
  t.after(() => run('crontab', ['-u', user, '-r']).catch(() => undefined));
  await write(`${foreign.join('\n')}\n`);
  await run('mkdir', ['-p', paths.config]);
  const open = (): Cron => {
    const machine = new LocalMachine(handsOf(new AbortController(), []));
    return crontabEngine(crontabOf(user)).open({ machine, paths }, {}) as Cron; // that is its type
  };
  const all = Array.from({ length: count }, open);
  await all[0]?.verify();
  return all;
}

const job = (siteId: string) => ({ siteId, everySeconds: 900, script: new Secret('<?php'), runUser: 'www-data' });
const idOf = (line: string): string | undefined => /\/(\d+)\.php > /.exec(line)?.[1];

test('fifty verifies at once lose no line, write none twice, and leave those of others alone', async (t) => {
  const all = await servers(t, 50);
  await Promise.all(all.map((cron, at) => cron.create(job(String(at + 1)))));
  const ours = (await lines()).map(idOf).filter((id) => id !== undefined);
  assert.deepEqual(
    ours.toSorted((a, b) => Number(a) - Number(b)),
    all.map((_, at) => String(at + 1)),
  );
  assert.deepEqual(
    (await lines()).filter((line) => idOf(line) === undefined),
    foreign,
  );

  const before = await lines();
  const changes = await Promise.all(all.map((cron, at) => cron.create(job(String(at + 1)))));
  assert.deepEqual(changes.flat(), []);
  assert.deepEqual(await lines(), before, 'what is as wanted is not touched');

  await Promise.all(
    all.map((cron, at) =>
      at % 2 === 0 ? cron.destroy(String(at + 1)) : cron.create({ ...job(String(at + 1)), everySeconds: 3600 }),
    ),
  );
  const rest = (await lines()).filter((line) => idOf(line) !== undefined);
  assert.equal(rest.length, 25);
  assert.ok(rest.every((line) => Number(idOf(line)) % 2 === 0 && /^\d+ \* \* \* \*/.test(line)));
  assert.deepEqual(
    (await lines()).filter((line) => idOf(line) === undefined),
    foreign,
  );
});

test('a user without a crontab, or with an empty one, gets our lines and nothing else', async (t) => {
  const [cron] = await servers(t, 1);
  assert.ok(cron);
  await run('crontab', ['-u', user, '-r']);
  await cron.create(job('1'));
  assert.equal((await lines()).length, 1);
  await cron.destroy('1');
  await cron.create(job('2'));
  const { stdout } = await run('crontab', ['-u', user, '-l']);
  assert.match(stdout, /^\d.*# aegir\n$/, 'one line, and no empty one');
});

test('lines of another server on the same machine are those of others; all of one go when the hub takes over', async (t) => {
  const [cron] = await servers(t, 1);
  const root = await temporaryDirectory(t);
  const machine = new LocalMachine(handsOf(new AbortController(), []));
  const host = { machine, paths: serverPaths(root, 'second') };
  await run('mkdir', ['-p', host.paths.config]);
  const second = crontabEngine(crontabOf(user)).open(host, {}) as Cron; // that is its type
  await second.verify();
  assert.ok(cron);
  await cron.create(job('7'));
  await second.create(job('7'));
  assert.equal((await lines()).filter((line) => idOf(line) === '7').length, 2);
  const hub = noCrontabEngine(crontabOf(user)).open(host, {}) as Cron; // likewise
  assert.equal((await hub.verify()).length, 2);
  assert.deepEqual(await hub.verify(), []);
  assert.deepEqual([await cron.exists('7'), await second.exists('7')], [true, false]);
  assert.deepEqual((await lines()).slice(0, 4), foreign);
});

test('a period that a crontab cannot say becomes the next longer one, at the place of the site', () => {
  const fields = (seconds: number): string => crontabTime(seconds, '1');
  const shape: readonly (readonly [number, RegExp])[] = [
    [60, /^0-59\/1 \* \* \* \*$/],
    [900, /^\d+-59\/15 \* \* \* \*$/],
    [7 * 60, /^\d-59\/10 \* \* \* \*$/],
    [3600, /^\d+ \* \* \* \*$/],
    [5400, /^\d+ [01]-23\/2 \* \* \*$/],
    [86_400, /^\d+ \d+ \* \* \*$/],
    [3 * 86_400, /^\d+ \d+ \* \* [0-6]$/],
    [90 * 86_400, /^\d+ \d+ \* \* [0-6]$/],
  ];
  for (const [seconds, pattern] of shape) assert.match(fields(seconds), pattern);
  assert.ok(new Set(Array.from({ length: 60 }, (_, at) => crontabTime(3600, String(at)))).size > 50);
});
