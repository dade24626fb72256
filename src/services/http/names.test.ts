import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { onReal, type RealBench } from '../../../tests/kit/http-benches.ts';
import { database, sample } from '../../../tests/kit/http-contract.ts';
import type { Http } from './http.ts';

const site = 'example.com';
/** What every name of a site answers, in each state. */
async function names(t: TestContext, bench: RealBench, http: Http): Promise<void> {
  const { ask } = bench;
  const port = `:${bench.web.port}`;
  const tlsPort = `:${bench.web.tlsPort}`;
  const status = async (url: string): Promise<number> => (await ask(url)).status;
  const leads = async (url: string, to: string): Promise<void> => {
    const { status: got, headers } = await ask(url);
    assert.deepEqual([got, headers.get('location'), headers.get('cache-control')], [301, to, undefined], url);
  };
  const acme = join(dirname(bench.config), 'acme');
  await writeFile(join(acme, 'token_-1'), 'challenge');
  const aliases = [
    { name: 'alias.example.com', redirect: false },
    { name: 'www.example.com', redirect: true },
    { name: '*.wild.example.com', redirect: false },
    { name: '*.gone.example.com', redirect: true },
  ];
  const challenged = async (...hosts: readonly string[]): Promise<void> => {
    for (const host of hosts)
      assert.equal((await ask(`http://${host}/.well-known/acme-challenge/token_-1`)).body, 'challenge', host);
  };

  await t.test('aliases and wildcards show the site, redirecting ones lead to it', async () => {
    await http.create(sample(bench, site, { aliases }));
    for (const host of [site, 'alias.example.com', 'a.wild.example.com', 'a.b.wild.example.com'])
      assert.equal(await bench.databaseOf(host), 'db_one', host);
    await leads('http://www.example.com/a%20b/?c=d%26&e=%2520', `http://${site}${port}/a%20b/?c=d%26&e=%2520`);
    await leads('http://x.gone.example.com/', `http://${site}${port}/`);
    await challenged(site, 'www.example.com', 'x.gone.example.com');
  });
  await t.test("a name of its own comes before another site's wildcard", async () => {
    await http.create(sample(bench, 'own.wild.example.com', { database: database('db_two') }));
    await http.create(
      sample(bench, 'deep.example.org', {
        aliases: [{ name: '*.deep.wild.example.com', redirect: false }],
        database: database('db_three'),
      }),
    );
    assert.equal(await bench.databaseOf('own.wild.example.com'), 'db_two');
    assert.equal(await bench.databaseOf('x.deep.wild.example.com'), 'db_three');
    assert.equal(await bench.databaseOf('x.wild.example.com'), 'db_one');
  });
  await t.test('redirection sends every other name to the one', async () => {
    await http.create(sample(bench, site, { aliases, redirection: 'alias.example.com' }));
    await leads(`http://${site}/x?y`, `http://alias.example.com${port}/x?y`);
    await leads('http://www.example.com/', `http://alias.example.com${port}/`);
    assert.equal(await bench.databaseOf('alias.example.com'), 'db_one');
    assert.equal(
      http.address({ name: site, redirection: 'alias.example.com', tls: 'off' }),
      `http://alias.example.com${port}`,
    );
    await assert.rejects(http.create(sample(bench, site, { redirection: 'other.example.com' })), /none of its names/);
  });
  await t.test('with https, with a certificate of its own making', async () => {
    await http.create(sample(bench, site, { aliases, tls: 'on' }));
    assert.equal(await status(`http://${site}/`), 200);
    const { body } = await ask(`https://${site}/`);
    assert.deepEqual([JSON.parse(body).HTTPS, JSON.parse(body).HTTP_HOST], ['on', `${site}${tlsPort}`]);
    await leads('https://www.example.com/x', `https://${site}${tlsPort}/x`);
    assert.equal(await status('https://nobody.example.org/'), 404);
  });
  await t.test('https required: http leads there, challenges excepted', async () => {
    await http.create(sample(bench, site, { aliases, tls: 'required' }));
    await leads(`http://${site}/x?y=%20`, `https://${site}${tlsPort}/x?y=%20`);
    await leads('http://a.wild.example.com/x', `https://a.wild.example.com${tlsPort}/x`);
    await leads('http://www.example.com/x', `https://${site}${tlsPort}/x`);
    assert.equal(await status(`https://${site}/`), 200);
    await challenged(site, 'www.example.com');
    assert.equal(http.address({ name: site, redirection: null, tls: 'required' }), `https://${site}${tlsPort}`);
    assert.deepEqual(http.door({ name: site, redirection: null, tls: 'required' }), {
      ...{ ip: '127.0.0.1', port: bench.web.tlsPort, tls: true, host: `${site}${tlsPort}` },
    });
  });
  await t.test('a copy is asked by a name of ours, and PHP is told the site’s', async () => {
    const copy = 'copy-7.aegir.invalid';
    const told = async (url: string): Promise<readonly unknown[]> => {
      const { HTTP_HOST, SERVER_NAME, AEGIR_DB_NAME } = JSON.parse((await ask(url)).body);
      return [HTTP_HOST, SERVER_NAME, AEGIR_DB_NAME];
    };
    await http.create(sample(bench, site, { aliases }));
    const made = { ...sample(bench, copy, { asHost: site, database: database('db_copy') }), directory: site };
    const ofSite = { ...made, routing: sample(bench, site).routing };
    await http.create(ofSite);
    assert.deepEqual(await told(`http://${copy}/node/1`), [`${site}${port}`, site, 'db_copy']);
    assert.deepEqual(await told(`http://${copy}/cron.php`), [`${site}${port}`, site, 'db_copy']);
    assert.equal((await ask(`http://${copy}/admin`)).headers.get('location'), `http://${site}${port}/admin/`);
    const robots = join(bench.root, `sites/${site}/files/${site}.robots.txt`);
    await mkdir(dirname(robots), { recursive: true });
    await writeFile(robots, 'robots of the host');
    assert.equal((await ask(`http://${copy}/robots.txt`)).body, 'robots of the host');
    assert.deepEqual(await told(`http://${site}/`), [`${site}${port}`, site, 'db_one'], 'the site itself is as before');
    assert.deepEqual(await http.create(ofSite), [], 'twice is once');
    await http.create({ ...ofSite, tls: 'on' });
    assert.deepEqual(await told(`https://${copy}/`), [`${site}${tlsPort}`, site, 'db_copy']);
    for (const asHost of ['*.example.com', 'a b', 'x"y', 'x;y', '$host'])
      await assert.rejects(http.create({ ...ofSite, asHost }), /cannot be written as/, asHost);
    await http.destroy(site);
    assert.equal((await ask(`http://${copy}/`)).status, 200, 'it does not need the site');
    await http.destroy(copy);
    assert.equal(await bench.databaseOf(copy), null);
  });
  await t.test('with certificate files that were given', async () => {
    const [certificatePath, keyPath] = [join(dirname(bench.root), 'given.crt'), join(dirname(bench.root), 'given.key')];
    await promisify(execFile)('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=given',
      '-keyout',
      keyPath,
      '-out',
      certificatePath,
    ]);
    await chmod(keyPath, 0o600);
    await http.create(sample(bench, site, { aliases, tls: 'on', certificate: { certificatePath, keyPath } }));
    assert.equal(await status(`https://${site}/`), 200);
    await assert.rejects(
      http.create(sample(bench, site, { tls: 'on', certificate: { certificatePath, keyPath: `${keyPath}.absent` } })),
    );
    assert.equal(await status(`https://${site}/`), 200);
  });
  await t.test("the operator's own lines are included and never written", async () => {
    const own = http.ownLines(site);
    await mkdir(own, { recursive: true });
    const line = (value: string): string =>
      bench.badLine.endsWith(';')
        ? `location = /own { return 200 ${value}; }\n`
        : `RewriteEngine On\nRewriteRule ^/own$ - [R=410,END]\n`;
    await writeFile(join(own, 'before.conf'), line('mine'));
    await http.create(sample(bench, site, { aliases }));
    const { body, status: got } = await ask(`http://${site}/own`);
    assert.ok(body === 'mine' || got === 410);
    assert.equal(await bench.databaseOf(site), 'db_one');
    assert.deepEqual(await http.create(sample(bench, site, { aliases })), []);
  });
  for (const state of ['disabled', 'maintenance'] as const)
    await t.test(`${state}: 503 with a notice under every name and path, challenges excepted`, async () => {
      await http.create(sample(bench, site, { aliases, state, tls: 'on' }));
      for (const url of [
        `http://${site}/`,
        `http://${site}/index.php`,
        'http://www.example.com/x?y',
        `https://${site}/files/x.txt`,
        `http://${site}/favicon.ico`,
        `http://${site}/robots.txt`,
      ]) {
        const { status: got, headers, body } = await ask(url);
        assert.equal(got, 503, url);
        assert.match(body, /<h1>/);
        assert.match(headers.get('content-type') ?? '', /text\/html/);
        assert.equal(headers.get('retry-after'), state === 'maintenance' ? '300' : undefined);
      }
      await challenged(site, 'www.example.com');
    });
}

for (const server of ['nginx', 'apache'] as const)
  test(`${server}: names, https and states`, { timeout: 20 * 60_000 }, (t) =>
    onReal(server, async (bench) => {
      const http = bench.open();
      await http.verify();
      await names(t, bench, http);
    }),
  );
