import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startCluster } from './cluster.ts';
import { type Figure, figure, percentile } from './figure.ts';
import { addPlatform, type Hosting, startHosting, timeline } from './hosting.ts';
import { say, withResources } from './resources.ts';

/** So many one after the other, so many at once, and so many without a reserve, which take long. */
const [inTurn, atOnce, without] = [50, 20, 3].map((usual, at) =>
  Number(process.env['AEGIR_BENCH_CLAIMS']?.split(',')[at] ?? usual),
) as [number, number, number]; // as many as the list has

const old = 'the old Aegir: a clone of 1 to 5 min and a verify of up to 30 s';

interface Kind {
  readonly title: string;
  readonly source: string;
  readonly root: string;
  readonly profile?: string;
}

/** Issue 6: from the request to the customer's own site at the customer's name, with a login link that works. */
export async function reserve(): Promise<readonly Figure[]> {
  return withResources(async (resources) => {
    const hosting = await startHosting(resources, await startCluster(resources));
    const figures = [...(await measure(hosting, { title: 'WordPress', source: '/usr/share/wordpress', root: '' }))];
    const drupal = process.env['AEGIR_TEST_DRUPAL10'];
    if (drupal === undefined) say('!!! NO DRUPAL: AEGIR_TEST_DRUPAL10 is not set, so its claims are NOT measured');
    else {
      const [source, root] = [join(drupal, '..'), drupal.split('/').at(-1) ?? ''];
      figures.push(...(await measure(hosting, { title: 'Drupal', source, root, profile: 'standard' })));
    }
    await hosting.end();
    return figures;
  });
}

async function measure(hosting: Hosting, kind: Kind): Promise<readonly Figure[]> {
  const { call, done } = hosting;
  const short = kind.title.toLowerCase();
  await addPlatform(hosting, { name: short, source: kind.source, root: kind.root });
  const template = `template.${short}.example.net`;
  const body = { name: template, platform: short, ...(kind.profile && { profile: kind.profile }) };
  await done((await call('site create', { body })).task);
  const all = inTurn + atOnce;
  say(`${kind.title}: ${all} spares`);
  const rules = { template, pattern: `spare-*.${short}.example.net`, life: 'off', full: all, emergency: all };
  await call('reserve create', { body: { name: short, ...rules } });
  await filled(hosting, short, all);
  // Nothing is built beside what is measured.
  await call('reserve set', { params: { name: short }, body: { full: 0, emergency: 0 } });
  await call('queue pause', { params: { name: 'reserve' } });

  const each: number[] = [];
  for (let number = 0; number < inTurn; number++) each.push(await claim(hosting, kind, `turn${number}`, true));
  const together = await Promise.all(
    Array.from({ length: atOnce }, (_, number) => claim(hosting, kind, `once${number}`, true)),
  );
  const pages = await pagesAlone(hosting, kind);
  await call('queue resume', { params: { name: 'reserve' } });
  const clones: number[] = [];
  for (let number = 0; number < without; number++) clones.push(await claim(hosting, kind, `clone${number}`, false));
  const reference = percentile(clones, 0.5);
  const of = (name: string, values: readonly number[], most: number): readonly Figure[] =>
    [0.5, 0.95].map((share) =>
      figure({
        name: `${kind.title}, ${name}, ${share === 0.5 ? 'median' : '95th percentile'} (beside: without reserve)`,
        ...{ unit: 's', value: percentile(values, share), reference },
        goal: `95th percentile under ${most} s; ${old}`,
        ok: (value) => value < most,
      }),
    );
  const floor = figure({
    name: `${kind.title}, the pages of ${atOnce} such sites at once, each twice: what of it is the application itself (beside: their claims)`,
    ...{
      unit: 's',
      value: pages,
      reference: percentile(together, 0.95),
      goal: 'none: it is to compare with',
      ok: () => true,
    },
  });
  return [...of(`${inTurn} claims in turn`, each, 1), ...of(`${atOnce} claims at once`, together, 3), floor];
}

/** Who gets a site looks at it and logs in: nobody's software can make that quicker than the machine shows two pages. */
async function pagesAlone({ port }: Hosting, { title: kind }: Kind): Promise<number> {
  const began = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async (_, number) => {
      for (const path of ['/', '/']) await open(port, `once${number}.${kind.toLowerCase()}.example.com`, path);
    }),
  );
  return (performance.now() - began) / 1000;
}

const fillMaxMs = 60 * 60_000;

async function filled({ call }: Hosting, name: string, all: number): Promise<void> {
  const until = performance.now() + fillMaxMs;
  for (;;) {
    const { usable, problem } = await call('reserve get', { params: { name } });
    if (usable >= all) return;
    if (problem !== null || performance.now() > until)
      throw new Error(`${usable} of ${all} spares: ${JSON.stringify(problem)}`);
    await wait(500);
  }
}

const claimMaxMs = 5 * 60_000;

/** Seconds until both is there: the page with the customer's own title, and a login link that logs in. */
async function claim(hosting: Hosting, { title: kind }: Kind, short: string, spare: boolean): Promise<number> {
  const { call, port } = hosting;
  const name = `${short}.${kind.toLowerCase()}.example.com`;
  // With an end, so that no title is the beginning of another's.
  const title = `${kind} of ${short}.`;
  const began = performance.now();
  const params = { name: kind.toLowerCase() };
  const claimed = await call('reserve claim', { params, body: { name, title, email: `owner@${name}` } });
  if (claimed.spare !== spare) throw new Error(`${name}: spare is ${claimed.spare}`);
  // Nobody asks for pages meanwhile: each would be one more start of the application beside what is measured.
  const { events, askedToEndMs } = await hosting.done(claimed.task);
  let path = '';
  await until(began, `the login link of ${name}`, async () => {
    const link = await call('site login-link', { params: { name: claimed.site.id } }).catch(() => null);
    const { pathname, search } = new URL(link?.link ?? 'http://none/');
    path = `${pathname}${search}`;
    return link !== null;
  });
  await until(began, `the page of ${name}`, async () => {
    const { status, text } = await open(port, name, '/');
    const shown = /<title>([^<]*)/.exec(text)?.[1] ?? '';
    return status === 200 && shown.includes(title);
  });
  if (process.env['AEGIR_BENCH_STEPS'] === '1') say(`  ${(askedToEndMs / 1000).toFixed(2)} s\n${timeline(events)}`);
  const { status, cookies } = await open(port, name, path);
  if (status !== 302 || cookies === 0) throw new Error(`the login link of ${name} does not log in: ${status}`);
  return (performance.now() - began) / 1000;
}

async function until(began: number, what: string, isThere: () => Promise<boolean>): Promise<void> {
  while (!(await isThere())) {
    if (performance.now() - began > claimMaxMs) throw new Error(`${what} never came`);
    await wait(50);
  }
}

/** On a connection of its own: one that was kept may be closed by a reload at the very moment. */
function open(
  port: number,
  host: string,
  path: string,
): Promise<{ readonly status: number; readonly text: string; readonly cookies: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof open>>>();
  const how = { agent: false, host: '127.0.0.1', port, path, headers: { host: `${host}:${port}` } } as const;
  const asked = request(how, (answer) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.on('error', reject);
    answer.on('end', () =>
      resolve({
        status: answer.statusCode ?? 0,
        text: Buffer.concat(chunks).toString('utf8'),
        cookies: answer.headers['set-cookie']?.length ?? 0,
      }),
    );
  });
  asked.on('error', reject);
  asked.end();
  return promise;
}
