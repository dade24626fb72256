import type { Machine } from '../../machine/machine.ts';
import { Problem } from '../../model/problem.ts';
import { type Asked, ask } from './dig.ts';
import { zonesAbove } from './records.ts';

export interface Authorities {
  /** '' where nobody knows of one. */
  readonly zone: string;
  /** Addresses of all servers that the zone says are its own, by IPv4 where there is one, as not every server has IPv6. */
  readonly servers: readonly string[];
}

/**
 * Who answers the world for this name: as the first of `whom` knows it, and the addresses of those that it does not know as the next
 * does. Throws Problem 'server-unreachable'.
 */
export async function authoritiesOf(machine: Machine, whom: readonly Asked[], name: string): Promise<Authorities> {
  const above = zonesAbove(name);
  for (const asked of whom) {
    const found = await ask(
      machine,
      asked,
      above.map((one) => ({ name: one, type: 'NS' })),
    );
    const zone = above.find((one) => found.some((record) => record.name === one && record.type === 'NS')) ?? '';
    const hosts = found.flatMap((record) => (record.name === zone && record.type === 'NS' ? [record.value] : []));
    if (hosts.length > 0) return { zone, servers: await addressesOf(machine, whom, hosts) };
  }
  return { zone: '', servers: [] };
}

async function addressesOf(
  machine: Machine,
  whom: readonly Asked[],
  hosts: readonly string[],
): Promise<readonly string[]> {
  const known = new Map<string, readonly string[]>();
  for (const asked of whom) {
    const unknown = hosts.filter((host) => !known.has(host));
    if (unknown.length === 0) break;
    const questions = unknown.flatMap((host) => ['A', 'AAAA'].map((type) => ({ name: host, type })));
    const found = await ask(machine, asked, questions);
    const of = (host: string, type: string): readonly string[] =>
      found.flatMap((one) => (one.name === host.toLowerCase() && one.type === type ? [one.value] : []));
    for (const host of unknown) {
      const addresses = of(host, 'A').length > 0 ? of(host, 'A') : of(host, 'AAAA');
      if (addresses.length > 0) known.set(host, addresses);
    }
  }
  return hosts.flatMap((host) => known.get(host) ?? []);
}

/** What this server answers; null: it does not answer. */
export const textsAt = (machine: Machine, at: Asked, name: string): Promise<readonly string[] | null> =>
  ask(machine, at, [{ name, type: 'TXT' }])
    .then((found) => found.filter((one) => one.name === name && one.type === 'TXT').map(({ value }) => value))
    .catch(unreachableIsNull);

export function unreachableIsNull(error: unknown): null {
  if (error instanceof Problem && error.code === 'server-unreachable') return null;
  throw error;
}
