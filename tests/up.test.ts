import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { composerRepository } from './kit/composer-project.ts';
import { type FreshMachine, freshMachine } from './kit/fresh-machine.ts';
import { insideWordpress, isOpen, settle, type Told, up, visit } from './kit/up.ts';
import { openDirectory } from './kit/web.ts';

/** Most of it is Debian's packages; on a busy machine many times of the minutes that it takes on a quiet one. */
const timeoutMs = 35 * 60_000;

const wordpressTitle = /^site1\.aegir\.localhost/;

test('./up makes an open site out of a fresh machine: WordPress', { timeout: timeoutMs }, async (t) => {
  const packages = await openDirectory('aegir-packages');
  t.after(() => packages.remove());
  await composerRepository(packages.path, { reads: secrets, lists: secrets, writes: ['/var/aegir/platforms/spy'] });
  const machine = await freshMachine(t, [`${packages.path}=${packages.path}`]);
  if (!machine) return;
  let told: Told | undefined;
  await t.test('the printed address gives the front page, the printed link logs in once', async (at) => {
    await settle(machine);
    told = await up(at, machine);
    await isOpen(machine, told, wordpressTitle, insideWordpress);
  });
  if (!told) return; // The first part has failed, and says why.
  const { url } = told;
  await t.test('the CLI tells what is there', () => isTold(machine));
  await t.test('the printed link invites the first administrator', () => isInvited(machine, told));
  await t.test('code of others is built by aegir-build, which learns nothing', () =>
    isBuilt(machine, `${packages.path}/packages`),
  );
  await t.test('a second ./up finds everything in place', async (at) => {
    const again = await up(at, machine);
    assert.match(again.text, /Everything was in place/);
    assert.equal(again.url, url);
    assert.notEqual(again.link, told?.link);
    const lines = again.text.split('\n').filter((line) => line.startsWith('✓') && !line.includes('already there'));
    assert.deepEqual(
      lines.map((line) => line.split(':')[0]?.split(' (')[0]),
      ['✓ login link', '✓ link to the panel', '✓ Everything was in place'],
    );
  });
  await t.test('./up --http apache changes the web server under the same site', async (at) => {
    await isOpen(machine, await up(at, machine, '--http', 'apache'), wordpressTitle, insideWordpress);
    assert.match(await serverOf(machine, url), /^Apache/);
    assert.equal((await machine.run('pgrep', '-x', 'nginx')).code, 1, 'nginx still runs');
  });
  await t.test('a changed program takes the place of the one that runs', (at) => isRenewed(at, machine));
  await t.test('./up --down leaves the sites open, and status says how to start again', () => isDown(machine, url));
  await t.test('./up starts it again', async (at) => {
    await isOpen(machine, await up(at, machine), wordpressTitle, insideWordpress);
    assert.equal((await copies(machine)).length, 1);
  });
});

/** Through the port, as a browser would. There is no password until its person has chosen one. */
async function isInvited(machine: FreshMachine, told: Told | undefined): Promise<void> {
  const [, address = '', secret = ''] = /^ *Panel: +(\S+)\/invitation#(\S+)/m.exec(told?.text ?? '') ?? [];
  const json = ['--header', 'content-type: application/json', '--data', JSON.stringify({ secret })];
  const invitation = JSON.parse(await machine.must('curl', '--silent', ...json, `${address}/api/invitation`));
  assert.deepEqual([invitation.kind, invitation.account.name], ['invitation', 'admin']);
  const { hasPassword } = JSON.parse(await machine.must('aegir', 'account', 'get', 'admin', '--json'));
  assert.equal(hasPassword, false);
}

async function isTold(machine: FreshMachine): Promise<void> {
  const status = await machine.must('aegir', 'status');
  for (const name of ['hub', 'worker', 'nginx', 'mariadb']) assert.match(status, new RegExp(`✓ ${name} +runs`));
  const { items } = JSON.parse(await machine.must('aegir', 'site', 'list', '--json'));
  assert.deepEqual(
    items.map(({ name, status: is, platform }: Record<string, string>) => [name, is, platform]),
    [['site1.aegir.localhost', 'enabled', 'wordpress']],
  );
  assert.match(await machine.must('cat', '/etc/aegir/aegir.env'), /^AEGIR_LOAD_FACTOR=1000$/m);
}

const secrets = ['/etc/aegir', '/etc/aegir/key', '/run/aegir', '/var/aegir', '/var/aegir/backups', '/var/aegir/hub'];

/** As aegir itself asks for it, through the sudoers file that ./up wrote. */
async function isBuilt(machine: FreshMachine, repository: string): Promise<void> {
  const root = '/var/aegir/platforms/acme';
  const source = ['composer', 'package=acme/site', `repository=${repository}`].flatMap((one) => ['--source', one]);
  await machine.must('aegir', 'platform', 'create', 'acme', '--root', root, ...source);
  const seen = JSON.parse(await machine.must('cat', `${root}/web/seen.json`));
  assert.equal(seen.uid, Number(await machine.must('id', '-u', 'aegir-build')));
  // What the way to its own directory leads through is there, and holds nothing but that way.
  for (const path of secrets.filter((one) => one !== '/var/aegir'))
    assert.deepEqual([seen.read[path], seen.listed[path]], [false, false], path);
  // The way to its own directory is there, and nothing beside it.
  assert.deepEqual(seen.listed['/var/aegir'], ['.', '..', 'builds']);
  assert.deepEqual(seen.wrote, { '/var/aegir/platforms/spy': false });
  assert.equal(
    await machine.must('find', '/var/aegir/platforms', '/var/aegir/builds', '-user', 'aegir-build'),
    '/var/aegir/builds\n',
  );
  assert.equal((await machine.run('pgrep', '-u', 'aegir-build')).text, '');
  const denied = await machine.run('sudo', '-u', 'aegir', 'sudo', '-n', '-u', 'aegir-build', 'id');
  assert.notEqual(denied.code, 0, denied.text);
  await machine.must('aegir', 'platform', 'delete', 'acme', '--remove-code');
  assert.equal((await machine.run('test', '-e', root)).code, 1);
}

const serverOf = async (machine: FreshMachine, url: string): Promise<string> =>
  /^server: (.*)$/im.exec(await machine.must('curl', '--silent', '--head', url))?.[1] ?? '';

/** The clone is what a person updates with git pull; what runs is a copy that ./up makes. */
async function isRenewed(t: TestContext, machine: FreshMachine): Promise<void> {
  const before = (await machine.must('readlink', '/usr/local/lib/aegir')).trim();
  await machine.must('sh', '-c', 'echo "// changed" >>src/main.ts');
  const words = ['site', 'install', 'site2.aegir.localhost', '--platform', 'wordpress', '--no-wait', '--json'];
  const { task } = JSON.parse(await machine.must('aegir', ...words));
  const { text } = await up(t, machine);
  assert.match(text, /✓ program: copied to/);
  for (const name of ['hub', 'worker']) assert.match(text, new RegExp(`✓ ${name}: started`));
  const after = (await machine.must('readlink', '/usr/local/lib/aegir')).trim();
  assert.notEqual(after, before);
  const works = await machine.must(
    'sh',
    '-c',
    'for pid in $(pgrep -u aegir -f src/main.ts); do readlink /proc/$pid/cwd; done',
  );
  assert.deepEqual(works.trim().split('\n'), [after, after]);
  await machine.must('aegir', 'task', 'log', task.id, '--follow');
  assert.equal((await visit(machine, 'http://site2.aegir.localhost')).status, 200);
}

/** The hub's own PostgreSQL went on with the old copy of the program until it was stopped. */
async function copies(machine: FreshMachine): Promise<string[]> {
  return (await machine.must('sh', '-c', 'echo /usr/local/lib/aegir-*')).trim().split(' ');
}

async function isDown(machine: FreshMachine, url: string): Promise<void> {
  assert.equal((await copies(machine)).length, 2);
  await machine.must('./up', '--down');
  assert.deepEqual((await machine.run('pgrep', '-u', 'aegir')).text, '');
  const front = await visit(machine, url);
  assert.equal(front.status, 200);
  assert.match(front.title, wordpressTitle);
  const { code, text } = await machine.run('aegir', 'status');
  assert.notEqual(code, 0);
  assert.match(text, /The hub is not running.* Start it with: \.\/up/);
}
