import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { bind } from '../src/services/dns/bind.ts';
import type { Dns, Pointing } from '../src/services/dns/dns.ts';
import { powerdns } from '../src/services/dns/powerdns.ts';
import type { Engine } from '../src/services/engine.ts';
import { onRealDns, type RealDnsBench } from '../tests/kit/dns-benches.ts';
import { type PrivateDns, startNamed, startPowerDns } from '../tests/kit/dns-servers.ts';
import { type Figure, figure, percentile } from './figure.ts';
import { say } from './resources.ts';

const [zones, namesOfZone, changes] = [1000, 5, 9];
const [visibleMaxMs, driftMaxMs] = [1000, 10_000];
const owner = 'a1b2c3/7';

/**
 * Issue 5: 1,000 zones with 10,000 records (each of 5,000 names has an address and its mark). How long until a changed name answers so,
 * and how long it takes to look whether all of them are as they should be, some of them not.
 */
export async function dns(): Promise<readonly Figure[]> {
  return [...(await measure('BIND', bind, startNamed)), ...(await measure('PowerDNS', powerdns, startPowerDns))];
}

type Start = (directory: string, more: readonly string[]) => Promise<PrivateDns>;

async function measure(title: string, engine: Engine, start: Start): Promise<readonly Figure[]> {
  say(`${title}: ${zones} zones with ${namesOfZone} names each`);
  const names = Array.from({ length: zones }, (_, at) => `z${at}.test`);
  const figures: Figure[] = [];
  await onRealDns(
    engine,
    (directory) => start(directory, names),
    async (bench) => {
      const all = await filled(bench, names);
      figures.push(await visible(title, bench, all), await drift(title, bench.open(), all));
    },
  );
  return figures;
}

async function filled(bench: RealDnsBench, names: readonly string[]): Promise<readonly Pointing[]> {
  const all = names.flatMap((zone) =>
    ['www.', 'a.', 'b.', 'c.', ''].slice(0, namesOfZone).map((host) => leadingTo(`${host}${zone}`, '192.0.2.1')),
  );
  const began = performance.now();
  const quarters = [0, 1, 2, 3].map((quarter) => all.filter((_, at) => Math.floor((at * 4) / all.length) === quarter));
  await Promise.all(quarters.map((some) => bench.open().put(owner, some)));
  say(`  filled in ${seconds(performance.now() - began)} s`);
  return all;
}

const leadingTo = (name: string, address: string): Pointing => ({
  ...{ name, addresses: [address], host: null, ttlSeconds: 300 },
});

/** From the wish to the answer of another program. */
async function visible(title: string, bench: RealDnsBench, all: readonly Pointing[]): Promise<Figure> {
  const times: number[] = [];
  for (let round = 0; round < changes; round++) {
    const name = all[round * 97]?.name ?? '';
    const address = `198.51.100.${round + 1}`;
    const began = performance.now();
    await bench.open().put(owner, [leadingTo(name, address)]);
    while ((await answer(bench.server.port, name)) !== address) if (performance.now() - began > 60_000) break;
    times.push(performance.now() - began);
  }
  const alone = await asked(() => answer(bench.server.port, all[0]?.name ?? ''));
  return figure({
    name: `a changed name answers so, ${title}, median of ${changes} (beside: one dig)`,
    ...{ unit: 'ms', value: percentile(times, 0.5), reference: alone },
    goal: 'under 1 s',
    ok: (value) => value < visibleMaxMs,
  });
}

async function answer(port: number, name: string): Promise<string> {
  const { stdout } = await promisify(execFile)('dig', ['@127.0.0.1', '-p', String(port), '+short', name, 'A']);
  return stdout.trim();
}

/** A hundredth is made otherwise first, so that it is known that it looks. */
async function drift(title: string, service: Dns, all: readonly Pointing[]): Promise<Figure> {
  const other = all.filter((_, at) => at % 100 === 50).map(({ name }) => leadingTo(name, '203.0.113.9'));
  await service.put(owner, other);
  // What `visible` has changed is as it was left.
  await service.put(
    owner,
    all.filter((_, at) => at % 97 === 0).map(({ name }) => leadingTo(name, '192.0.2.1')),
  );
  let found: readonly string[] = [];
  const took = await asked(async () => {
    found = await service.missing(all);
  });
  if (found.length < other.length - changes || found.length > other.length)
    throw new Error(`${title}: ${found.length} names differ, of ${other.length}: ${found.slice(0, 3).join('; ')}`);
  return figure({
    name: `look whether all ${all.length} names lead where they should, ${title}; ${found.length} do not`,
    ...{ unit: 's', value: took / 1000 },
    goal: 'under 10 s',
    ok: (value) => value * 1000 < driftMaxMs,
  });
}

async function asked(action: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await action();
  return performance.now() - began;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(1);
