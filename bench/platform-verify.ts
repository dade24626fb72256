import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Figure, figure, percentile } from './figure.ts';
import { addPlatform, type DoneTask, type Hosting } from './hosting.ts';
import { say } from './resources.ts';

const again = 9;
const goalShare = 0.1;
/** Longer than a time is too young to be relied on, see machine/settled.ts. */
const settlingMs = 2_500;
/** WordPress has 2,760 files; with these plug-ins there are about 5,000. */
const [plugins, filesOfEach] = [75, 30];

/**
 * The first verify of a platform, and the median of later ones while nothing changes. Of each the step that scans packages; and
 * the task from its claim to its last event, less what any task takes: to be claimed, opened, logged and ended (`platform lock`
 * and `platform unlock`, in the same run). A verify right after the copy finds times that are too young to be relied on and
 * scans again; that one is not counted.
 */
export async function platformVerify(hosting: Hosting): Promise<readonly Figure[]> {
  const figures = [
    ...(await measure(
      hosting,
      'WordPress, about 5,000 files',
      'wordpress-large',
      '/usr/share/wordpress',
      '',
      addPlugins,
    )),
  ];
  const drupal = process.env['AEGIR_TEST_DRUPAL10'];
  if (drupal === undefined) say('!!! NO DRUPAL: AEGIR_TEST_DRUPAL10 is not set, so its platform is NOT measured');
  else
    figures.push(
      ...(await measure(
        hosting,
        'Drupal, about 20,000 files',
        'drupal-large',
        join(drupal, '..'),
        drupal.split('/').at(-1) ?? '',
      )),
    );
  return figures;
}

async function measure(
  hosting: Hosting,
  title: string,
  name: string,
  source: string,
  root: string,
  prepare?: (copy: string) => Promise<void>,
): Promise<readonly Figure[]> {
  const { call, done } = hosting;
  say(`platform verify: ${title}`);
  const task = async (verb: string): Promise<DoneTask> =>
    done((await call('platform task', { params: { name }, body: { name: verb } })).task);
  const first = await addPlatform(hosting, { name, source, root, ...(prepare && { prepare }) });
  await wait(settlingMs);
  await task('platform verify');
  const [later, idle]: [DoneTask[], DoneTask[]] = [[], []];
  for (let round = 0; round < again; round++) {
    later.push(await task('platform verify'));
    idle.push(await task('platform lock'), await task('platform unlock'));
  }
  const any = percentile(
    idle.map(({ claimToEndMs }) => claimToEndMs),
    0.5,
  );
  const whole = percentile(
    later.map(({ claimToEndMs }) => claimToEndMs),
    0.5,
  );
  say(`  first ${first.claimToEndMs.toFixed(0)} ms, again ${whole.toFixed(0)} ms, any task ${any.toFixed(0)} ms`);
  const shared = {
    unit: 'ms',
    goal: 'under 10 % of the first',
    ok: (value: number, reference: number): boolean => value < goalShare * reference,
  };
  return [
    figure({
      name: `platform verify again, less what any task takes, ${title} (beside: the first)`,
      ...{ ...shared, value: whole - any, reference: first.claimToEndMs - any },
    }),
    figure({
      name: `platform verify again, only its scan, ${title} (beside: the first)`,
      ...{ ...shared, value: percentile(later.map(scanMs), 0.5), reference: scanMs(first) },
    }),
  ];
}

/** From the step's first event to its last, by the database's clock. */
function scanMs({ events }: DoneTask): number {
  const at = (type: string): number =>
    events.find(({ data }) => data.type === type && 'step' in data && data.step === 'scan packages')?.at.getTime() ??
    Number.NaN;
  return at('step.done') - at('step.started');
}

async function addPlugins(copy: string): Promise<void> {
  for (let plugin = 0; plugin < plugins; plugin++) {
    const directory = join(copy, `wp-content/plugins/bench-${plugin}`);
    await mkdir(directory, { recursive: true });
    for (let file = 0; file < filesOfEach; file++) {
      const head = file === 0 ? `/*\nPlugin Name: Bench ${plugin}\nVersion: 1.${plugin}\n*/\n` : '';
      await writeFile(
        join(directory, `part-${file}.php`),
        `<?php\n${head}${'// Code would stand here.\n'.repeat(200)}`,
      );
    }
  }
}
