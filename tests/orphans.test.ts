import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { appendFile, chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TaskEvent } from '../src/model/event.ts';
import { Problem } from '../src/model/problem.ts';
import type { Ending } from '../src/tasks/ending.ts';
import { siteDelete } from '../src/tasks/site-delete.ts';
import { siteInstall } from '../src/tasks/site-install.ts';
import { type Control, run } from '../src/worker/run.ts';
import { codeBases } from './kit/applications.ts';
import { hand } from './kit/farm.ts';
import { killedWhen } from './kit/killed-worker.ts';
import { holdersOf, isAlive, until } from './kit/machines.ts';
import { withoutBackup } from './kit/played.ts';
import { type RealFarm, type RealFarmMore, realFarm } from './kit/real-farm.ts';
import { sameWorld } from './kit/same-world.ts';
import { siteName, type Truth } from './kit/truth.ts';

/**
 * A worker is killed in the middle of an installer, which goes on without it: an orphan. It stands still until the test lets
 * it go on, so whoever does not wait for it is caught at work beside it.
 */
const drupal10 = codeBases.drupal10;
const farms: readonly { readonly title: string; readonly more: RealFarmMore; readonly skip: string | false }[] = [
  { title: 'WordPress on MariaDB', more: {}, skip: false },
  ...(['mysql', 'postgresql', 'sqlite'] as const).map((db) => ({
    title: `Drupal 10 on ${db}`,
    more: { application: 'drupal' as const, source: drupal10 ?? '', db },
    skip: drupal10 === null && 'no code of Drupal 10 here: set AEGIR_TEST_DRUPAL10 to its document root',
  })),
];

for (const { title, more, skip } of farms)
  test(`${title}: an installer that goes on without its worker is never met by another`, {
    skip,
    timeout: 20 * 60_000,
  }, async (t) => {
    const farm = await realFarm(t, more);
    const before = await farm.world();
    const installer = await standingInstaller(farm);

    await t.test('who takes the task over waits for it, and finds the site installed', async () => {
      const orphan = await installer.orphan();
      const { ending, events } = await metBy(farm, orphan, (worker) => work(farm, siteInstall, worker.events, going));
      assert.equal(ending.status, 'done', JSON.stringify(ending));
      assert.ok(events.some((event) => event.type === 'note' && /already installed/.test(event.text)));
      const installed = await farm.world();
      assert.match(installed, /\/: 200 .*Example/);
      // One that never was disturbed, to compare with.
      await work(farm, siteDelete, [], going, begun('disabled'));
      sameWorld(await farm.world(), before, 'deleted');
      await work(farm, siteInstall, [], going);
      sameWorld(plain(installed), plain(await farm.world()), 'an orphan and its successor');
      await work(farm, siteDelete, [], going, begun('disabled'));
    });

    await t.test('who puts back what was done waits for it, and then nothing is left', async () => {
      const orphan = await installer.orphan();
      const cancelled: Control['stop'] = () => new Problem('cancelled', 'somebody asked to cancel it');
      const { ending } = await metBy(farm, orphan, (worker) => work(farm, siteInstall, worker.events, cancelled));
      assert.equal(ending.status, 'cancelled', JSON.stringify(ending));
      sameWorld(await farm.world(), before, 'put back');
    });

    await t.test('who deletes the site waits for it, and then nothing is left', async () => {
      const orphan = await installer.orphan();
      const { ending } = await metBy(farm, orphan, () => work(farm, siteDelete, [], going, begun('failed')));
      assert.equal(ending.status, 'done', JSON.stringify(ending));
      sameWorld(await farm.world(), before, 'deleted');
    });
  });

/** Without what Drupal writes under names that are new each time. */
const plain = (world: string): string =>
  world
    .split('\n')
    .filter((line) => !/\/files\/(php|css|js)\//.test(line))
    .join('\n');

interface Orphan {
  readonly pid: string;
  /** Of its worker, until that was killed. */
  readonly events: readonly TaskEvent[];
  letGo(): Promise<void>;
}

/** Makes the platform's installer stand still in its middle: the first of each `orphan()`, and no other. */
async function standingInstaller({ data, truth }: RealFarm): Promise<{ orphan(): Promise<Orphan> }> {
  const directory = join(data.root, '../standing');
  const [reached, go] = [join(directory, 'reached'), join(directory, 'go')];
  await mkdir(directory);
  await chmod(directory, 0o777);
  const stand = `(function () {
    if (!($file = @fopen('${reached}', 'x'))) return;
    fwrite($file, getmypid());
    while (!is_file('${go}')) usleep(10000);
  })();\n`;
  if (data.application === 'wordpress') {
    const plugin = join(data.platformRoot, 'wp-content/mu-plugins/standing.php');
    await writeFile(plugin, `<?php if (wp_installing()) add_action('populate_options', function () { ${stand} });`);
  } else {
    const profile = join(data.platformRoot, `core/profiles/${data.profile}/${data.profile}.install`);
    const text = await readFile(profile, 'utf8').catch(() => '<?php\n');
    assert.ok(!text.includes(`function ${data.profile}_install(`));
    await writeFile(profile, text);
    await appendFile(profile, `function ${data.profile}_install() { ${stand} }\n`);
  }
  return {
    async orphan() {
      await rm(reached, { force: true });
      await rm(go, { force: true });
      const task = { data, truth, task: siteInstall.name, subject: '7' };
      const hasPid = (): boolean => existsSync(reached) && readFileSync(reached, 'utf8') !== '';
      const events = await killedWhen(task, 'install application', hasPid);
      const pid = readFileSync(reached, 'utf8');
      assert.ok(isAlive(pid), 'it goes on without its worker');
      return {
        pid,
        events,
        async letGo() {
          await writeFile(go, '');
          await until(() => !isAlive(pid));
        },
      };
    },
  };
}

const going: Control['stop'] = () => undefined;

/** As the hub knows a site that a worker has begun to make. */
const begun = (site: Truth['site']): Partial<Truth> => ({ site, databaseIsOurs: true });

async function work(
  { place, truth }: RealFarm,
  type: typeof siteInstall | typeof siteDelete,
  past: readonly TaskEvent[],
  stop: Control['stop'],
  more: Partial<Truth> = {},
): Promise<{ ending: Ending; events: readonly TaskEvent[] }> {
  const worker = hand(place, { ...truth, ...more }, { events: past });
  const task = await type.open(worker.load, '7', withoutBackup(type));
  const ending = await run(task, worker.log, past, { claim: worker.claim.signal, stop, undoing: () => undefined });
  return { ending, events: worker.events };
}

/** Lets another worker begin, makes sure that it waits, and only then lets the orphan go on. */
async function metBy(farm: RealFarm, orphan: Orphan, begin: (worker: Orphan) => ReturnType<typeof work>) {
  const site = join(farm.data.platformRoot, 'sites', siteName);
  let hasEnded = false;
  const end = (): void => {
    hasEnded = true;
  };
  const other = begin(orphan);
  other.then(end, end);
  try {
    await until(() => hasEnded || holdersOf(site).some((pid) => pid !== orphan.pid));
    assert.ok(!hasEnded, 'the other did its work beside the orphan');
  } finally {
    await orphan.letGo();
  }
  return other;
}
