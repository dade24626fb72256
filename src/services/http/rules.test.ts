import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { echo, onReal, type RealBench } from '../../../tests/kit/http-benches.ts';
import { database, sample } from '../../../tests/kit/http-contract.ts';
import { findModPhp } from '../../../tests/kit/web.ts';
import type { Http } from './http.ts';

const site = 'example.com';
const session = `Cookie: SESS${'0af1'.repeat(8)}=x`;

/** Each rule on a real server: what a visitor gets. The numbers are those of aegir-features.md S-3.4. */
async function rules(t: TestContext, bench: RealBench, http: Http): Promise<void> {
  const { ask } = bench;
  const status = async (url: string, ...more: readonly string[]): Promise<number> => (await ask(url, ...more)).status;
  const all = async (expected: number, paths: readonly string[], ...more: readonly string[]): Promise<void> => {
    for (const path of paths) assert.equal(await status(`http://${site}${path}`, ...more), expected, path);
  };
  const answered = async (url: string, ...more: readonly string[]): Promise<Record<string, string>> =>
    // The echo script answers with $_SERVER.
    JSON.parse((await ask(url, ...more)).body) as Record<string, string>;
  const files = `sites/${site}/files`;
  for (const [path, text] of Object.entries({
    [`${files}/x.txt`]: 'hello',
    [`${files}/evil.php`]: echo,
    [`${files}/evil.PHP`]: echo,
    [`${files}/evil.phtml`]: echo,
    [`${files}/image.jpg`]: echo,
    [`${files}/a b%20c.txt`]: 'odd',
    [`sites/${site}/private/secret.txt`]: 'secret',
    [`${files}/private/secret.txt`]: 'secret',
    [`sites/${site}/settings.txt`]: 'secret',
    '.git/config': 'secret',
    '.htaccess': 'secret',
    'modules/node/README.txt': 'secret',
    'modules/node/node.module': 'secret',
    'composer.lock': 'secret',
    'dump.sql': 'secret',
    'core/misc/drupal.js': 'js',
    'core/authorize.php': echo,
    'core/lib/tool.php': echo,
    'admin/index.php': echo,
    'secret-12': 'secret',
  })) {
    await mkdir(dirname(join(bench.root, path)), { recursive: true });
    await writeFile(join(bench.root, path), text);
  }
  await http.create(sample(bench, site, { database: database('db_one', `p"a$s\\ |;{}%{x}\${PATH}'`) }));

  await t.test('what is no file is answered by the front controller, with the request as it came', async () => {
    for (const path of ['/', '/node/1', '/sites/', '/node/1/', '/a%20b', '/core'])
      assert.equal((await answered(`http://${site}${path}?q=%20x&y`))['REQUEST_URI'], `${path}?q=%20x&y`, path);
    const server = await answered(`http://${site}/node/1?q=1`);
    assert.equal(server['SCRIPT_NAME'], '/index.php');
    assert.equal(server['QUERY_STRING'], 'q=1');
    assert.equal(server['HTTP_HOST'], `${site}:${bench.web.port}`);
    assert.equal(server['HTTPS'], undefined);
    assert.equal(server['DOCUMENT_ROOT'], bench.root);
  });
  await t.test('credentials reach PHP as they are, whatever signs they hold', async () => {
    const server = await answered(`http://${site}/`);
    assert.equal(server['AEGIR_DB_PASSWORD'], `p"a$s\\ |;{}%{x}\${PATH}'`);
    assert.equal(server['AEGIR_DB_NAME'], 'db_one');
    assert.equal(server['AEGIR_DB_PORT'], '3306');
    assert.equal(server['AEGIR_SITE_DIR'], site);
  });
  await t.test('no client names a proxy for the application (httpoxy), nor any of our own values', async () => {
    const server = await answered(
      `http://${site}/`,
      '-H',
      'Proxy: http://evil',
      '-H',
      'AEGIR_DB_NAME: x',
      '-H',
      'AEGIR-DB-NAME: x',
    );
    assert.ok(!server['HTTP_PROXY']);
    assert.equal(server['AEGIR_DB_NAME'], 'db_one');
  });
  await t.test('1: the parameters of SA-CORE-2018-002 are refused in a POST', async () => {
    for (const query of ['a%5B%23value%5D=1', 'x=%23default_value', 'element_parents=%23x'])
      await all(403, [`/user/register?${query}`], '-X', 'POST', '-d', 'x');
    await all(200, ['/user/register?a=1'], '-X', 'POST', '-d', 'x');
  });
  await t.test('2: only methods that sites use', async () => {
    for (const method of ['TRACE', 'TRACK', 'PROPFIND', 'MOVE', 'FOO'])
      assert.ok((await status(`http://${site}/`, '-X', method)) >= 403, method);
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) await all(200, ['/'], '-X', method);
  });
  await t.test('4: nosniff on pages, files and refusals', async () => {
    for (const path of ['/', '/files/x.txt', '/.git/config', '/nothing.php'])
      assert.equal((await ask(`http://${site}${path}`)).headers.get('x-content-type-options'), 'nosniff', path);
  });
  await t.test('5: favicon of the site, else nothing', async () => {
    await all(204, ['/favicon.ico']);
    await writeFile(join(bench.root, files, 'favicon.ico'), 'icon');
    assert.equal((await ask(`http://${site}/favicon.ico`)).body, 'icon');
  });
  await t.test('6: robots.txt of the host, of the site, of the code, else of the application', async () => {
    assert.equal((await answered(`http://${site}/robots.txt`))['SCRIPT_NAME'], '/index.php');
    for (const path of ['robots.txt', `${files}/robots.txt`, `${files}/${site}.robots.txt`]) {
      await writeFile(join(bench.root, path), path);
      assert.equal((await ask(`http://${site}/robots.txt`)).body, path);
    }
  });
  await t.test('10, 11: source, dumps, dot files and what editors leave', async () => {
    await all(404, [
      '/.git/config',
      '/.htaccess',
      '/.env',
      '/a/.svn/entries',
      '/.well-known/other',
      '/composer.lock',
      '/composer.json',
    ]);
    await all(404, [
      '/modules/node/node.module',
      '/modules/node/README.txt',
      '/themes/x/LICENSE.md',
      '/dump.sql',
      '/dump.sql.gz',
      '/x.inc',
    ]);
    await all(404, [
      '/index.php~',
      '/settings.php.bak',
      '/x.swp',
      '/x.orig',
      '/a.info',
      '/a.yml',
      '/a.twig',
      '/A.INC',
      '/web.config',
    ]);
  });
  await t.test('what the application denies, and no more than that', async () => {
    await all(404, [
      `/sites/${site}/settings.txt`,
      '/secret-12',
      `/sites/${site}/settings%2Etxt`,
      `//sites//${site}//settings.txt`,
    ]);
    await all(200, ['/secret-123', '/core/misc/drupal.js']);
  });
  await t.test("16: private files are nobody's", async () => {
    await all(404, [
      `/sites/${site}/private/secret.txt`,
      `/${files}/private/secret.txt`,
      '/files/private/secret.txt',
      `/sites/${site}/private`,
    ]);
  });
  await t.test('21: update and authorize only with a session', async () => {
    await all(404, ['/update.php', '/core/authorize.php', '/update.php/selection']);
    await all(200, ['/update.php', '/core/authorize.php', '/update.php/selection'], '-H', session);
  });
  await t.test('23: no other script is ever run, below files too, and its source is not shown', async () => {
    const evil = [
      'evil.php',
      'evil.PHP',
      'evil.phtml',
      'evil.php/x',
      'image.jpg/x.php',
      'evil%2Ephp',
      'x.txt/.php',
      'evil.php.',
    ];
    for (const name of evil.flatMap((one) => [`/${files}/${one}`, `/files/${one}`])) {
      const { status: got, body } = await ask(`http://${site}${name}`);
      assert.ok(!body.includes('json_encode'), `${name} shows its source`);
      if (got === 200) assert.equal(JSON.parse(body).SCRIPT_NAME, '/index.php', name);
      else assert.equal(got, 404, name);
    }
    await all(404, ['/install.php', '/core/lib/tool.php', '/nothing.php', '/core/index.php']);
    assert.equal((await ask(`http://${site}/${files}/image.jpg`)).body, echo, 'a picture with code in it is a picture');
    assert.equal((await answered(`http://${site}/index.php/user/1`))['PATH_INFO'], '/user/1');
    assert.equal((await answered(`http://${site}/cron.php`))['SCRIPT_NAME'], '/cron.php');
  });
  await t.test('a directory with a script for its index is answered by it', async () => {
    const { status: got, headers } = await ask(`http://${site}/admin?x=%20y`);
    assert.deepEqual([got, headers.get('location')], [301, `http://${site}:${bench.web.port}/admin/?x=%20y`]);
    const server = await answered(`http://${site}/admin/?x=y`);
    assert.deepEqual([server['SCRIPT_NAME'], server['QUERY_STRING']], ['/admin/index.php', 'x=y']);
    assert.equal((await answered(`http://${site}/admin/z`))['SCRIPT_NAME'], '/index.php');
  });
  await t.test('24: files by their short path too, to be kept for a month', async () => {
    for (const path of ['/files/x.txt', `/${files}/x.txt`]) {
      const { body, headers } = await ask(`http://${site}${path}`);
      assert.equal(body, 'hello');
      assert.match(headers.get('cache-control') ?? '', /max-age=2592000/);
    }
    assert.equal((await ask(`http://${site}/files/a%20b%2520c.txt`)).body, 'odd');
    await all(200, ['/files/absent.txt', '/files/', '/files']);
    assert.equal((await ask(`http://${site}/`)).headers.get('cache-control'), undefined);
  });
  await t.test('a way up leads nowhere', async () => {
    for (const path of [
      '/../etc/passwd',
      `/files/../../../../../../etc/passwd`,
      '/files/%2e%2e/%2e%2e/settings.txt',
      '/..%2fetc%2fpasswd',
    ])
      assert.doesNotMatch((await ask(`http://${site}${path}`)).body, /root:|^secret/, path);
  });
  await t.test("a name that is nobody's is 404, whatever it asks", async () => {
    for (const url of [
      'http://nobody.example.org/',
      'http://nobody.example.org/index.php',
      'http://127.0.0.1/',
      'http://sub.example.com/',
      'https://nobody.example.org/',
      `https://${site}/`,
    ])
      assert.equal(await status(url), 404, url);
    // Without a name there is nobody to ask for: nginx says that the request is not valid.
    assert.ok((await status(`http://${site}/`, '-H', 'Host;')) >= 400);
  });
}

for (const server of ['nginx', 'apache'] as const)
  test(`${server}: access and routing`, { timeout: 20 * 60_000 }, (t) =>
    onReal(server, async (bench) => {
      const http = bench.open();
      await http.verify();
      await rules(t, bench, http);
    }),
  );

test('apache that runs PHP itself, as Debian sets it up: the same rules, and PHP is run by the pool only', {
  timeout: 20 * 60_000,
}, async (t) => {
  const modPhp = await findModPhp();
  if (modPhp === null) return t.skip('NOT SHOWN: libapache2-mod-php is not installed');
  await onReal(
    'apache',
    async (bench) => {
      const http = bench.open();
      await http.verify();
      await rules(t, bench, http);
      await noneRunByTheServer(t, bench, http);
    },
    modPhp,
  );
});

async function noneRunByTheServer(t: TestContext, bench: RealBench, http: Http): Promise<void> {
  const says = '<?php echo "run by " . PHP_SAPI;';
  const ask = async (path: string, host = site): Promise<string> => (await bench.ask(`http://${host}${path}`)).body;
  await t.test('the server does run PHP where none of our blocks is in its way', async () => {
    const own = join(dirname(bench.config), 'apache', 'post.d', 'own.conf');
    const root = join(dirname(bench.root), 'own');
    await mkdir(root);
    await writeFile(join(root, 'x.php'), says);
    await writeFile(
      own,
      `<VirtualHost 127.0.0.1:${bench.web.port}>\nServerName own.example.org\nDocumentRoot ${root}\n<Directory ${root}>\nRequire all granted\n</Directory>\n</VirtualHost>\n`,
    );
    await http.create(sample(bench, 'second.example.com'));
    assert.equal(await ask('/x.php', 'own.example.org'), 'run by apache2handler');
  });
  await t.test('scripts of the application are run by the pool, and no other and no upload by anybody', async () => {
    const uploads = join(bench.root, 'sites', site, 'files');
    for (const name of ['up.php', 'up.phar', 'up.phtml', 'up.php.jpg', 'up.jpg', 'up.PHP', 'up.phps', 'index.php'])
      await writeFile(join(uploads, name), says);
    await writeFile(join(bench.root, 'tool.php'), says);
    for (const path of ['/', '/index.php', '/node/1', '/cron.php', '/admin/'])
      assert.equal(JSON.parse(await ask(path)).SAPI, 'fpm-fcgi', path);
    for (const name of [
      'up.php',
      'up.phar',
      'up.phtml',
      'up.PHP',
      'up.phps',
      'up.php/x',
      'up.php.jpg',
      'up.jpg/x.php',
      '',
      'index.php',
    ])
      for (const below of [`/sites/${site}/files`, '/files'])
        assert.doesNotMatch(await ask(`${below}/${name}`), /run by [a-z]/, `${below}/${name}`);
    assert.equal((await bench.ask(`http://${site}/tool.php`)).status, 404);
    assert.equal(await ask('/files/up.jpg'), says, 'a picture with code in it is a picture');
  });
  await t.test(
    'nothing is run below the challenges, in a site that is disabled, or for a name that is nobody',
    async () => {
      await writeFile(join(dirname(bench.config), 'acme', 'x.php'), says);
      for (const host of [site, 'nobody.example.org'])
        assert.equal(await ask('/.well-known/acme-challenge/x.php', host), says);
      for (const path of ['/index.php', '/x.php', '/'])
        assert.doesNotMatch(await ask(path, 'nobody.example.org'), /run by [a-z]/);
      await http.create(sample(bench, site, { state: 'disabled' }));
      for (const path of ['/index.php', '/files/up.php', '/'])
        assert.doesNotMatch(await ask(path), /run by [a-z]/, path);
    },
  );
}
