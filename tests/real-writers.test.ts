import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { siteBackup } from '../src/tasks/site-backup.ts';
import { siteInstall } from '../src/tasks/site-install.ts';
import { siteMigrate } from '../src/tasks/site-migrate.ts';
import { siteRename } from '../src/tasks/site-rename.ts';
import { siteRestore } from '../src/tasks/site-restore.ts';
import { codeBases } from './kit/applications.ts';
import { done, titleOf } from './kit/backed-up.ts';
import { type Commenters, commenting } from './kit/commenters.ts';
import { hand } from './kit/farm.ts';
import { unpacked } from './kit/made-archive.ts';
import { phpClient } from './kit/php-client.ts';
import { type RealFarm, realFarm } from './kit/real-farm.ts';
import { backupName, siteName } from './kit/truth.ts';

/**
 * The old Aegir's maintenance mode did nothing (shared/reference/aegir-baseline.md, section 5): all of 40 requests during a
 * migrate were answered, and of 39 rows that were committed meanwhile 38 were lost, with exit code 0. Here people and programs
 * write all the time, and what they were told was written is there afterwards.
 */
test('what is written into a site while it is moved is in it afterwards, or was refused to who wrote it', {
  timeout: 10 * 60_000,
}, async (t) => {
  const farm = await realFarm(t, { other: codeBases.wordpress });
  await done(farm, siteInstall, '7');
  const told: string[] = [];
  const tell = ({ kept, refused }: Commenters, during: string): void =>
    void told.push(`${during}: ${kept.length} comments kept, ${refused} refused`);

  await t.test('in a migrate, also by programs that go to its database directly', async () => {
    const writers = await programs(t, farm);
    const { commenters } = await commenting(at(farm), () => done(farm, siteMigrate, '7', { platform: 'p2' }));
    const acknowledged = await writers.end();
    assert.equal(farm.truth.at.platform, 'p2');
    demandKept(commenters, await comments(farm), []);
    const rows = new Set((await inDatabase(farm, 'select name from written')).flat());
    assert.deepEqual(
      acknowledged.filter((name) => !rows.has(name)),
      [],
      'rows that were committed, and are lost',
    );
    for (const kind of ['a', 'b']) assert.ok(acknowledged.filter((name) => name.startsWith(kind)).length > 20, kind);
    tell(commenters, `migrate (and ${acknowledged.length} rows by programs)`);
  });

  await t.test(
    'in a restore, as the state that is replaced is backed up once nobody can change it any more',
    async () => {
      await done(farm, siteBackup, '7');
      const { commenters } = await commenting(at(farm), () => done(farm, siteRestore, '7', { backup: '1' }));
      const dump = unpacked(join(farm.data.root, 'backups', `${backupName('2')}.tar`))
        .get('database.zst')
        ?.toString();
      const there = await comments(farm);
      demandKept(commenters, [...there, ...(dump?.match(/comment \d+(?=')/g) ?? [])], []);
      assert.ok(
        commenters.kept.some((text) => !there.includes(text)),
        'some were written before it was replaced',
      );
      tell(commenters, 'restore');
    },
  );

  await t.test('in a rename, after which the old name leads to the new one', async () => {
    const { commenters } = await commenting(at(farm), () => done(farm, siteRename, '7', { name: 'new.example.org' }));
    demandKept(commenters, await comments(farm), ['301']);
    assert.equal(await titleOf(farm, 'new.example.org'), 'Example');
    tell(commenters, 'rename');
  });
  for (const line of told) process.stdout.write(`# ${line}\n`);
});

const at = ({ web }: RealFarm) => ({ port: web.port, host: siteName });

/** `fine`: what else may be answered. */
function demandKept({ kept, refused, others }: Commenters, there: readonly string[], fine: readonly string[]): void {
  assert.deepEqual(
    others.filter((answer) => !fine.includes(answer)),
    [],
    'answers that are neither',
  );
  const found = new Set(there);
  assert.deepEqual(
    kept.filter((text) => !found.has(text)),
    [],
    'comments that were taken, and are lost',
  );
  assert.ok(kept.length > 10, `only ${kept.length} were taken`);
  assert.ok(refused > 0, 'nobody met the closed site, so this shows nothing');
}

const inDatabase = ({ server, truth }: RealFarm, statement: string): Promise<string[][]> =>
  server.sql(`use \`${truth.at.database}\`; ${statement}`);
const comments = async (farm: RealFarm): Promise<readonly string[]> =>
  (await inDatabase(farm, 'select comment_content from wp_comments')).flat();

/**
 * Programs with the site's own account: one on a connection that it never gives up, one that begins a transaction on a new
 * connection and takes its time. `end` answers the names of the rows whose commit they were told of.
 */
async function programs(t: TestContext, farm: RealFarm): Promise<{ end(): Promise<readonly string[]> }> {
  await inDatabase(farm, 'create table written (name varchar(40) primary key) engine=InnoDB');
  const { installed } = await hand(farm.place, farm.truth).load.site('7');
  const writing = (kind: string, write: string): string => `
    for ($n = 1; ; $n++) {
      $name = "${kind}$n";
      try { ${write} echo "kept $name\\n"; } catch (PDOException $no) { $pdo = null; echo "refused $name\\n"; }
      usleep(5000);
    }`;
  const insert = '$pdo->exec("insert into written values (\'$name\')");';
  const clients = [
    phpClient(t, installed.database, writing('a', `$pdo ??= $db(); ${insert}`)),
    phpClient(
      t,
      installed.database,
      writing('b', `$pdo = $db(); $pdo->beginTransaction(); ${insert} usleep(30000); $pdo->commit(); $pdo = null;`),
    ),
  ];
  await Promise.all(clients.map(({ says }) => says(/^kept/)));
  return {
    async end() {
      for (const { says, said } of clients) await says(/^refused/, 0).then(() => assert.ok(said.length > 0));
      await Promise.all(clients.map(({ end }) => end()));
      const lines = clients.flatMap(({ said }) => said);
      return lines.flatMap((line) => (line.startsWith('kept ') ? [line.slice('kept '.length)] : []));
    },
  };
}
