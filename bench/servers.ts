import { startCluster } from './cluster.ts';
import { type Figure, figure, percentile } from './figure.ts';
import { addPlatform, type DoneTask, type Hosting, startHosting, timeline } from './hosting.ts';
import { pushedPlatform } from './pushed-platform.ts';
import { say, withResources } from './resources.ts';
import { type Sshd, startSshd } from './sshd.ts';

const [blocks, verifiesOfBlock] = [3, 8];
const goalTimes = 3;
const name = 'site.example.com';

/**
 * Issue 5: what a `site verify` costs over ssh, and a push of a platform. One server, with real nginx, PHP-FPM, MariaDB and WordPress, is reached in turn as
 * the hub's own machine and by ssh, so that nothing differs but the way. With AEGIR_BENCH_STEPS=1 it says what the time went into.
 */
export async function servers(): Promise<readonly Figure[]> {
  return withResources(async (resources) => {
    const hosting = await startHosting(resources, await startCluster(resources));
    await addPlatform(hosting, { name: 'wordpress', source: '/usr/share/wordpress', root: '' });
    await hosting.done((await hosting.call('site create', { body: { name, platform: 'wordpress' } })).task);
    const sshd = await startSshd(resources);
    const figures = [await verifiesBySsh(hosting, sshd)];
    await hosting.end();
    figures.push(await pushedPlatform(resources));
    return figures;
  });
}

async function verifiesBySsh(hosting: Hosting, sshd: Sshd): Promise<Figure> {
  say(`site verify, WordPress, unchanged: ${blocks} times ${verifiesOfBlock} here and by ssh`);
  const [here, bySsh, sessions]: [number[], number[], number[]] = [[], [], []];
  for (let block = 0; block < blocks; block++) {
    await reachLocally(hosting);
    for (let round = 0; round < verifiesOfBlock; round++) here.push((await verify(hosting)).claimToEndMs);
    await reachBySsh(hosting, sshd);
    const before = await sshd.sessions();
    for (let round = 0; round < verifiesOfBlock; round++) bySsh.push((await verify(hosting)).claimToEndMs);
    sessions.push(((await sshd.sessions()) - before) / verifiesOfBlock);
  }
  const median = percentile(sessions, 0.5);
  say(`  here ${spread(here)}; by ssh ${spread(bySsh)}, ${median} sessions each`);
  return figure({
    name: `site verify by ssh in ${median} sessions, WordPress, claim to end (beside: without ssh)`,
    ...{ unit: 'ms', value: percentile(bySsh, 0.5), reference: percentile(here, 0.5) },
    goal: `at most ${goalTimes} times`,
    ok: (value, reference) => value <= goalTimes * reference,
  });
}

async function reachLocally({ call, done }: Hosting): Promise<void> {
  await done((await call('server set', { params: { name: 'master' }, body: { host: 'localhost' } })).task);
}

async function reachBySsh({ call, done }: Hosting, sshd: Sshd): Promise<void> {
  const params = { name: 'master' };
  const { task } = await call('server set', { params, body: { host: '127.0.0.1', sshPort: sshd.port } });
  // Its verify waits for a server that it cannot log in to.
  await sshd.letIn((await call('server bootstrap', { params })).publicKey);
  await done(task);
}

async function verify({ call, done }: Hosting): Promise<DoneTask> {
  const verified = await done((await call('site task', { params: { name }, body: { name: 'site verify' } })).task);
  if (process.env['AEGIR_BENCH_STEPS'] === '1') say(timeline(verified.events));
  return verified;
}

const spread = (values: readonly number[]): string =>
  `least ${Math.min(...values).toFixed(0)} ms, median ${percentile(values, 0.5).toFixed(0)} ms`;
