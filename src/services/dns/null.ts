import { z } from 'zod';
import type { Machine } from '../../machine/machine.ts';
import type { Changes } from '../../machine/put.ts';
import { Problem } from '../../model/problem.ts';
import { type Engine, type EngineHost, engine } from '../engine.ts';
import { type Authorities, authoritiesOf } from './authorities.ts';
import { type Asked, ask } from './dig.ts';
import type { Dns, MissingTexts, NameRecords, Pointing, Put } from './dns.ts';
import { port, serverAddress, zoneOptions } from './options.ts';
import { allShown, namesRecords, recordsFor, zonesAbove } from './records.ts';

const options = zoneOptions.pick({ ttlSeconds: true }).extend({
  waitSeconds: z
    .int()
    .min(0)
    .max(86_400)
    .default(0)
    .describe(
      'How long a task waits until the records are seen; 0: not at all. When they are not, it fails and is undone',
    ),
  servers: z
    .array(serverAddress)
    .max(20)
    .default([])
    .describe('Name servers that are asked; none: those that the zone of a name says are its own'),
  resolver: serverAddress.optional().describe("Who is asked for those; the machine's own unless given"),
  port,
});
type Options = z.output<typeof options>;

/** For zones that nobody lets us into: a person makes the records, Aegir says which, and looks whether they are there. */
export const nullDns: Engine = engine({
  type: 'dns',
  name: 'null',
  title: 'None: a person makes the records, the log says which',
  options,
  open: (host, given): Dns => new NullDns(host, given),
});

class NullDns implements Dns {
  readonly ttlSeconds: number;
  readonly waitMs: number;
  readonly #machine: Machine;
  readonly #options: Options;

  constructor({ machine }: EngineHost, given: Options) {
    this.#machine = machine;
    this.#options = given;
    this.ttlSeconds = given.ttlSeconds;
    this.waitMs = given.waitSeconds * 1000;
  }

  async verify(): Promise<Changes> {
    return [];
  }

  /** As the first of its name servers answers. */
  async look(names: readonly string[]): Promise<ReadonlyMap<string, NameRecords>> {
    const found = new Map<string, NameRecords>();
    for (const name of names) {
      const { servers } = await this.#authorities(name);
      if (servers[0]) found.set(name, await this.#seen(servers[0], name));
    }
    return found;
  }

  /** Whoever made what is there: a person changes it. */
  async demandOurs(): Promise<void> {}

  async put(_: string, pointings: readonly Pointing[]): Promise<Put> {
    const changes: string[] = [];
    for (const pointing of pointings) {
      const { zone, unseen } = await this.#unseen(pointing);
      if (unseen.length > 0) changes.push(...byHand(pointing, zone));
    }
    return { changes, outside: [], left: [] };
  }

  async remove(_: string, names: readonly string[]): Promise<Changes> {
    const found = await this.look(names);
    return [...found.values()]
      .filter(({ records }) => records.length > 0)
      .map(({ name, records }) => `to be removed by hand: ${name} ${allShown(records)}`);
  }

  async putTexts(name: string, texts: readonly string[]): Promise<void> {
    if (texts.length === 0) return;
    throw new Problem('invalid', `nobody but you makes records here, and ${name} would need another one each time`, {
      hint: 'Choose the challenge http, or a dns service that makes records: bind, powerdns, cloudflare.',
    });
  }

  /** It puts none. */
  async missingTexts(): Promise<MissingTexts> {
    return { elsewhere: [], silent: [] };
  }

  async missing(pointings: readonly Pointing[]): Promise<readonly string[]> {
    const all = await Promise.all(pointings.map((pointing) => this.#unseen(pointing)));
    return all.flatMap(({ unseen }) => unseen);
  }

  async #unseen(pointing: Pointing): Promise<{ readonly zone: string; readonly unseen: readonly string[] }> {
    const { name } = pointing;
    const { zone, servers } = await this.#authorities(name);
    if (servers.length === 0) return { zone, unseen: [`nobody answers for ${name}`] };
    const should = allShown(recordsFor(pointing, zone));
    const unseen: string[] = [];
    for (const server of servers) {
      const is = allShown((await this.#seen(server, name)).records);
      if (is !== should) unseen.push(`${server} answers ${is || 'nothing'} for ${name}, not ${should}`);
    }
    return { zone, unseen };
  }

  async #seen(server: string, name: string): Promise<NameRecords> {
    const at = { server, port: this.#options.port };
    return namesRecords(
      name,
      await this.#ask(
        at,
        ['A', 'AAAA'].map((type) => ({ name, type })),
      ),
    );
  }

  /** The zone that a name is in, and the addresses of all servers that it says are its own. */
  async #authorities(name: string): Promise<Authorities> {
    const { servers, resolver, port: at } = this.#options;
    if (servers[0] !== undefined) {
      const above = zonesAbove(name);
      const soa = await this.#ask(
        { server: servers[0], port: at },
        above.map((one) => ({ name: one, type: 'SOA' })),
      );
      return {
        zone: above.find((one) => soa.some((record) => record.name === one && record.type === 'SOA')) ?? '',
        servers,
      };
    }
    return authoritiesOf(this.#machine, [{ server: resolver ?? null, port: at, recurse: true }], name);
  }

  #ask(at: Asked, questions: Parameters<typeof ask>[2]): ReturnType<typeof ask> {
    return ask(this.#machine, at, questions);
  }
}

const byHand = (pointing: Pointing, zone: string): readonly string[] =>
  recordsFor(pointing, zone).map(({ type, value }) => {
    const target = type === 'CNAME' ? `${value}.` : value;
    return `to be made by hand: ${pointing.name}. ${pointing.ttlSeconds} IN ${type} ${target}`;
  });
