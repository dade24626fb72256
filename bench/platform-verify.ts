import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Figure, figure, percentile } from './figure.ts';
import { addPlatform, type Hosting } from './hosting.ts';
import { say } from './resources.ts';

const again = 9;
const [goalShare, quickMs] = [0.1, 250];
/** WordPress has 2,760 files; with these plug-ins there are about 5,000. */
const [plugins, filesOfEach] = [75, 30];

/** The first verify of about 5,000 files, and the median of later ones. */
export async function platformVerify(hosting: Hosting): Promise<readonly Figure[]> {
  const figures = [
    await measure(hosting, 'WordPress, about 5,000 files', 'wordpress-large', '/usr/share/wordpress', '', addPlugins),
  ];
  const drupal = process.env['AEGIR_TEST_DRUPAL10'];
  if (drupal === undefined) say('!!! NO DRUPAL: AEGIR_TEST_DRUPAL10 is not set, so its platform is NOT measured');
  else
    figures.push(
      await measure(
        hosting,
        'Drupal, about 20,000 files',
        'drupal-large',
        join(drupal, '..'),
        drupal.split('/').at(-1) ?? '',
      ),
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
): Promise<Figure> {
  const { call, done } = hosting;
  say(`platform verify: ${title}`);
  const first = await addPlatform(hosting, { name, source, root, ...(prepare && { prepare }) });
  const values: number[] = [];
  for (let round = 0; round < again; round++) {
    const { task } = await call('platform task', { params: { name }, body: { name: 'platform verify' } });
    values.push((await done(task)).claimToEndMs);
  }
  say(`  first ${first.claimToEndMs.toFixed(0)} ms, again least ${Math.min(...values).toFixed(0)} ms`);
  return figure({
    name: `platform verify again, ${title} (beside: the first)`,
    ...{ unit: 'ms', value: percentile(values, 0.5), reference: first.claimToEndMs },
    goal: 'under 10 % of the first, or under 250 ms, where the first was as quick; the old Aegir 470 ms in its back end',
    ok: (value, reference) => value < Math.max(goalShare * reference, quickMs),
  });
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
