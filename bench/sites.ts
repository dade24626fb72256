import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { startCluster } from './cluster.ts';
import { type Figure, figure, percentile } from './figure.ts';
import { addPlatform, type Hosting, startHosting, timeline } from './hosting.ts';
import { type PlainPipelines, plainPipelines } from './plain-pipeline.ts';
import { fillDrupal, fillFiles, fillWordpress, realSize, type SitePlace } from './real-size.ts';
import { say, withResources } from './resources.ts';
import { type IsPage, startVisit, type Visit } from './visit.ts';

const rounds = Number(process.env['AEGIR_BENCH_ROUNDS'] ?? 5);

interface Kind {
  readonly title: string;
  /** Two platforms of the same release: a migrate between them runs no updates of the application. */
  readonly source: string;
  readonly root: string;
  readonly profile?: string;
  fill(hosting: Hosting, site: SitePlace): Promise<void>;
}

/** Issue 3: what moves a site of real size, beside the shell pipeline that does the same, on the same data in the same run. */
export async function sites(): Promise<readonly Figure[]> {
  return withResources(async (resources) => {
    const hosting = await startHosting(resources, await startCluster(resources));
    const figures = [...(await measure(hosting, wordpress))];
    const drupal = process.env['AEGIR_TEST_DRUPAL10'];
    if (drupal === undefined) say('!!! NO DRUPAL: AEGIR_TEST_DRUPAL10 is not set, so its moves are NOT measured');
    else figures.push(...(await measure(hosting, drupalKind(drupal))));
    await hosting.end();
    return figures;
  });
}

const wordpress: Kind = {
  ...{ title: 'WordPress', source: '/usr/share/wordpress', root: '' },
  fill: ({ mariadb }, site) => fillWordpress(mariadb, site),
};

const drupalKind = (code: string): Kind => ({
  ...{ title: 'Drupal', source: join(code, '..'), root: code.split('/').at(-1) ?? '', profile: 'standard' },
  fill: ({ mariadb }, site) => fillDrupal(mariadb, site),
});

async function measure(hosting: Hosting, kind: Kind): Promise<readonly Figure[]> {
  const short = kind.title.toLowerCase();
  const [first, second] = [`${short}-1`, `${short}-2`];
  for (const name of [first, second]) await addPlatform(hosting, { name, source: kind.source, root: kind.root });
  const site = await realSite(hosting, kind, first, `${short}.example.com`);
  const scratch = join(dirname(hosting.directory), `plain-${short}`);
  await mkdir(scratch);
  const plain = plainPipelines(hosting.mariadb.socket, scratch);
  return [
    await backupAndRestore(hosting, kind, site, plain),
    await clone(hosting, kind, site, plain),
    await migrate(hosting, kind, site, plain, [second, first]),
    await rename(hosting, kind, site, plain),
  ].flat();
}

async function realSite(hosting: Hosting, kind: Kind, platform: string, name: string): Promise<SitePlace> {
  const { call, done, directory } = hosting;
  say(`${kind.title}: a site of ${realSize.posts} posts, ${realSize.users} users and ${realSize.files} files`);
  const { task } = await call('site create', {
    body: { name, platform, ...(kind.profile && { profile: kind.profile }) },
  });
  await done(task);
  const { database } = await call('site get', { params: { name } });
  const place = { name, database: database.name, directory: join(directory, platform, kind.root, 'sites', name) };
  await kind.fill(hosting, place);
  const { stdout } = await promisify(execFile)('getent', ['passwd', 'www-data']);
  const [, , uid = 0, gid = 0] = stdout.split(':').map(Number);
  await fillFiles(place, uid, gid);
  return place;
}

/** Both in turn, so that what else the machine does meets both alike. */
async function inTurn(ours: () => Promise<number>, plain: () => Promise<number>): Promise<readonly [number, number]> {
  const [values, references]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    references.push(await plain());
    values.push(await ours());
  }
  return [percentile(values, 0.5), percentile(references, 0.5)];
}

const against = ([value, reference]: readonly [number, number], name: string, most: number, old: string): Figure =>
  figure({
    ...{ name, unit: 's', value, reference },
    goal: `at most ${most} of it; the old Aegir ${old}`,
    ok: (is, beside) => is <= most * beside,
  });

/** With AEGIR_BENCH_STEPS=1 it also says what the time went into. `without` is a step that does not count. */
async function seconds(hosting: Hosting, task: { readonly id: string }, without?: string): Promise<number> {
  const { events, askedToEndMs } = await hosting.done(task);
  if (process.env['AEGIR_BENCH_STEPS'] === '1') say(`  ${(askedToEndMs / 1000).toFixed(2)} s\n${timeline(events)}`);
  const at = (type: string): number =>
    events.find(({ data }) => data.type === type && 'step' in data && data.step === without)?.at.getTime() ?? 0;
  return (askedToEndMs - (at('step.done') - at('step.started'))) / 1000;
}

async function backupAndRestore(hosting: Hosting, { title }: Kind, site: SitePlace, plain: PlainPipelines) {
  const { call } = hosting;
  const params = { name: site.name };
  let backup = '';
  say(`${title}: backup, ${rounds} times`);
  const backups = await inTurn(
    async () => {
      const { task } = await call('site task', { params, body: { name: 'site backup' } });
      const took = await seconds(hosting, task);
      backup = (await call('backup list', { query: { site: site.name } })).items[0]?.id ?? '';
      return took;
    },
    async () => plain.backup(await placeNow(hosting, site)),
  );
  say(`${title}: restore, ${rounds} times`);
  const restores = await inTurn(
    async () => {
      const { task } = await call('site task', { params, body: { name: 'site restore', args: { backup } } });
      return seconds(hosting, task);
    },
    // Ours keeps the present state in a backup first; so must who is compared with it.
    async () => {
      const now = await placeNow(hosting, site);
      return (await plain.backup(now)) + (await plain.restore(now));
    },
  );
  return [
    against(backups, `site backup, ${title} (beside: mariadb-dump | zstd, then tar | zstd)`, 1, '10.3 s'),
    against(restores, `site restore, ${title} (beside: the same backup, then zstd | mariadb, tar -x)`, 1, '15.9 s'),
  ];
}

async function clone(hosting: Hosting, { title }: Kind, site: SitePlace, plain: PlainPipelines) {
  const { call } = hosting;
  say(`${title}: clone, ${rounds} times`);
  let round = 0;
  const times = await inTurn(
    async () => {
      const name = `clone${round++}.${site.name}`;
      const { task } = await call('site clone', { params: { name: site.name }, body: { name } });
      const took = await seconds(hosting, task);
      const gone = await call('site task', {
        params: { name },
        body: { name: 'site delete', args: { force: true, backup: false } },
      });
      await hosting.done(gone.task);
      return took;
    },
    async () => plain.copy(await placeNow(hosting, site)),
  );
  return [against(times, `site clone, ${title} (beside: mariadb-dump | mariadb, cp -a)`, 0.5, '31.6 s')];
}

/** How often the downtime is looked at. Apart from what is timed: the visitor alone keeps a core busy. */
const visitsMax = 3;

/** The task while a visitor asks for `host` all the time. */
async function visited({ port }: Hosting, host: string, isPage: IsPage, task: () => Promise<unknown>): Promise<Visit> {
  const visit = startVisit({ port, host }, isPage);
  await task();
  return visit.leave();
}

async function migrate(
  hosting: Hosting,
  { title }: Kind,
  site: SitePlace,
  plain: PlainPipelines,
  ways: readonly string[],
) {
  const { call } = hosting;
  say(`${title}: migrate, ${rounds} times`);
  let round = 0;
  const go = async (): Promise<number> => {
    const platform = ways[round++ % ways.length] ?? '';
    const body = { name: 'site migrate', args: { platform } };
    const { task } = await call('site task', { params: { name: site.name }, body });
    return seconds(hosting, task, 'run updates');
  };
  const times = await inTurn(go, async () => plain.copy(await placeNow(hosting, site)));
  const visits: Visit[] = [];
  for (let at = 0; at < Math.min(rounds, visitsMax); at++)
    visits.push(await visited(hosting, site.name, (status, text) => status === 200 && text.includes(site.name), go));
  return [
    against(times, `site migrate without its updates, ${title} (beside: mariadb-dump | mariadb, cp -a)`, 1, '36.5 s'),
    ...downtime(`site migrate, ${title}`, visits),
  ];
}

async function rename(hosting: Hosting, { title }: Kind, site: SitePlace, plain: PlainPipelines) {
  const { call } = hosting;
  say(`${title}: rename, ${rounds} times`);
  let now = site.name;
  let round = 0;
  const go = async (): Promise<number> => {
    const name = `renamed${round++}.${site.name}`;
    const { task } = await call('site task', { params: { name: now }, body: { name: 'site rename', args: { name } } });
    const took = await seconds(hosting, task);
    now = name;
    return took;
  };
  const times = await inTurn(go, async () =>
    plain.rename(await placeNow(hosting, { ...site, name: now }), `renamed.${site.name}`),
  );
  const visits: Visit[] = [];
  // The old name leads to the new one in the end.
  const isPage: IsPage = (status, text, location) =>
    (status === 200 && text.includes(site.name)) || (status === 301 && location.includes('//renamed'));
  for (let at = 0; at < Math.min(rounds, visitsMax); at++) visits.push(await visited(hosting, now, isPage, go));
  return [
    against(times, `site rename, ${title} (beside: mariadb-dump | sed | mariadb, mv)`, 1, 'did it in a migrate'),
    ...downtime(`site rename, ${title}`, visits),
  ];
}

async function placeNow({ call }: Hosting, { name }: SitePlace): Promise<SitePlace> {
  const { database, directory, platform } = await call('site get', { params: { name } });
  const { root } = await call('platform get', { params: { name: platform } });
  return { name, database: database.name, directory: join(root, 'sites', directory) };
}

function downtime(name: string, visits: readonly Visit[]): readonly Figure[] {
  const worst = (of: (visit: Visit) => number): number => Math.max(...visits.map(of));
  for (const { examples } of visits) for (const example of examples) say(`  a visitor got: ${example}`);
  const one = (what: string, unit: string, value: number, goal: string, ok: (is: number) => boolean): Figure =>
    figure({ name: `${name}: ${what}, worst of ${visits.length}`, unit, value, goal, ok });
  return [
    one(
      'refused connections',
      'of all',
      worst(({ refused }) => refused),
      'none',
      (is) => is === 0,
    ),
    one(
      'neither page nor maintenance page',
      's',
      worst(({ wrongSeconds }) => wrongSeconds),
      'none',
      (is) => is === 0,
    ),
    one(
      'maintenance page',
      's',
      worst(({ maintenanceSeconds }) => maintenanceSeconds),
      'printed',
      () => true,
    ),
  ];
}
