import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from '../../src/machine/machine.ts';
import { Problem } from '../../src/model/problem.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Http, Vhost } from '../../src/services/http/http.ts';
import { dying, failing } from './faulty-machines.ts';

/** A web server to try an engine on. */
export interface HttpBench {
  readonly machine: Machine;
  /** Directory of the engine's configuration. */
  readonly config: string;
  /** Document root with an index.php, and the socket that runs it. */
  readonly root: string;
  readonly fpmSocket: string;
  /** A line that the server does not know. */
  readonly badLine: string;
  /** Opens the engine; two of them are two workers. */
  open(machine?: Machine): Http;
  /** Commands that were run until now, as shown in logs. */
  ran(): readonly string[];
  /** Name of the database that is in force for a host, null if nobody answers for it. */
  databaseOf(host: string): Promise<string | null>;
}

export const sample = (
  bench: Pick<HttpBench, 'root' | 'fpmSocket'>,
  name: string,
  more: Partial<Vhost> = {},
): Vhost => ({
  siteId: '1',
  name,
  aliases: [],
  redirection: null,
  asHost: null,
  replaces: [],
  root: bench.root,
  directory: name,
  routing: {
    frontController: '/index.php',
    scripts: ['/index.php', '/cron.php', '/update.php', '/core/authorize.php', '/admin/index.php'],
    denied: ['^/sites/[^/]+/settings', '(?:^|/)secret-[0-9]{2}$'],
    files: `sites/${name}/files`,
    shortFiles: true,
  },
  state: 'enabled',
  database: database('db_one'),
  fpmSocket: bench.fpmSocket,
  tls: 'off',
  hstsSeconds: null,
  certificate: null,
  pem: null,
  lines: [],
  ...more,
});

export const database = (name: string, password = 'xY_1-z'): Vhost['database'] => ({
  driver: 'mysql',
  name,
  user: name,
  password: new Secret(password),
  host: 'localhost',
  port: 3306,
  socket: null,
});

/** What Http promises, for every engine on every kind of machine. Each test gets a server that has been verified. */
export function httpContract(
  title: string,
  withBench: (action: (bench: HttpBench) => Promise<void>) => Promise<void>,
): void {
  const suite = (name: string, action: (bench: HttpBench, http: Http) => Promise<void>): void => {
    test(`${title}: ${name}`, { timeout: 240_000 }, () =>
      withBench(async (bench) => {
        const http = bench.open();
        await http.verify();
        await action(bench, http);
      }),
    );
  };

  suite('verify twice changes nothing and loads nothing again', async ({ ran }, http) => {
    const before = ran().filter(isReload).length;
    assert.deepEqual(await http.verify(), []);
    assert.equal(ran().filter(isReload).length, before);
  });

  suite('what is absent does not exist, and is destroyed without a word', async ({ ran }, http) => {
    const before = ran().length;
    assert.equal(await http.exists('absent.example.com'), false);
    await http.destroy('absent.example.com');
    assert.equal(ran().length, before);
  });

  suite('create publishes, twice is once, changed is changed, destroy ends it', async (bench, http) => {
    const vhost = sample(bench, 'one.example.com');
    assert.notDeepEqual(await http.create(vhost), []);
    assert.equal(await http.exists(vhost.name), true);
    assert.equal(await bench.databaseOf(vhost.name), 'db_one');
    const before = bench.ran().length;
    assert.deepEqual(await http.create(vhost), []);
    assert.equal(bench.ran().length, before, 'no test, no reload');
    assert.notDeepEqual(await http.create({ ...vhost, database: database('db_two') }), []);
    assert.equal(await bench.databaseOf(vhost.name), 'db_two');
    await http.destroy(vhost.name);
    assert.equal(await http.exists(vhost.name), false);
    assert.equal(await bench.databaseOf(vhost.name), null);
    await http.destroy(vhost.name);
  });

  suite('what the server refuses leaves the old in force, and says whose it is', async (bench, http) => {
    const vhost = sample(bench, 'one.example.com');
    await http.create(vhost);
    const before = await filesOf(bench);
    await assert.rejects(
      http.create({ ...vhost, lines: [bench.badLine], database: database('db_two', 'pass-never-shown') }),
      (error) =>
        error instanceof Problem &&
        error.code === 'configuration-refused' &&
        /one\.example\.com/.test(error.message) &&
        /not_a_directive/.test(error.message) &&
        !/pass-never-shown/.test(error.message),
    );
    assert.deepEqual(await filesOf(bench), before);
    assert.equal(await bench.databaseOf(vhost.name), 'db_one');
    // Its neighbours are not blocked.
    await http.create(sample(bench, 'two.example.com'));
    assert.equal(await bench.databaseOf('two.example.com'), 'db_one');
  });

  for (const when of ['before', 'after'] as const)
    suite(`whichever command fails ${when} its work, the old stays in force`, async (bench, http) => {
      const vhost = sample(bench, 'one.example.com');
      await http.create(vhost);
      const files = await filesOf(bench);
      let broken = 0;
      for (let nth = 0; ; nth += 1) {
        const faulty = failing(bench.machine, nth, when);
        const result = await bench
          .open(faulty)
          .create({ ...vhost, database: database('db_two') })
          .catch(String);
        if (Array.isArray(result)) break;
        broken += 1;
        assert.deepEqual(await filesOf(bench), files, `command ${nth}: the files are as before`);
        assert.equal(await bench.databaseOf(vhost.name), 'db_one', `command ${nth}: the old one is in force`);
      }
      assert.ok(broken >= 3, 'test, reload and proof were broken');
      assert.equal(await bench.databaseOf(vhost.name), 'db_two');
    });

  suite('a name that another site has is refused, and the other site named', async (bench, http) => {
    const aliases = [
      { name: 'www.example.com', redirect: true },
      { name: '*.wild.example.com', redirect: false },
    ];
    await http.create(sample(bench, 'one.example.com', { aliases }));
    await http.create(sample(bench, 'two.example.com'));
    const before = await filesOf(bench);
    for (const taken of ['www.example.com', 'one.example.com', '*.wild.example.com'])
      await assert.rejects(
        http.create(
          sample(bench, 'two.example.com', {
            aliases: [{ name: taken, redirect: false }],
            database: database('db_two'),
          }),
        ),
        (error) =>
          error instanceof Problem &&
          error.code === 'conflict' &&
          error.message.includes(`two.example.com cannot have the name ${taken}`) &&
          error.message.includes('a name of one.example.com'),
        taken,
      );
    await assert.rejects(http.create(sample(bench, 'www.example.com')), /a name of one\.example\.com/);
    assert.deepEqual(await filesOf(bench), before);
    assert.equal(await bench.databaseOf('two.example.com'), 'db_one');
    // A part of another's name is no name of it.
    await http.create(sample(bench, 'example.com'));
    await http.destroy('one.example.com');
    await http.create(sample(bench, 'two.example.com', { aliases }));
  });

  suite('a site that is renamed takes the place of what it was, in one reload, and back again', async (bench, http) => {
    const aliases = [{ name: 'alias.example.com', redirect: false }];
    const old = sample(bench, 'old.example.com', { aliases, tls: 'on' });
    await http.create(old);
    const before = await filesOf(bench);
    const reloads = bench.ran().filter(isReload).length;
    const names = ['old.example.com', 'alias.example.com'].map((name) => ({ name, redirect: false }));
    const renamed = sample(bench, 'new.example.com', { aliases: names, database: database('db_two') });
    await http.create({ ...renamed, replaces: [old.name] });
    assert.equal(bench.ran().filter(isReload).length, reloads + 1);
    for (const name of ['new.example.com', 'old.example.com', 'alias.example.com'])
      assert.equal(await bench.databaseOf(name), 'db_two', name);
    assert.equal(await http.exists(old.name), false);
    assert.deepEqual(await http.create({ ...renamed, replaces: [old.name] }), []);
    assert.deepEqual(await http.create(renamed), [], 'what it replaced is no part of it');
    await assert.rejects(http.create({ ...old, replaces: [renamed.name], lines: [bench.badLine] }));
    assert.equal(await bench.databaseOf('alias.example.com'), 'db_two');
    await http.create({ ...old, replaces: [renamed.name] });
    assert.equal(await bench.databaseOf('new.example.com'), null);
    // A certificate is made anew, and is another one.
    const plain = (files: ReadonlyMap<string, string>) =>
      new Map([...files].filter(([path]) => !path.endsWith('.pem')));
    assert.deepEqual(plain(await filesOf(bench)), plain(before));
  });

  suite('what was deleted and is made again as it was has the same bytes, in every state', async (bench, http) => {
    await http.create(
      sample(bench, 'other.example.com', { state: 'disabled', routing: { ...sample(bench, 'x').routing, denied: [] } }),
    );
    for (const state of ['enabled', 'disabled', 'maintenance'] as const) {
      const vhost = sample(bench, 'one.example.com', { state });
      await http.create({ ...vhost, state: 'enabled' });
      await http.create(vhost);
      const before = await filesOf(bench);
      await http.destroy(vhost.name);
      await http.create(vhost);
      assert.deepEqual(await filesOf(bench), before, state);
    }
  });

  suite('a broken file of somebody else is named, and ours is not left behind', async (bench, http) => {
    const foreign = `${bench.config}/pre.d/foreign.conf`;
    await bench.machine.write(foreign, `${bench.badLine}\n`, { mode: '0600' });
    const before = await filesOf(bench);
    await assert.rejects(
      http.create(sample(bench, 'one.example.com')),
      (error) => error instanceof Problem && error.code === 'configuration-refused' && error.message.includes(foreign),
    );
    assert.deepEqual(await filesOf(bench), before);
    assert.equal(await http.exists('one.example.com'), false);
    await assert.rejects(http.verify(), (error) => error instanceof Problem && error.message.includes(foreign));
    await bench.machine.remove(foreign);
    await http.create(sample(bench, 'one.example.com'));
    assert.equal(await bench.databaseOf('one.example.com'), 'db_one');
  });

  suite('what a killed worker left half done is put back by the next change', async (bench, http) => {
    const vhost = sample(bench, 'one.example.com');
    await http.create(vhost);
    const before = await filesOf(bench);
    // Everything stops at the test: nothing is put back either, as with kill -9.
    const dead = dying(bench.machine, isTest);
    await assert.rejects(bench.open(dead).create({ ...vhost, lines: [bench.badLine] }));
    assert.notDeepEqual(await filesOf(bench), before);
    await http.create(sample(bench, 'two.example.com'));
    assert.equal(await bench.databaseOf('two.example.com'), 'db_one');
    assert.equal(await bench.databaseOf('one.example.com'), 'db_one');
    await http.destroy('two.example.com');
    assert.deepEqual(await filesOf(bench), before);
  });

  suite('two workers publish twenty sites at once, and all are in force', async (bench, http) => {
    const other = bench.open();
    const names = Array.from({ length: 20 }, (_, index) => `s${index}.example.com`);
    await Promise.all(names.map((name, index) => (index % 2 ? http : other).create(sample(bench, name))));
    for (const name of names) assert.equal(await bench.databaseOf(name), 'db_one', name);
    await Promise.all(names.map((name, index) => (index % 2 ? other : http).destroy(name)));
    for (const name of names) assert.equal(await bench.databaseOf(name), null, name);
  });

  suite('nobody but us reads credentials and keys', async (bench, http) => {
    await http.create(sample(bench, 'one.example.com', { tls: 'on' }));
    for (const { path, kind, mode } of await bench.machine.find(bench.config, {})) {
      const open = Number.parseInt(mode, 8) & 0o077;
      if (!path.endsWith('/README')) assert.equal(open, 0, `${kind} ${path} has mode ${mode}`);
    }
    const texts = await filesOf(bench);
    assert.ok([...texts.values()].some((text) => text.includes('xY_1-z')));
    await http.create(sample(bench, 'one.example.com', { tls: 'on', state: 'disabled' }));
    const disabled = await filesOf(bench);
    assert.ok(
      ![...disabled.values()].some((text) => text.includes('xY_1-z')),
      'a disabled site carries no credentials',
    );
  });
}

const isTest = (command: string): boolean => / -t$| configtest$/.test(command);
const isReload = (command: string): boolean => / -s reload$| graceful$/.test(command);

async function filesOf({ machine, config }: HttpBench): Promise<ReadonlyMap<string, string>> {
  const found = await machine.find(config, {});
  return machine.readMany(
    found
      .filter(({ kind }) => kind === 'file')
      .map(({ path }) => path)
      .toSorted(),
  );
}
