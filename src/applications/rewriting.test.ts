import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { mysqlDatabase, pgsqlDatabase, testSite } from '../../tests/kit/applications.ts';
import { database } from '../../tests/kit/http-contract.ts';
import { ourPhp } from '../../tests/kit/our-php.ts';
import { openDirectory } from '../../tests/kit/web.ts';
import { Secret } from '../model/secret.ts';
import type { DatabaseAddress } from '../model/site.ts';
import type { FormerPlace } from './application.ts';
import { type Rewriting, rewriting } from './rewriting.ts';

const roots = ['/var/aegir/platforms/d10', '/var/aegir/platforms/d11/web'] as const;
const want: Rewriting = {
  root: roots,
  directory: ['example.com', 'new.org'],
  hosts: ['example.com', 'www.example.com'],
  ours: ['example.com', 'www.example.com', 'new.org'],
  ports: [80, 443],
  address: { scheme: 'https', host: 'new.org', port: 8443 },
};

test('which names become the site’s: of a renamed one those that it has no more, of another site’s all', () => {
  const platform = {
    id: '1',
    name: 'p1',
    status: 'enabled',
    root: roots[1],
    application: null,
    version: null,
  } as const;
  const aliases = [{ name: 'www.example.com', redirect: false }];
  const installed = {
    ...testSite(platform, database('d'), 80, { name: 'new.org', aliases }),
    address: 'https://new.org:8443',
  };
  const before: FormerPlace = {
    ...{ root: roots[0], directory: 'example.com', address: 'http://example.com', version: null },
    names: ['example.com', 'www.example.com', '*.example.com', 'xn--mnchen-3ya.de'],
  };
  const renamed = rewriting(installed, before, 'same site');
  assert.deepEqual(renamed.hosts, ['example.com', 'xn--mnchen-3ya.de', 'münchen.de']);
  assert.deepEqual(rewriting(installed, before, 'new site').hosts, [
    'example.com',
    'www.example.com',
    'xn--mnchen-3ya.de',
    'münchen.de',
  ]);
  assert.deepEqual(renamed.address, want.address);
  assert.deepEqual([renamed.ports, renamed.root], [[80, 443], roots]);
  const moved = { ...before, address: 'https://new.org:8443', names: ['new.org', 'www.example.com'] };
  assert.deepEqual(rewriting(installed, moved, 'same site').hosts, [], 'where the name stays, so do all addresses');
  assert.deepEqual(
    rewriting(installed, { ...moved, address: 'http://new.org' }, 'same site').hosts,
    ['new.org'],
    'but not their ports',
  );
});

const s = (text: string): string => `s:${Buffer.byteLength(text)}:"${text}";`;
const [http, https] = ['http://example.com', 'https://new.org:8443'];

/** By text: what becomes of it, or null for one that stays. */
const texts: readonly (readonly [string, string | null])[] = [
  ['http://example.com/x', 'https://new.org:8443/x'],
  ['https://www.example.com:443/', 'https://new.org:8443/'],
  ['HTTP://Example.COM/X', 'https://new.org:8443/X'],
  ['url(//example.com/a)', 'url(//new.org:8443/a)'],
  ['See http://example.com. And', 'See https://new.org:8443. And'],
  ['http:\\/\\/example.com\\/a', 'https:\\/\\/new.org:8443\\/a'],
  ['\\u0022http:\\/\\/example.com\\u0022', '\\u0022https:\\/\\/new.org:8443\\u0022'],
  ['a\\nhttp://example.com', 'a\\nhttps://new.org:8443'],
  ['?u=http%3A%2F%2Fexample.com%2Fx', '?u=https%3A%2F%2Fnew.org%3A8443%2Fx'],
  ['http://example.com.au/ http://www.example.com.au/ http://myexample.com http://my-example.com', null],
  ['http://example.com-x.org/ http://sub.example.com/ http://example.community', null],
  ['info@example.com, mailto:info@example.com, example.com, www.example.com', null],
  ['http://example.com:9200/ http://user@example.com/ http://example.com@evil.org/ ftp://example.com/', null],
  ['path//example.com/x', null],
  ['<img src="/sites/example.com/files/a.png">', '<img src="/sites/new.org/files/a.png">'],
  ['sites/example.com', 'sites/new.org'],
  ['"sites\\/example.com\\/files\\/a.png"', '"sites\\/new.org\\/files\\/a.png"'],
  ['%2Fsites%2Fexample.com%2Ffiles', '%2Fsites%2Fnew.org%2Ffiles'],
  ['http://example.com/en/sites/example.com/files/a', 'https://new.org:8443/en/sites/new.org/files/a'],
  ['sites/example.com.au/files mysites/example.com/files sites/Example.com sites/example.com_x', null],
  ['http://other.org/sites/example.com/files/a http://other.org/sub/sites/example.com/files/a', null],
  [`${roots[0]}/sites/example.com/private/a`, `${roots[1]}/sites/new.org/private/a`],
  [`file://${roots[0]}/x and ${roots[0]}.`, `file://${roots[1]}/x and ${roots[1]}.`],
  [`"${roots[0].replaceAll('/', '\\/')}\\/x"`, `"${roots[1].replaceAll('/', '\\/')}\\/x"`],
  [`${roots[0]}-new/x /srv${roots[0]}/x ${roots[0]}.old`, null],
  [`a:1:{s:3:"url";${s(`${http}/é`)}}`, `a:1:{s:3:"url";${s(`${https}/é`)}}`],
  [s(`a:1:{${s('x')}${s(`a:1:{i:0;${s(http)}}`)}}`), s(`a:1:{${s('x')}${s(`a:1:{i:0;${s(https)}}`)}}`)],
  [`O:1:"X":1:{${s('\0*\0a')}${s('sites/example.com')}}`, `O:1:"X":1:{${s('\0*\0a')}${s('sites/new.org')}}`],
  ['C:1:"X":25:{s:17:"sites/example.com";}', 'C:1:"X":21:{s:13:"sites/new.org";}'],
  [`a:1:{${s('sites/example.com/key')}i:1;}`, `a:1:{${s('sites/new.org/key')}i:1;}`],
  [`text with a:1:{i:0;${s(http)}} in it`, `text with a:1:{i:0;${s(https)}} in it`],
  // Nobody can read these, and they must not be made worse.
  ['a:1:{s:3:"url";s:99:"http://example.com";}', null],
  ['{"x":"s:18:\\"http://example.com\\";"}', null],
];

test('texts are rewritten by whole names, in any way of writing them, with right lengths; and only once', async () => {
  const code = `$text = new AegirText($aegir['want']); $made = [];
    foreach ($aegir['texts'] as $one) { $new = $text->apply(base64_decode($one)); $made[] = [base64_encode($new), base64_encode($text->apply($new))]; }
    return ['made' => $made, 'unreadable' => $text->unreadable];`;
  const given = texts.map(([text]) => Buffer.from(text).toString('base64'));
  // What the code above returns.
  const { made, unreadable } = (await ourPhp(['rewrite-text'], code, { want, texts: given })) as {
    made: [string, string][];
    unreadable: number;
  };
  const plain = (text = ''): string => Buffer.from(text, 'base64').toString();
  for (const [at, [text, wanted]] of texts.entries()) {
    assert.equal(plain(made[at]?.[0]), wanted ?? text, text);
    assert.equal(plain(made[at]?.[1]), wanted ?? text, `${text}, again`);
  }
  assert.equal(unreadable, 4, 'both of the last two, each time');
  const nested = { ...want, root: ['/srv/d10', '/srv/d10/web'], directory: ['a', 'a'], hosts: [] };
  const once = `$text = new AegirText($aegir['want']); return [$text->apply($text->apply('/srv/d10/sites/a'))];`;
  assert.deepEqual(await ourPhp(['rewrite-text'], once, { want: nested }), ['/srv/d10/web/sites/a']);
});

const schema = {
  mysql: `create table page (id int primary key, title varchar(60) character set latin1 collate latin1_general_ci, body longtext, data longblob,
      changed timestamp default '2001-01-01' on update current_timestamp, twice varchar(255) as (concat(body, body)));
    create table by_two (kind varchar(32), number int, body text, primary key (kind, number));
    create table keyless (body text, data blob); create table named (name varchar(255) primary key, note text);
    create table short (id int primary key, body varchar(26)); create table cache_page (cid varchar(255) primary key, data longblob);
    create view seen as select body from page;`,
  pgsql: `create table page (id int primary key, title varchar(60), body text, data bytea, changed timestamp default '2001-01-01', twice text generated always as (body || body) stored);
    create table by_two (kind varchar(32), number int, body jsonb, primary key (kind, number));
    create table keyless (body text, data bytea); create table named (name varchar(255) primary key, note text);
    create table short (id int primary key, body varchar(26)); create table cache_page (cid varchar(255) primary key, data bytea);
    create view seen as select body from page;`,
  sqlite: `create table page (id integer primary key, title varchar(60), body text, data blob, changed text default '2001-01-01');
    create table by_two (kind varchar(32), number int, body text, primary key (kind, number));
    create table keyless (body text, data blob); create table named (name varchar(255) primary key, note text);
    create table short (id int primary key, body varchar(26) check (length(body) <= 26)); create table cache_page (cid varchar(255) primary key, data blob);
    create view seen as select body from page;`,
} as const;

/** Fills, is killed in the middle, goes on, looks. Everything in one PHP, so that it is the same for all databases. */
const tables = `
  $pdo = aegir_connect(aegir_address($aegir['db']));
  foreach (explode(";\\n", $aegir['schema']) as $sql) if (trim($sql) !== '') $pdo->exec($sql);
  $put = function (string $sql, array $values) use ($pdo) { $s = $pdo->prepare($sql); foreach ($values as $at => $value) $s->bindValue($at + 1, $value, is_array($value) ? PDO::PARAM_LOB : PDO::PARAM_STR); $s->execute(); };
  $blob = function (string $sql, array $values, string $data) use ($pdo) { $s = $pdo->prepare($sql); foreach ($values as $at => $value) $s->bindValue($at + 1, $value); $s->bindValue(count($values) + 1, $data, PDO::PARAM_LOB); $s->execute(); };
  $serialized = fn (string $path) => serialize(["\\0*\\0hidden" => $path, 'bytes' => "\\xff\\xfe\\0"]);
  $pdo->beginTransaction();
  for ($i = 1; $i <= 500; $i++) $blob('insert into page (id, title, body, data) values (?, ?, ?, ?)', [$i, "Zoë $i", $i % 2 ? "<img src='/sites/example.com/files/$i.png'> ünïcode" : "nothing of it, $i", ], $serialized($i % 5 ? "sites/example.com/$i" : "sites/other/$i"));
  for ($i = 1; $i <= 300; $i++) $put('insert into by_two values (?, ?, ?)', ['node', $i, json_encode(['url' => "http://example.com/$i"])]);
  for ($i = 0; $i < 120; $i++) $blob('insert into keyless values (?, ?)', ['see http://example.com/' . intdiv($i, 2)], $serialized('sites/example.com'));
  $put('insert into named values (?, ?)', ['http://example.com/a', 'x']);
  $put('insert into named values (?, ?)', ['http://example.com/b', 'x']);
  $put('insert into named values (?, ?)', ['https://new.org:8443/b', 'was there']);
  $put('insert into short values (?, ?)', [1, 'http://example.com/1234567']);
  $put('insert into short values (?, ?)', [2, 'sites/example.com']);
  $blob('insert into cache_page values (?, ?)', ['http://example.com/'], 'sites/example.com');
  $pdo->commit();
  $again = function () use (&$pdo, $aegir) {
    $tables = new AegirTables($pdo, new AegirText($aegir['want']));
    $before = memory_get_peak_usage();
    $tables->rewrite('', ['cache', 'cache_*']);
    return ['rows' => $tables->rows, 'refused' => $tables->refused, 'memory' => memory_get_peak_usage() - $before];
  };
  $halves = [];
  for ($ms = 4; $aegir['kill'] && $ms < 5000; $ms += 12) {
    $child = pcntl_fork();
    if ($child === 0) {
      $GLOBALS['aegir_said'] = true;
      $pdo = aegir_connect(aegir_address($aegir['db']));
      $again();
      posix_kill(posix_getpid(), SIGTERM);
    }
    usleep($ms * 1000);
    posix_kill($child, SIGKILL);
    pcntl_waitpid($child, $status);
    $pdo = aegir_connect(aegir_address($aegir['db']));
    $new = (int) aegir_one($pdo, "select count(*) from by_two where cast(body as char(200)) like '%new.org%'");
    foreach ($pdo->query('select id, body, data from page') as $row) {
      $path = unserialize(is_resource($row['data']) ? stream_get_contents($row['data']) : $row['data'])["\0*\0hidden"];
      $body = str_contains($row['body'], 'sites/new.org/files/');
      // A row has all of the new or nothing of it.
      if ($row['id'] % 2 && $row['id'] % 5 && $body !== str_starts_with($path, 'sites/new.org/')) aegir_fail('invalid', "row {$row['id']} is half new: $path, {$row['body']}");
      $new += (int) $body;
    }
    $halves[] = $new;
    if (pcntl_wtermsig($status) === SIGTERM) break;
  }
  $first = $again();
  $second = $again();
  $one = function (string $sql) use (&$pdo) { return aegir_one($pdo, $sql); };
  $look = [
    'body' => $one('select body from page where id = 499'), 'title' => $one('select title from page where id = 499'), 'changed' => substr($one('select changed from page where id = 499'), 0, 10),
    'data' => unserialize($one('select data from page where id = 499'))["\\0*\\0hidden"], 'other' => unserialize($one('select data from page where id = 500'))["\\0*\\0hidden"],
    'bytes' => bin2hex(unserialize($one('select data from page where id = 499'))['bytes']),
    'json' => json_decode($one('select body from by_two where number = 300'), true)['url'], 'keyless' => $one('select count(*) from keyless where body like \\'see https://new.org:8443/%\\''),
    'keylessData' => unserialize($one('select data from keyless'))["\\0*\\0hidden"], 'cache' => $one('select data from cache_page'), 'short' => $one('select body from short where id = 1'),
  ];
  return ['halves' => $halves, 'first' => $first, 'second' => $second, 'look' => $look, 'pages' => $pdo->query('select body from page order by id')->fetchAll(PDO::FETCH_COLUMN)];`;

interface Looked {
  /** Rows that were new each time it had been killed. */
  readonly halves: readonly number[];
  readonly first: {
    readonly rows: Readonly<Record<string, number>>;
    readonly refused: number;
    readonly memory: number;
  };
  readonly second: Looked['first'];
  readonly look: Readonly<Record<string, string>>;
  readonly pages: readonly string[];
}

async function looked(t: TestContext, driver: keyof typeof schema, kill: boolean): Promise<Looked> {
  const directory = await openDirectory('aegir-rewriting');
  t.after(() => directory.remove());
  await chmod(directory.path, 0o777);
  const empty = {
    ...database('x'),
    driver: 'sqlite',
    name: join(directory.path, 'db'),
    password: new Secret(''),
  } as const;
  const address: DatabaseAddress =
    driver === 'mysql' ? await mysqlDatabase(t) : driver === 'pgsql' ? await pgsqlDatabase(t) : empty;
  const db = {
    ...address,
    password: address.password.reveal(),
    port: address.port ?? '',
    socket: address.socket ?? '',
  };
  const input = { want, db, schema: schema[driver], kill };
  // What the code above returns.
  return (await ourPhp(['database', 'rewrite-text', 'rewrite-tables'], tables, input)) as Looked;
}

for (const driver of ['mysql', 'pgsql', 'sqlite'] as const) {
  const wanted = {
    ...{ body: "<img src='/sites/new.org/files/499.png'> ünïcode", title: 'Zoë 499', changed: '2001-01-01' },
    ...{ data: 'sites/new.org/499', other: 'sites/other/500', bytes: 'fffe00', json: 'https://new.org:8443/300' },
    ...{
      keyless: '120',
      keylessData: 'sites/new.org',
      cache: 'sites/example.com',
      short: 'http://example.com/1234567',
    },
  };
  test(`${driver}: every column with text of every table, also without a key; caches and times stay`, async (t) => {
    const { first, second, look, pages } = await looked(t, driver, false);
    assert.deepEqual(first.rows, {
      ...{ 'by_two.body': 300, 'keyless.body': 120, 'keyless.data': 120, 'named.name': 1, 'page.body': 250 },
      ...{ 'page.data': 400, 'short.body': 1 },
    });
    assert.equal(first.refused, 2, 'one is there already, one is too long');
    assert.deepEqual([second.rows, second.refused], [[], 2], 'twice is once');
    assert.ok(first.memory < 8 * 1024 * 1024, `${first.memory} bytes more`);
    assert.deepEqual(look, wanted);
    assert.equal(pages[1], 'nothing of it, 2');
  });
  test(`${driver}: killed in the middle, each row is old or new, and the next time does the rest`, async (t) => {
    const { halves, second, look } = await looked(t, driver, true);
    t.diagnostic(`rows that were new each time it was killed: ${halves.join(', ')}`);
    assert.ok(
      halves.some((rows) => rows > 0 && rows < 550),
      'it was killed in the middle',
    );
    assert.equal(halves.at(-1), 550);
    assert.deepEqual(look, wanted);
    assert.deepEqual(second.rows, []);
  });
}
