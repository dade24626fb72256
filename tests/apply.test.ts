import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { simulatedWordpress } from '../src/simulation/code.ts';
import { type HubWithWorker, hubWithWorker } from './kit/hub-with-worker.ts';
import { terminal } from './kit/terminal.ts';

interface Hand extends HubWithWorker {
  /** Writes the file and applies it. */
  apply(text: string, ...flags: string[]): Promise<{ code: number; out: string; err: string }>;
  /** Where a farm's file is, and what it refers to. */
  readonly directory: string;
}

/** A hub with a worker on a server in memory that has the code of two platforms and no more; and a command line. */
async function hand(t: TestContext): Promise<Hand> {
  const farm = await hubWithWorker(t, { slots: 8 });
  for (const root of ['/var/aegir/platforms/wp1', '/var/aegir/platforms/wp2']) simulatedWordpress(farm.world, root);
  const { run, socketPath } = await terminal(t, farm);
  const directory = dirname(socketPath);
  const path = join(directory, 'farm.yaml');
  return Object.assign(farm, {
    directory,
    apply: async (text: string, ...flags: string[]) => {
      await writeFile(path, text);
      return run(['apply', '-f', path, ...flags]);
    },
  });
}

const whole = `
clients:
  acme: { title: Acme Ltd, email: it@acme.example, sitesMax: 5 }
servers:
  master:
    title: The one
    services:
      http: { engine: nginx, options: { publicAddresses: [192.0.2.1] } }
      db: { engine: mysql, options: { password: { file: password.txt } } }
platforms:
  wp1: { root: /var/aegir/platforms/wp1, server: master }
  wp2: { root: /var/aegir/platforms/wp2, server: master, clients: [acme] }
sites:
  Shop.Example.com:
    platform: wp1
    client: acme
    title: The shop
    aliases: [www.shop.example.com, { name: old.example.com, redirect: true }]
    cron: 60m
    backup: 24h
    retention: { daily: 7 }
    tls: required
    hsts: 3600
    dnsTtl: 60
  closed.example.com: { platform: wp1, status: disabled, cronBy: command }
`;

const shop = async ({ call }: HubWithWorker) => call('site get', { params: { name: 'shop.example.com' } });

test('a whole farm is made of a file, and the same file again changes nothing', async (t) => {
  const farm = await hand(t);
  await writeFile(join(farm.directory, 'password.txt'), 'secret of the file\n');
  const plan = await farm.apply(whole, '--plan');
  assert.equal(plan.code, 0, plan.err);
  assert.match(plan.out, /^\+ client acme\n {4}title: Acme Ltd\n/);
  assert.match(plan.out, /\n {4}db\.password: \(secret\)\n/);
  assert.match(plan.out, /\n\+ site closed\.example\.com {2}\(site disable\)\n/);
  assert.match(plan.out, /\n6 to add; 0 as they are to be\.\n$/);
  assert.doesNotMatch(plan.out, /secret of the file/);
  assert.equal((await farm.call('server list', {})).total, 0, 'a plan changes nothing');
  assert.equal((await farm.apply(whole, '--plan', '--exit-code')).code, 9);

  const { code, out, err } = await farm.apply(whole, '--yes');
  assert.equal(code, 0, err);
  assert.match(out, /\nDone: all is as the file says\.\n$/);
  const site = await shop(farm);
  assert.deepEqual(
    [site.status, site.client, site.title, site.cron.every, site.cron.isOwn, site.backup.every, site.hsts, site.dnsTtl],
    ['enabled', 'acme', 'The shop', '1h', true, '1d', 3600, 60],
  );
  const closed = await farm.call('site get', { params: { name: 'closed.example.com' } });
  assert.deepEqual([closed.status, closed.cron.by], ['disabled', 'command']);

  const before = farm.world.snapshot();
  const tasks = (await farm.call('task list', {})).total;
  for (const flags of [['--yes'], ['--plan', '--exit-code']]) {
    const again = await farm.apply(whole, ...flags);
    assert.deepEqual([again.code, again.out], [0, 'Nothing to do: all 6 are as the file says.\n'], again.err);
  }
  assert.equal((await farm.call('task list', {})).total, tasks);
  assert.equal(farm.world.snapshot(), before);
});

test('only what is different is done: fields are set, a site goes to its other platform, services change', async (t) => {
  const farm = await hand(t);
  await writeFile(join(farm.directory, 'password.txt'), 'one');
  assert.equal((await farm.apply(whole, '--yes')).code, 0);
  const other = whole
    .replace('platform: wp1\n', 'platform: wp2\n')
    .replace('title: The shop', 'title: The new shop')
    .replace('[192.0.2.1]', '[192.0.2.2]')
    .replace('cron: 60m', 'cron: null')
    .replace('hsts: 3600', 'hsts: null')
    .replace('status: disabled', 'status: enabled');
  const { code, out, err } = await farm.apply(other, '--yes');
  assert.equal(code, 0, err);
  assert.match(out, /~ server master\n {4}http\.publicAddresses: 192\.0\.2\.1 → 192\.0\.2\.2\n/);
  assert.match(
    out,
    /~ site shop\.example\.com {2}\(site migrate\)\n {4}title: The shop → The new shop\n {4}hsts: 3600 → none\n {4}cron: 1h → none\n {4}platform: wp1 → wp2\n/,
  );
  assert.match(out, /~ site closed\.example\.com {2}\(site enable\)\n/);
  const site = await shop(farm);
  assert.deepEqual(
    [site.platform, site.title, site.cron.isOwn, site.status],
    ['wp2', 'The new shop', false, 'enabled'],
  );
  assert.match((await farm.apply(other, '--plan')).out, /^Nothing to do/);

  // A secret is not compared, and is set when that is said.
  await writeFile(join(farm.directory, 'password.txt'), 'two');
  assert.match((await farm.apply(other, '--plan')).out, /^Nothing to do/);
  assert.match((await farm.apply(other, '--plan', '--secrets')).out, /~ server master\n {4}db\.password: \(secret\)\n/);
});

test('what the file does not name stays, and nothing is deleted unless the file and the caller say so', async (t) => {
  const farm = await hand(t);
  await writeFile(join(farm.directory, 'password.txt'), 'one');
  assert.equal((await farm.apply(whole, '--yes')).code, 0);
  assert.match((await farm.apply('sites: {}', '--plan')).out, /^Nothing to do/);
  const absent = `
clients: { acme: { absent: true }, nobody: { absent: true } }
platforms: { wp2: { absent: true } }
sites: { shop.example.com: { absent: true } }
`;
  const refused = await farm.apply(absent, '--yes');
  assert.equal(refused.code, 2);
  assert.match(refused.err, /client acme, platform wp2, site shop\.example\.com would be deleted: say --delete/);
  assert.equal((await shop(farm)).status, 'enabled');
  const done = await farm.apply(absent, '--yes', '--delete');
  assert.equal(done.code, 0, done.err);
  const order = done.out.split('\n').filter((line) => line.startsWith('✓'));
  assert.deepEqual(order, ['✓ site shop.example.com', '✓ platform wp2', '✓ client acme']);
  assert.match((await farm.apply(absent, '--plan', '--delete')).out, /^Nothing to do/);
});

test('a file with mistakes says all of them and where, and changes nothing', async (t) => {
  const farm = await hand(t);
  const none = async (text: string, ...said: RegExp[]): Promise<void> => {
    const { code, err } = await farm.apply(text, '--yes');
    assert.equal(code, 2, err);
    for (const one of said) assert.match(err, one);
    assert.equal((await farm.call('client list', {})).total, 0);
  };
  await none('clients: [', /farm\.yaml is not YAML/, /line 1/);
  await none(
    'clients: { acme: { titel: x, sitesMax: -1 } }\nsights: {}',
    /clients\.acme\.titel: is not known/,
    /clients\.acme\.sitesMax/,
    /sights/,
  );
  await none('clients: { acme: {} }\nsites: { "not a host": { platform: p } }', /sites\.not a host/);
  await none('clients: { a: {}, a: {} }', /not YAML/);
  await none('clients: { acme: { title: null } }', /clients\.acme\.title/);
  await none(
    'clients: { acme: {} }\nsites: { a.example.com: { platform: nowhere, client: nobody } }',
    /there is no platform nowhere, neither in the file nor on the hub/,
    /there is no client nobody/,
  );
  await none('clients: { acme: {} }\nsites: { a.example.com: {} }', /a\.example\.com is new and has no platform/);
  await none(
    'clients: { acme: {} }\nservers: { m: { services: { db: { engine: mysql, options: { password: { env: NO_SUCH } } } } } }',
    /the environment has no NO_SUCH/,
  );
  const missing = await farm.apply('x', '--yes');
  assert.equal(missing.code, 2);
});

test('nobody to ask: nothing is done; a person who says anything but yes: neither', async (t) => {
  const farm = await hand(t);
  const alone = await farm.apply('clients: { acme: {} }');
  assert.equal(alone.code, 2);
  assert.match(alone.err, /nobody to ask.*\nNow: Say --yes/);
  assert.equal((await farm.call('client list', {})).total, 0);
});

test('what fails holds back what comes after it, is told, and is mended by running it again', async (t) => {
  const farm = await hand(t);
  await writeFile(join(farm.directory, 'password.txt'), 'one');
  farm.before = ({ what }) => {
    if (what.includes('platforms/wp2')) throw new Error('the disk is away');
  };
  const first = await farm.apply(whole, '--yes', '--json');
  assert.notEqual(first.code, 0);
  const { changes } = JSON.parse(first.out) as { changes: { name: string; status: string; problem?: unknown }[] };
  assert.deepEqual(
    changes.map(({ name, status }) => `${name} ${status}`),
    ['acme done', 'master done', 'wp1 done', 'wp2 failed', 'shop.example.com skipped', 'closed.example.com skipped'],
  );
  assert.ok(changes[3]?.problem);
  assert.doesNotMatch(first.out, /"password": "one"/);

  farm.before = () => undefined;
  const plan = await farm.apply(whole, '--plan');
  assert.match(plan.out, /! platform wp2 {2}\(platform verify\)\n/);
  const second = await farm.apply(whole, '--yes');
  assert.equal(second.code, 0, second.err);
  assert.match((await farm.apply(whole, '--plan')).out, /^Nothing to do/);
});

test('somebody who changes the same meanwhile is not overwritten', async (t) => {
  const farm = await hand(t);
  assert.equal((await farm.apply('clients: { acme: { title: One } }', '--yes')).code, 0);
  const path = join(farm.directory, 'farm.yaml');
  await writeFile(path, 'clients: { acme: { title: Two } }');
  const { run } = await terminal(t, farm);
  const { code, err } = await run(['apply', '-f', path], {
    ask: async () => {
      await farm.call('client set', { params: { name: 'acme' }, body: { title: 'Somebody' } });
      return 'y';
    },
  });
  assert.equal(code, 5);
  assert.match(err, /somebody has changed this client since/);
  assert.equal((await farm.call('client get', { params: { name: 'acme' } })).title, 'Somebody');
});
