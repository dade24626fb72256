import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { TaskEvent } from '../src/model/event.ts';
import { siteDelete } from '../src/tasks/site-delete.ts';
import { siteDisable } from '../src/tasks/site-disable.ts';
import { siteInstall } from '../src/tasks/site-install.ts';
import { siteVerify } from '../src/tasks/site-verify.ts';
import type { OpenTask, TaskType } from '../src/tasks/task-type.ts';
import { type Ending, run } from '../src/worker/run.ts';
import { type Hand, type HandMore, hand, sameWorld } from './kit/farm.ts';
import { breakAt, failing, failingAtLast, twice } from './kit/faults.ts';
import { killedAt } from './kit/killed-worker.ts';
import { until } from './kit/machines.ts';
import { played, withoutBackup } from './kit/played.ts';
import { type RealFarm, realFarm, type Saved } from './kit/real-farm.ts';
import { settle, siteName } from './kit/truth.ts';

/**
 * The proofs of proofs.test.ts on real servers: MariaDB, nginx, php-fpm and WordPress. Where each fault costs seconds
 * there are samples: always the same ones, and each is printed.
 */
interface Scene {
  readonly type: TaskType;
  /** What it has put right stays right when it fails: then asking again must lead to the goal. */
  readonly heals: boolean;
  readonly farm: RealFarm;
  readonly before: Saved;
}

/** What happens when nothing fails. */
interface Goal {
  readonly world: string;
  readonly events: readonly TaskEvent[];
  readonly calls: number;
  readonly task: OpenTask;
}

const tried: string[] = [];
const left: string[] = [];
const startedAt = performance.now();

test('a real server: whatever fails and whenever, the world is as wanted or as before', {
  timeout: 40 * 60_000,
}, async (t) => {
  const farm = await realFarm(t);
  const code = farm.code();
  const empty = await farm.save(farm.truth);
  assert.equal((await farm.page('/')).status, 404);

  const install = { type: siteInstall, heals: false, farm, before: empty };
  const installed = await proven(t, install);
  await listed(t, install, 'a killed worker is taken over by another', () => killed(install, installed));
  await farm.restore(empty);
  const truth = await played(farm.place, { ...empty.truth }, [siteInstall]);
  const front = await farm.page('/');
  assert.equal(front.status, 200);
  assert.match(front.text, /<title>Example/);
  const site = await farm.save(truth);

  await damage(farm);
  const damaged = await farm.save(truth);
  assert.notEqual(damaged.world, site.world);
  const healed = await proven(t, { type: siteVerify, heals: true, farm, before: damaged });
  sameWorld(healed.world, site.world, 'a damaged site was verified');
  await farm.restore(site);

  await played(farm.place, truth, [siteDisable]);
  const disabled = await farm.save(truth);
  await proven(t, { type: siteDelete, heals: false, farm, before: disabled });
  await farm.restore(disabled);
  await played(farm.place, truth, [siteDelete], '7', withoutBackup(siteDelete));
  assert.equal((await farm.page('/')).status, 404);
  sameWorld(await farm.world(), empty.world, 'installed and deleted');
  assert.equal(farm.code(), code, 'the code of the platform is as it was');

  const seconds = Math.round((performance.now() - startedAt) / 1000);
  process.stdout.write(
    `# real servers: ${tried.length} fault points tried in ${seconds} s, ${left.length} left anything behind\n`,
  );
  assert.deepEqual(left, []);
});

/** Of each thing that verify looks after. */
async function damage({ data, server, page }: RealFarm): Promise<void> {
  const site = join(data.platformRoot, 'sites', siteName);
  await rm(join(site, 'wp-config.php'));
  await rm(join(site, 'private/temp'), { recursive: true });
  await chmod(join(site, 'files'), 0o755);
  await rm(join(data.root, 'config/server_master/nginx/vhost.d'), { recursive: true });
  await mkdir(join(data.root, 'config/server_master/nginx/vhost.d'), { mode: 0o700 });
  await server.sql("alter user 'examplecom_7'@'localhost' identified by 'another'");
  const [reload, ...args] = data.program.reload;
  await promisify(execFile)(reload, args);
  // The processes of before answer for a moment more.
  let alike = 0;
  await until(async () => {
    alike = (await page('/')).status === 404 ? alike + 1 : 0;
    return alike > 20;
  });
}

const fresh = (scene: Scene, more: HandMore = {}) => {
  const worker = hand(scene.farm.place, { ...scene.before.truth }, more);
  return { worker, open: () => scene.type.open(worker.load, '7', withoutBackup(scene.type)) };
};

const runOpen = (worker: Hand, task: OpenTask): Promise<Ending> =>
  run(task, worker.log, [...worker.events], { claim: worker.claim.signal, stop: () => undefined, undoing: () => {} });

/** One fault: begins where the scene does, and says how the world is afterwards. */
async function point(scene: Scene, goal: string, when: string, go: () => Promise<Ending>): Promise<void> {
  const { farm, before, type } = scene;
  const what = `${type.name}: ${when}`;
  await farm.restore(before);
  const ending = await go();
  tried.push(what);
  try {
    await endsWell(scene, ending, goal, what);
  } catch (error) {
    left.push(`${what}: ${String(error)}`);
    process.stdout.write(`# ${left.at(-1)}\n`);
  }
}

async function endsWell(scene: Scene, ending: Ending, goal: string, what: string): Promise<void> {
  const { farm, before, heals } = scene;
  if (ending.status === 'done') return sameWorld(await farm.world(), goal, what);
  assert.equal(ending.status, 'failed', `${what}: ${JSON.stringify(ending)}`);
  if (!heals) return sameWorld(await farm.world(), before.world, what);
  const again = fresh(scene);
  assert.equal((await runOpen(again.worker, await again.open())).status, 'done', `${what}, asked again`);
  sameWorld(await farm.world(), goal, `${what}, asked again`);
}

async function proven(t: TestContext, scene: Scene): Promise<Goal> {
  const goal = await wanted(scene);
  await listed(t, scene, 'fails before or after the work of any step', () => brokenSteps(scene, goal));
  await listed(t, scene, 'every step and every undo can be repeated', () => repeated(scene, goal));
  await listed(t, scene, 'a worker that dies is taken over', () => dying(scene, goal));
  await listed(t, scene, 'anything that is done on the server can fail once', () => failingOnce(scene, goal));
  return goal;
}

/** Says which points it tried, as some of them are samples. */
const listed = (t: TestContext, { type }: Scene, what: string, go: () => Promise<void>): Promise<void> =>
  t.test(`${type.name}: ${what}`, async (inner) => {
    const from = tried.length;
    await go();
    inner.diagnostic(
      `${tried.length - from} points: ${tried
        .slice(from)
        .map((point) => point.slice(type.name.length + 2))
        .join('; ')}`,
    );
  });

async function wanted(scene: Scene): Promise<Goal> {
  await scene.farm.restore(scene.before);
  let calls = 0;
  const count = (): boolean => {
    calls++;
    return false;
  };
  const { worker, open } = fresh(scene, { wrap: (machine) => failing(machine, count) });
  const task = await open();
  const ending = await runOpen(worker, task);
  assert.equal(ending.status, 'done', JSON.stringify(ending));
  settle({ ...scene.before.truth }, task.done({}));
  return { world: await scene.farm.world(), events: worker.events, calls, task };
}

async function brokenSteps(scene: Scene, goal: Goal): Promise<void> {
  for (const how of ['before', 'after'] as const)
    for (const [bad, { name }] of goal.task.steps.entries())
      await point(scene, goal.world, `failed ${how} '${name}'`, async () => {
        const { worker, open } = fresh(scene);
        const task = await open();
        return runOpen(worker, { ...task, steps: breakAt(task.steps, bad, how) });
      });
}

async function repeated(scene: Scene, goal: Goal): Promise<void> {
  for (const undone of [false, true])
    await point(scene, goal.world, undone ? 'each undo twice' : 'each step twice', async () => {
      const { worker, open } = fresh(scene);
      const opened = await open();
      const task = { ...opened, steps: opened.steps.map(twice) };
      return runOpen(worker, undone ? failingAtLast(task) : task);
    });
}

/** Every boundary of a step, and half-way through some of the commands. */
async function dying(scene: Scene, goal: Goal): Promise<void> {
  const boundaries = goal.events.filter(({ type }) => /^(check|step)\./.test(type));
  for (const boundary of boundaries) {
    const text = JSON.stringify(boundary);
    const of = 'step' in boundary ? ` of '${boundary.step}'` : '';
    await takenOver(scene, goal, `died before it said ${boundary.type}${of}`, (event, die) => {
      if (JSON.stringify(event) === text) die(0);
    });
  }
  const commands = goal.events.flatMap((event) => (event.type === 'command.done' ? [event.ms] : []));
  for (const at of sample(commands.length, 6)) {
    let seen = 0;
    await takenOver(scene, goal, `died in the middle of command ${at + 1} of ${commands.length}`, (event, die) => {
      if (event.type === 'command.started' && seen++ === at) die((commands[at] ?? 0) / 2);
    });
  }
}

type Watch = (event: TaskEvent, die: (afterMs: number) => void) => void;

async function takenOver(scene: Scene, goal: Goal, when: string, watch: Watch): Promise<void> {
  await point(scene, goal.world, when, async () => {
    const first = fresh(scene, {
      before: (event, claim) =>
        watch(event, (ms) => {
          if (ms === 0) claim.abort(new Error('power cut'));
          else setTimeout(() => claim.abort(new Error('power cut')), ms);
        }),
    });
    const ended = await first
      .open()
      .then((task) => runOpen(first.worker, task))
      .catch((error: unknown) => error);
    if (!(ended instanceof Error)) return ended as Ending; // It was quicker than its death.
    assert.match(String(ended), /power cut/);
    const second = fresh(scene, { events: first.worker.events });
    return runOpen(second.worker, await second.open());
  });
}

async function failingOnce(scene: Scene, goal: Goal): Promise<void> {
  for (const failAt of sample(goal.calls, 12))
    await point(scene, goal.world, `call ${failAt + 1} of ${goal.calls} to the machine failed`, async () => {
      let calls = 0;
      const { worker, open } = fresh(scene, { wrap: (machine) => failing(machine, () => calls++ === failAt) });
      return runOpen(worker, await open());
    });
}

/** So many of 0 to count-1, spread evenly, the last one with them. */
const sample = (count: number, most: number): readonly number[] => [
  ...new Set(
    Array.from(
      { length: Math.min(most, count) },
      (_, at) => Math.floor(((at + 1) * count) / Math.min(most, count)) - 1,
    ),
  ),
];

/** A process that is gone from one moment to the next, at a share of what a step takes. */
async function killed(scene: Scene, goal: Goal): Promise<void> {
  for (const [step, share, lostAfterMs] of [
    ['create database', 0.5, 15_000],
    ['install application', 0.3, 15_000],
    ['install application', 0.8, 15_000],
    ['publish', 0.5, 15_000],
    ['read packages', 0.5, 15_000],
    // Much sooner than the hub would: the installer of the dead worker is still at work beside the next one.
    ['install application', 0.3, 0],
  ] as const)
    await point(
      scene,
      goal.world,
      `SIGKILL at ${share * 100} % of '${step}'${lostAfterMs === 0 ? ', taken over at once' : ''}`,
      async () => {
        const { data } = scene.farm;
        const events = await killedAt(
          { data, truth: scene.before.truth, task: scene.type.name, subject: '7' },
          step,
          share,
          goal.events,
          lostAfterMs,
        );
        const second = fresh(scene, { events });
        return runOpen(second.worker, await second.open());
      },
    );
}
