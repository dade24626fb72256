import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { testMachine, testSite } from '../../tests/kit/applications.ts';
import { onReal, type RealBench } from '../../tests/kit/http-benches.ts';
import { database, sample } from '../../tests/kit/http-contract.ts';
import { freePort } from '../../tests/kit/web.ts';
import { Problem } from '../model/problem.ts';
import { Secret } from '../model/secret.ts';
import type { Door, Http } from '../services/http/http.ts';
import { type Asked, type Page, probe } from './probe.ts';

/** A site that answers as each test needs it. */
const site = `<?php
header_remove('X-Powered-By');
$path = strtok($_SERVER['REQUEST_URI'], '?');
$html = fn (string $title, string $text): string => "<!doctype html><title>$title</title><p>$text</p>";
switch ($path) {
  case '/': echo $html('Zoë&#039;s &amp; <b>', $_SERVER['HTTP_HOST'] . ' ' . ($_SERVER['HTTPS'] ?? 'off')); break;
  case '/slow': sleep(600); break;
  case '/trickle': while (true) { echo str_repeat('x', 70000); flush(); usleep(100000); }
  case '/huge': for ($i = 0; $i < 300; $i++) echo str_repeat('x', 65536); break;
  case '/set': setcookie('one', 'a'); setcookie('gone', '', 1); echo $html('set', 'x'); break;
  case '/cookies': header('Content-Type: application/json'); ksort($_COOKIE); echo json_encode($_COOKIE); break;
  case '/broken': http_response_code(500); echo '<p>The website encountered an unexpected error.'; break;
  default: if (isset($_GET['to'])) { setcookie('hop' . ($_GET['n'] ?? ''), '1'); header('Location: ' . $_GET['to'], true, 302); }
    else echo $html('page', $_SERVER['REQUEST_URI']);
}
`;

for (const server of ['nginx', 'apache'] as const)
  test(`a site is asked through its own ${server}`, { timeout: 20 * 60_000 }, (t) =>
    onReal(server, async (bench) => {
      await writeFile(join(bench.root, 'index.php'), site);
      const http = bench.open();
      await http.verify();
      await asked(t, bench, http);
    }),
  );

async function asked(t: TestContext, bench: RealBench, http: Http): Promise<void> {
  const { machine, events } = testMachine();
  const copy = sample(bench, 'copy-7.aegir.invalid', { asHost: 'example.com' });
  await http.create({ ...copy, tls: 'on' });
  const door = (tls: 'off' | 'on'): Door => http.door({ name: copy.name, redirection: null, tls }) ?? assert.fail();
  const installed = testSite(
    { id: '1', name: 'p1', status: 'enabled', root: bench.root, application: 'drupal', version: '10.1.2' },
    database('db_one'),
    bench.web.port,
    { name: 'example.com' },
  );
  const ask = (path: string, more: Partial<Asked> = {}): Promise<Page> =>
    probe(machine, installed, { through: door('off'), path, timeoutMs: 20_000, ...more });
  const refused = (promise: Promise<unknown>, message: RegExp) =>
    assert.rejects(promise, (error) => error instanceof Problem && message.test(error.message), String(message));

  await t.test('status, title, hash and words, with http and with a certificate that nobody knows', async () => {
    for (const [tls, port, https] of [
      ['off', bench.web.port, 'off'],
      ['on', bench.web.tlsPort, 'on'],
    ] as const) {
      const page = await ask('/', { through: door(tls) });
      const body = `<!doctype html><title>Zoë&#039;s &amp; <b></title><p>example.com:${port} ${https}</p>`;
      assert.deepEqual(page, {
        ...{ status: 200, path: '/', title: "Zoë's &", location: null, cookies: {} },
        ...{ sha256: createHash('sha256').update(body).digest('hex'), bytes: Buffer.byteLength(body) },
        words: `Zoë's & example.com:${port} ${https}`,
      });
    }
    const { status, words } = await ask('/broken');
    assert.deepEqual([status, words], [500, 'The website encountered an unexpected error.']);
    assert.equal((await ask('/', { through: { ...door('off'), host: 'nobody.example.org' } })).status, 404);
  });
  await t.test('nothing is followed unless it was said, and then on the site only', async () => {
    const away = `http://127.0.0.1:${bench.web.port}/`;
    for (const to of ['/x', away, `http://example.com:${bench.web.port}/x`]) {
      const page = await ask(`/a?to=${encodeURIComponent(to)}`);
      assert.deepEqual([page.status, page.location], [302, to]);
    }
    const inside = await ask(`/a?to=${encodeURIComponent(`http://example.com:${bench.web.port}/b?c=1`)}`, {
      follow: 5,
    });
    assert.deepEqual([inside.status, inside.path, inside.words], [200, '/b?c=1', 'page /b?c=1']);
    for (const to of [away, 'http://169.254.169.254/latest/meta-data/', 'file:///etc/passwd', '//evil.example.org/'])
      assert.equal((await ask(`/a?to=${encodeURIComponent(to)}`, { follow: 5 })).status, 302, to);
    const round = await ask('/a?to=%2Fa%3Fto%3D%252Fa', { follow: 5 });
    assert.equal(round.path, '/a');
    const endless = await ask(`/a?n=1&to=${encodeURIComponent('?n=1&to=x')}`, { follow: 1_000 });
    assert.equal(endless.status, 200);
  });
  await t.test('cookies are given, taken and taken away, and none is in the log', async () => {
    const cookies = { gone: new Secret('old'), mine: new Secret('s3cret') };
    const set = await ask('/set', { cookies });
    assert.deepEqual(Object.keys(set.cookies).toSorted(), ['mine', 'one']);
    assert.equal(set.cookies['one']?.reveal(), 'a');
    const body = JSON.stringify({ mine: 's3cret', one: 'a' });
    const hash = createHash('sha256').update(body).digest('hex');
    assert.equal((await ask('/cookies', { cookies: set.cookies })).sha256, hash);
    assert.ok(!JSON.stringify(events).includes('s3cret'));
  });
  await t.test('time and bytes are limited', async () => {
    // Where PHP itself takes long to start, the machine gives up first.
    await refused(ask('/slow', { timeoutMs: 3_000 }), /did not answer in time|took longer than 3000 ms/);
    await refused(ask('/trickle', { timeoutMs: 4_000 }), /did not answer in time|took longer than 4000 ms/);
    await refused(ask('/huge'), /more than 16 MiB/);
  });
  await t.test('nothing but this machine can be asked, and no second request be smuggled in', async () => {
    const elsewhere = createServer().listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    t.after(() => elsewhere.close());
    for (const ip of ['169.254.169.254', '8.8.8.8', 'example.org', '127.0.0.1.evil.example', '2001:db8::1'])
      await refused(ask('/', { through: { ...door('off'), ip } }), /no address/);
    for (const path of ['x', 'http://evil/', '/ HTTP/1.1\r\nHost: evil', '/a b', ''])
      await refused(ask(path), /a path begins with a slash/);
    for (const host of ['a b', 'x\r\nX: y', 'evil/', ''])
      await refused(ask('/', { through: { ...door('off'), host } }), /no host name/);
    for (const cookies of [{ 'a\r\nX': new Secret('b') }, { a: new Secret('b\r\nX: y') }, { a: new Secret('b; c=d') }])
      await refused(ask('/', { cookies }), /no cookie/);
    await refused(ask('/', { through: { ...door('off'), port: await freePort() } }), /nobody answers/);
  });
}
