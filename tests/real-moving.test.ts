import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { TaskEvent } from '../src/model/event.ts';
import type { Ending } from '../src/tasks/ending.ts';
import { siteClone } from '../src/tasks/site-clone.ts';
import { siteDelete } from '../src/tasks/site-delete.ts';
import { siteInstall } from '../src/tasks/site-install.ts';
import { siteMigrate } from '../src/tasks/site-migrate.ts';
import { siteRename } from '../src/tasks/site-rename.ts';
import type { TaskType } from '../src/tasks/task-type.ts';
import { run } from '../src/worker/run.ts';
import { codeBases } from './kit/applications.ts';
import { hand } from './kit/farm.ts';
import { played } from './kit/played.ts';
import { type RealFarm, realFarm } from './kit/real-farm.ts';
import { sameWorld } from './kit/same-world.ts';
import { allocate, cloneName, settle, siteName, type Truth } from './kit/truth.ts';
import { watch } from './kit/visitor.ts';

const sources = [
  { what: 'WordPress', application: 'wordpress', source: codeBases.wordpress, other: codeBases.wordpress },
  { what: 'Drupal 10', application: 'drupal', source: codeBases.drupal10, other: codeBases.drupal10New },
  { what: 'Drupal 7', application: 'drupal', source: codeBases.drupal7, other: codeBases.drupal7New },
] as const;

for (const { what, application, source, other } of sources) {
  const skip =
    (source === null || other === null) &&
    `no code of ${what} here: set AEGIR_TEST_DRUPAL10, AEGIR_TEST_DRUPAL10_NEW, AEGIR_TEST_DRUPAL7 and AEGIR_TEST_DRUPAL7_NEW`;
  test(`a ${what} site is cloned, migrated and renamed, and is itself all the time`, { skip, timeout: 600_000 }, (t) =>
    moves(t, what, { application, source: source ?? '', other: other ?? '' }),
  );
}

interface Sources {
  readonly application: 'wordpress' | 'drupal';
  readonly source: string;
  readonly other: string;
}

async function moves(t: TestContext, what: string, sources: Sources): Promise<void> {
  const farm = await realFarm(t, sources);
  const truth = await played(farm.place, farm.truth, [siteInstall]);
  await upload(farm, truth);
  const before = await farm.page('/');
  const title = titleIn(before.text);
  const site = await farm.world();

  const cloned = await act(farm, truth, siteClone, { source: '7' }, '8');
  assert.equal(titleIn((await farm.page('/', cloneName)).text), title);
  assert.equal((await farm.page(`/sites/${cloneName}/files/aegir-test.txt`, cloneName)).text, 'uploaded');
  sameWorld(withoutClone(await farm.world()), withoutClone(site), 'the site that was cloned');

  const seen = await watch(farm, siteName, () => act(farm, truth, siteMigrate, { platform: 'p2' }));
  assert.equal(titleIn((await farm.page('/')).text), title);
  assert.equal((await farm.page(`/sites/${siteName}/files/aegir-test.txt`)).text, 'uploaded');
  assert.deepEqual(seen.visitor.refused, 0, 'connections that were refused');
  assert.deepEqual(seen.visitor.others, [], 'anything but its page and the notice');

  const renamed = await act(farm, truth, siteRename, { name: 'new.example.org' });
  assert.equal(titleIn((await farm.page('/', 'new.example.org')).text), title);
  assert.equal((await farm.page('/')).status, 301);
  // The MariaDB of this process serves the other tests of this file too.
  for (const subject of ['7', '8']) await act(farm, truth, siteDelete, { force: true }, subject);
  const times = [cloned.ms, seen.result.ms, renamed.ms].map((ms) => `${(ms / 1000).toFixed(2)} s`);
  process.stdout.write(
    `# ${what}: clone ${times[0]}, migrate ${times[1]} (closed ${seen.visitor.closedSeconds.toFixed(2)} s), rename ${times[2]}\n`,
  );
}

const titleIn = (text: string): string => /<title>([^<]*)/.exec(text)?.[1] ?? '';
const withoutClone = (world: string): string =>
  world
    .split('\n')
    .filter((line) => ![cloneName, 'cloneexampleorg', '/vhost.d/'].some((word) => line.includes(word)))
    .join('\n');

async function upload({ data }: RealFarm, truth: Truth): Promise<void> {
  const path = join(data.platformRoot, 'sites', truth.at.directory, 'files', 'aegir-test.txt');
  await writeFile(path, 'uploaded');
  await promisify(execFile)('chown', ['www-data:www-data', path]);
  assert.equal(await readFile(path, 'utf8'), 'uploaded');
}

/** Runs a task to its end, which must be a good one. */
async function act(
  farm: RealFarm,
  truth: Truth,
  type: TaskType,
  args: unknown,
  subject = '7',
): Promise<{ readonly events: readonly TaskEvent[]; readonly ms: number; readonly ending: Ending }> {
  allocate(truth, type, args);
  const begun = performance.now();
  const worker = hand(farm.place, truth);
  const task = await type.open(worker.load, subject, args);
  const ending = await run(task, worker.log, [], { claim: worker.claim.signal, stop: () => undefined, undoing() {} });
  const ms = performance.now() - begun;
  if (process.env['AEGIR_TEST_VERBOSE']) tell(worker.events);
  assert.equal(ending.status, 'done', `${type.name}: ${JSON.stringify(ending)}`);
  settle(truth, task.done({}), subject);
  return { events: worker.events, ms, ending };
}

function tell(events: readonly TaskEvent[]): void {
  for (const event of events)
    if (event.type === 'note') process.stdout.write(`#   ${event.text}\n`);
    else if (event.type === 'step.done' || event.type === 'step.started')
      process.stdout.write(`# ${event.type} ${event.step}\n`);
    else if (event.type === 'command.started') process.stdout.write(`#     ${event.command.slice(0, 150)}\n`);
    else if (event.type === 'command.done') process.stdout.write(`#       ${event.ms} ms\n`);
}
