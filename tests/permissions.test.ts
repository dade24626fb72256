import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { siteDelete } from '../src/tasks/site-delete.ts';
import { siteDisable } from '../src/tasks/site-disable.ts';
import { siteInstall } from '../src/tasks/site-install.ts';
import { codeBases } from './kit/applications.ts';
import { played, withoutBackup } from './kit/played.ts';
import { type RealFarm, type RealFarmMore, realFarm } from './kit/real-farm.ts';
import { siteName } from './kit/truth.ts';

/**
 * The table of ARCHITECTURE.md "Layout on a server" against what is really there after an install, then acting as the
 * users it speaks of. Whoever runs the worker is the owner: `aegir` on a server, root where this test runs as root.
 */
interface Rule {
  readonly what: string;
  readonly path: RegExp;
  readonly mode: string;
  /** The web server's group instead of the owner's. */
  readonly isShared?: boolean;
}

const site = `sites/${siteName}`;
const web = 'www-data';

/** Paths below the server's root; the platform's own root is P. What no rule names must not be there. */
const rules: readonly Rule[] = [
  { what: 'directory', path: /^config$/, mode: '711' },
  { what: 'directory', path: /^config\/server_master(\/nginx)?$/, mode: '711' },
  { what: 'directory', path: /^config\/server_master\/acme$/, mode: '755' },
  { what: 'directory', path: /^config\/server_master\/nginx\/[a-z]+\.d$/, mode: '700' },
  { what: 'file', path: /^config\/server_master\/nginx\/[a-z]+\.d\/.+$/, mode: '600' },
  { what: 'file', path: /^config\/server_master\/(nginx\.conf|nginx\/[a-z]+\.conf|nginx\/kept-room)$/, mode: '600' },
  // These two hold nothing.
  { what: 'file', path: /^config\/server_master\/(nginx\/README|nginx\.lock)$/, mode: '644' },
  { what: 'directory', path: /^platforms$/, mode: '755' },
  { what: 'directory', path: /^clients$/, mode: '711' },
  { what: 'directory', path: /^backups$/, mode: '700' },
  { what: 'directory', path: new RegExp(`^P/sites(/${siteName})?$`), mode: '755' },
  {
    what: 'file',
    path: /^P\/sites\/sites\.php$|^P\/wp-config\.php$|^P\/wp-content\/mu-plugins\/aegir\.php$/,
    mode: '644',
  },
  { what: 'file', path: new RegExp(`^P/${site}/(local\\.)?(settings|wp-config)\\.php$`), mode: '440', isShared: true },
  {
    ...{ what: 'directory', path: new RegExp(`^P/${site}/(files|private|private/(files|temp|config|config/sync))$`) },
    ...{ mode: '2770', isShared: true },
  },
  { what: 'directory', path: new RegExp(`^P/${site}/(modules|themes|libraries)$`), mode: '2775' },
];

const sources = [
  { what: 'WordPress', application: 'wordpress', source: codeBases.wordpress },
  { what: 'Drupal 10', application: 'drupal', source: codeBases.drupal10 },
  { what: 'Drupal 7', application: 'drupal', source: codeBases.drupal7 },
] as const;

for (const { what, source, ...more } of sources) {
  const skip = source === null && `no code of ${what} here: set AEGIR_TEST_DRUPAL10 and AEGIR_TEST_DRUPAL7`;
  test(`${what}: layout and permissions`, { skip, timeout: 20 * 60_000 }, (t) =>
    conforms(t, { ...more, source: source ?? '' }),
  );
}

async function conforms(t: TestContext, more: RealFarmMore): Promise<void> {
  const farm = await realFarm(t, more);
  const truth = await played(farm.place, farm.truth, [siteInstall]);
  assert.equal((await farm.page('/')).status, 200);
  const paths = walk(farm.data.root);

  await t.test('every path has the mode, the owner and the group of the table', () => {
    const wrong = paths.flatMap((path) => deviation(farm, path));
    assert.deepEqual(wrong, []);
  });
  await t.test('the user of the web server reads code and settings, and writes files and private only', () =>
    webUser(farm, paths),
  );
  for (const stranger of strangers())
    await t.test(`a stranger (${stranger}) reads nothing that is not public, and writes nothing`, () =>
      nobodyElse(farm, paths, stranger),
    );
  await played(farm.place, truth, [siteDisable]);
  await played(farm.place, truth, [siteDelete], '7', withoutBackup(siteDelete));
  t.diagnostic(`${paths.length} paths compared`);
}

function walk(root: string): readonly string[] {
  return readdirSync(root, { withFileTypes: true }).flatMap((entry) => {
    const path = join(root, entry.name);
    return entry.isDirectory() ? [path, ...walk(path)] : [path];
  });
}

const nameIn = (file: string, id: number): string =>
  readFileSync(file, 'utf8')
    .split('\n')
    .find((line) => line.split(':')[2] === String(id))
    ?.split(':')[0] ?? String(id);

/** Owner and group of what Aegir makes: those of the worker, which is this process. */
const me = nameIn('/etc/passwd', process.geteuid?.() ?? 0);
const myGroup = nameIn('/etc/group', process.getegid?.() ?? 0);

/** 'platforms/p1/web/index.php' as 'P/index.php'. */
function shortened({ data }: RealFarm, path: string): string {
  const inPlatform = relative(data.platformRoot, path);
  if (inPlatform === '') return 'P';
  return inPlatform.startsWith('..') ? relative(data.root, path) : `P/${inPlatform}`;
}

function deviation(farm: RealFarm, path: string): readonly string[] {
  const name = shortened(farm, path);
  const stat = lstatSync(path);
  const mode = (stat.mode & 0o7777).toString(8);
  const owner = `${nameIn('/etc/passwd', stat.uid)}:${nameIn('/etc/group', stat.gid)}`;
  const rule = rules.find((one) => one.path.test(name));
  if (rule) {
    const should = `${rule.mode} ${me}:${rule.isShared ? web : myGroup}`;
    const kind = stat.isDirectory() ? 'directory' : 'file';
    const is = `${mode} ${owner}`;
    return is === should && kind === rule.what
      ? []
      : [`${name} is ${is}, a ${kind}: should be ${should}, a ${rule.what}`];
  }
  const isWrittenBySite = new RegExp(`^P/${site}/(files|private)/`).test(name);
  const isCode = /^(P|platforms)(\/|$)/.test(name) && !name.startsWith(`P/${site}`);
  if (!isWrittenBySite && !isCode) return [`${name} (${mode} ${owner}) is not in the table`];
  // Modes of what the site wrote are its own (Drupal's are 0777 below files/php): its directories above keep others out.
  const [should, forbidden] = isCode ? [`${me}:${myGroup}`, 0o022] : [`${web}:${web}`, 0];
  return owner === should && (stat.mode & forbidden) === 0 ? [] : [`${name} is ${mode} ${owner}: should be ${should}`];
}

/** What a user can really do, asked by a process of that user. Paths go in and come out in order. */
async function able(user: string, paths: readonly string[]): Promise<readonly { reads: boolean; writes: boolean }[]> {
  const php =
    '<?php clearstatcache(); echo json_encode(array_map(fn ($p) => [is_readable($p), is_writable($p)], json_decode(base64_decode("';
  const script = `${php}${Buffer.from(JSON.stringify(paths)).toString('base64')}"))));`;
  const running = promisify(execFile)('sudo', ['-n', '-u', user, 'php', '-n'], {
    cwd: '/',
    maxBuffer: 64 * 1024 * 1024,
  });
  running.child.stdin?.end(script);
  const answers = JSON.parse((await running).stdout) as [boolean, boolean][]; // The script above says so.
  return answers.map(([reads, writes]) => ({ reads, writes }));
}

async function webUser(farm: RealFarm, paths: readonly string[]): Promise<void> {
  const can = await able(web, paths);
  const wrong = paths.flatMap((path, at) => {
    const name = shortened(farm, path);
    const { reads, writes } = can[at] ?? { reads: false, writes: false };
    const isWritten = new RegExp(`^P/${site}/(files|private)(/|$)`).test(name);
    const isCode = (name === 'P' || name.startsWith('P/')) && !name.includes('/.git/');
    const isPrivate = /^backups|^clients$|^config(?!\/server_master\/(acme|nginx\/README|nginx\.lock)$)/.test(name);
    return [
      ...(writes && !isWritten ? [`${web} can write ${name}`] : []),
      ...(isWritten && lstatSync(path).isDirectory() && !writes ? [`${web} cannot write ${name}`] : []),
      ...(isCode && !reads ? [`${web} cannot read ${name}`] : []),
      ...(isPrivate && reads ? [`${web} can read or list ${name}`] : []),
    ];
  });
  assert.deepEqual(wrong, []);
  // Not only what the system says about it.
  const directory = join(farm.data.platformRoot, site);
  const as = (...argv: readonly string[]) =>
    execFileSync('sudo', ['-n', '-u', web, ...argv], { cwd: '/', stdio: 'pipe' });
  as('touch', `${directory}/files/probe`, `${directory}/private/temp/probe`);
  as('rm', `${directory}/files/probe`, `${directory}/private/temp/probe`);
  for (const refused of [`${directory}/probe`, `${farm.data.platformRoot}/probe.php`, `${directory}/../probe`])
    assert.throws(() => as('touch', refused), /Permission denied/);
  const vhosts = join(farm.data.root, 'config/server_master/nginx/vhost.d');
  assert.throws(() => as('ls', vhosts), /Permission denied/);
  for (const name of readdirSync(vhosts)) assert.throws(() => as('cat', join(vhosts, name)), /Permission denied/);
  assert.ok(readdirSync(vhosts).length > 0);
}

/** Users who are neither the worker nor in the web server's group. */
function strangers(): readonly string[] {
  const isStranger = (user: string): boolean => {
    try {
      const groups = execFileSync('id', ['-Gn', user], { stdio: 'pipe' }).toString().trim().split(' ');
      return user !== me && !groups.includes(web);
    } catch {
      return false; // No such user.
    }
  };
  const found = ['nobody', 'aegir', 'daemon', 'games'].filter(isStranger).slice(0, 2);
  assert.ok(found.length > 0);
  return found;
}

async function nobodyElse(farm: RealFarm, paths: readonly string[], user: string): Promise<void> {
  const can = await able(user, paths);
  const secret = new RegExp(
    `^P/${site}/((files|private)(/|$)|.*(settings|wp-config)\\.php$)|^backups|^clients$|^config(?!/server_master/(acme|nginx/README|nginx\\.lock)$)`,
  );
  const wrong = paths.flatMap((path, at) => {
    const name = shortened(farm, path);
    const { reads, writes } = can[at] ?? { reads: false, writes: false };
    return [
      ...(writes ? [`${user} can write ${name}`] : []),
      ...(reads && secret.test(name) ? [`${user} can read ${name}`] : []),
    ];
  });
  assert.deepEqual(wrong, []);
  const seen = paths.filter((path) => secret.test(shortened(farm, path))).length;
  assert.ok(seen > 10, `${seen} secret paths`);
}
