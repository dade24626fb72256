import { join } from 'node:path';
import { command } from '../src/machine/command.ts';
import { type Figure, figure, percentile } from './figure.ts';
import { addPlatform, type DoneTask, type Hosting } from './hosting.ts';
import { drushInstaller, here, type OwnInstaller, wordpressInstaller } from './own-installer.ts';
import { say } from './resources.ts';

const [installs, verifies] = [3, 15];

interface Kind {
  readonly title: string;
  readonly platform: string;
  readonly profile?: string;
  readonly installer: string;
  own(): Promise<OwnInstaller>;
}

/** Installs sites and verifies one of them, of WordPress, and of Drupal where its code is. */
export async function siteTasks(hosting: Hosting): Promise<readonly Figure[]> {
  const { mariadb, directory } = hosting;
  const figures: Figure[] = [];
  const source = '/usr/share/wordpress';
  await addPlatform(hosting, { name: 'wordpress', source, root: '' });
  figures.push(
    ...(await measure(hosting, {
      ...{ title: 'WordPress', platform: 'wordpress', installer: 'wp_install alone' },
      own: () => wordpressInstaller(mariadb, source, join(directory, 'wordpress-alone')),
    })),
  );
  const drupal = process.env['AEGIR_TEST_DRUPAL10'];
  if (drupal === undefined) {
    say('!!! NO DRUPAL: AEGIR_TEST_DRUPAL10 is not set, so its installs and verifies are NOT measured');
    return figures;
  }
  const [whole, root] = [join(drupal, '..'), drupal.split('/').at(-1) ?? ''];
  await addPlatform(hosting, { name: 'drupal', source: whole, root });
  figures.push(
    ...(await measure(hosting, {
      ...{ title: 'Drupal', platform: 'drupal', profile: 'minimal', installer: 'drush site:install alone' },
      own: () => drushInstaller(mariadb, whole, join(directory, 'drupal-alone')),
    })),
  );
  return figures;
}

async function measure(hosting: Hosting, kind: Kind): Promise<readonly Figure[]> {
  const { call, done } = hosting;
  const { title, platform, profile, installer } = kind;
  say(`site install: ${title}, ${installs} times, beside ${installer}`);
  const own = await kind.own();
  const [values, references]: [number[], number[]] = [[], []];
  for (let round = 0; round < installs; round++) {
    references.push((await own(round)) / 1000);
    const name = `site${round}.${platform}.example.com`;
    const { task } = await call('site create', { body: { name, platform, ...(profile && { profile }) } });
    values.push((await done(task)).askedToEndMs / 1000);
  }
  say(`  ${spread(values, 's')}; ${installer} ${spread(references, 's')}`);
  return [
    figure({
      name: `site install, ${title}, queue to done (beside: ${installer})`,
      ...{ unit: 's', value: percentile(values, 0.5), reference: percentile(references, 0.5) },
      goal: 'at most 1 s more',
      ok: (value, reference) => value - reference <= 1,
    }),
    await measureVerify(hosting, title, `site0.${platform}.example.com`),
  ];
}

async function measureVerify({ call, done }: Hosting, title: string, site: string): Promise<Figure> {
  say(`site verify: ${title}, unchanged, ${verifies} times`);
  const verify = async (): Promise<DoneTask> =>
    done((await call('site task', { params: { name: site }, body: { name: 'site verify' } })).task);
  // The first finds out what there is to put right, the second must find nothing.
  await verify();
  const { events } = await verify();
  const changed = events.flatMap(({ data }) => (data.type === 'changed' ? [data.what] : []));
  if (changed.length > 0) throw new Error(`a verify of an unchanged site changed it: ${changed.join('; ')}`);
  const starts = events.filter(({ data }) => data.type === 'command.started' && / php$/.test(data.command)).length;
  const [values, references]: [number[], number[]] = [[], []];
  for (let round = 0; round < verifies; round++) {
    references.push((await phpStart()) * starts);
    values.push((await verify()).claimToEndMs);
  }
  say(`  ${spread(values, 'ms')}; PHP alone ${spread(references, 'ms')}`);
  return figure({
    name: `site verify, ${title}, claim to end (beside: ${starts} × start of a PHP that does nothing)`,
    ...{ unit: 'ms', value: percentile(values, 0.5), reference: percentile(references, 0.5) },
    goal: 'under 100 ms more; the old Aegir 770 ms in its back end, 2 s through its front end',
    ok: (value, reference) => value - reference < 100,
  });
}

/** In the way that a site's scripts are started. */
async function phpStart(): Promise<number> {
  const startedAt = performance.now();
  await here().run({ ...command`sudo -n -u www-data php`, stdin: '<?php' });
  return performance.now() - startedAt;
}

const spread = (values: readonly number[], unit: string): string =>
  `least ${Math.min(...values).toPrecision(3)} ${unit}, median ${percentile(values, 0.5).toPrecision(3)} ${unit}`;
