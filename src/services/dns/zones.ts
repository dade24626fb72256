import type { z } from 'zod';
import type { Machine } from '../../machine/machine.ts';
import type { Changes } from '../../machine/put.ts';
import { Problem } from '../../model/problem.ts';
import { authoritiesOf, textsAt, unreachableIsNull } from './authorities.ts';
import { type Asked, resolver } from './dig.ts';
import type { Dns, MissingTexts, NameRecords, Pointing, Put } from './dns.ts';
import type { zoneOptions } from './options.ts';
import { allShown, namesRecords, ownerName, recordsFor, type ServerRecord, zonesAbove } from './records.ts';

/** What of a name is to be different. `after.records` is empty where it is to be gone. */
export interface NameChange {
  readonly before: NameRecords;
  readonly after: NameRecords & { readonly ttlSeconds: number };
}

/** A server of zones, as its engine speaks to it. */
export interface ZoneServer {
  /** In problems: 'BIND at 127.0.0.1'. */
  readonly title: string;
  verify(): Promise<Changes>;
  /** Those of these names that are zones of it. */
  zonesAmong(names: readonly string[]): Promise<ReadonlySet<string>>;
  /** All that these names have; others may be among them. */
  read(zone: string, names: readonly string[]): Promise<readonly ServerRecord[]>;
  /** All that is in these zones, by zone, for whom many names are asked of; a zone that it does not show as a whole is left out. */
  readWhole?(zones: readonly string[]): Promise<ReadonlyMap<string, readonly ServerRecord[]>>;
  /** The one that knows first who answers the world for its zones; where it is missing, a resolver is asked. */
  readonly nameServer?: Asked;
  /** Where those that answer listen. */
  readonly port: number;
  /** The TXT records of a name, all of them. */
  putTexts(zone: string, name: string, texts: readonly string[]): Promise<void>;
  /** All of them or none. Where it can, only while `before` is still what is there: else Problem 'conflict'. */
  change(zone: string, changes: readonly NameChange[]): Promise<void>;
}

/** A name in a zone of ours, with what it has. */
interface Found {
  readonly zone: string;
  readonly records: NameRecords;
}

/** More names are looked for in whole zones: a question for each would take too long. */
const namesMax = 50;

/** Where the server answers at once, what it has taken is there; others that copy from it need a moment. */
const serverWaitMs = 10_000;

/** What all engines that change zones do alike: which zone, whose records, what is to be changed. */
export class ZoneDns implements Dns {
  readonly ttlSeconds: number;
  readonly waitMs = serverWaitMs;
  readonly #machine: Machine;
  readonly #server: ZoneServer;
  /** None: all that the server has. */
  readonly #zones: readonly string[];
  readonly #nameServers: readonly string[];

  constructor(machine: Machine, server: ZoneServer, { zones, ttlSeconds, nameServers }: z.output<typeof zoneOptions>) {
    this.#machine = machine;
    this.#server = server;
    this.#zones = zones;
    this.#nameServers = nameServers;
    this.ttlSeconds = ttlSeconds;
  }

  async verify(): Promise<Changes> {
    const changes = await this.#server.verify();
    const there = await this.#server.zonesAmong(this.#zones);
    const absent = this.#zones.filter((zone) => !there.has(zone));
    if (absent.length === 0) return changes;
    throw new Problem('not-found', `${this.#server.title} does not have the zone ${absent[0]}`, {
      hint: 'Make it there, or take it out of the option zones of the dns service.',
    });
  }

  async look(names: readonly string[]): Promise<ReadonlyMap<string, NameRecords>> {
    return new Map([...(await this.#find(names))].map(([name, { records }]) => [name, records]));
  }

  async demandOurs(owner: string, pointings: readonly Pointing[]): Promise<void> {
    await this.#wanted(owner, pointings, null);
  }

  async put(owner: string, pointings: readonly Pointing[], foreign: 'refuse' | 'leave' = 'refuse'): Promise<Put> {
    const left: string[] = [];
    const { byZone, outside } = await this.#wanted(owner, pointings, foreign === 'leave' ? left : null);
    const changes: string[] = [];
    for (const [zone, wanted] of byZone) {
      await this.#server.change(zone, wanted);
      changes.push(...wanted.map(({ before, after }) => told(before, after)));
    }
    return { changes, outside, left };
  }

  async remove(owner: string, names: readonly string[]): Promise<Changes> {
    const changes: string[] = [];
    const ours = [...(await this.#find(names)).values()].filter(({ records }) => records.owner === owner);
    for (const [zone, found] of Map.groupBy(ours, (one) => one.zone)) {
      const gone = found.map(({ records: before }) => ({
        ...{ before, after: { name: before.name, records: [], ttlSeconds: this.ttlSeconds, owner: null } },
      }));
      await this.#server.change(zone, gone);
      changes.push(...gone.map(({ before }) => `removed the record ${before.name} ${allShown(before.records)}`));
    }
    return changes;
  }

  async putTexts(name: string, texts: readonly string[]): Promise<void> {
    // From our hands into a request to the server: nothing but what an authority makes of it.
    if (!/^_acme-challenge\.[a-z0-9.-]+$/.test(name) || !texts.every((text) => /^[A-Za-z0-9_-]{1,200}$/.test(text)))
      throw new Problem('bug', `${name} is no record of a challenge`);
    const [zone] = (await this.#byZone([name])).keys();
    if (zone === undefined) {
      if (texts.length === 0) return;
      throw new Problem('not-found', `${name} is in no zone of ${this.#server.title}`, {
        hint: 'Make the zone there, or choose the challenge http.',
      });
    }
    await this.#server.putTexts(zone, name, texts);
  }

  async missingTexts(name: string, texts: readonly string[]): Promise<MissingTexts> {
    const [zone] = (await this.#byZone([name])).keys();
    if (zone === undefined) return { elsewhere: [], silent: [] };
    const found = { elsewhere: [] as string[], silent: [] as string[] };
    const servers = await this.#nameServersOf(zone);
    if (servers === null) return { ...found, silent: [`whoever knows the name servers of ${zone}`] };
    for (const server of servers) {
      const shown = await textsAt(this.#machine, { server, port: this.#server.port }, name);
      if (shown === null) found.silent.push(server);
      else if (!texts.every((text) => shown.includes(text))) found.elsewhere.push(server);
    }
    return found;
  }

  async #nameServersOf(zone: string): Promise<readonly string[] | null> {
    if (this.#nameServers.length > 0) return this.#nameServers;
    const { nameServer } = this.#server;
    const whom = nameServer ? [nameServer, resolver] : [resolver];
    return authoritiesOf(this.#machine, whom, zone).then(({ servers }) => servers, unreachableIsNull);
  }

  async missing(pointings: readonly Pointing[]): Promise<readonly string[]> {
    const found = await this.#find(pointings.map(({ name }) => name));
    return pointings.flatMap((pointing) => {
      const one = found.get(pointing.name);
      if (!one) return [];
      const [is, should] = [allShown(one.records.records), allShown(recordsFor(pointing, one.zone))];
      return is === should ? [] : [`${pointing.name} answers ${is || 'nothing'}, not ${should}`];
    });
  }

  /** What is to be changed, by zone, once it is known that all of it may be. What may not is refused, or put into `left`. */
  async #wanted(owner: string, pointings: readonly Pointing[], left: string[] | null) {
    const found = await this.#find(pointings.map(({ name }) => name));
    const outside = pointings.flatMap(({ name }) => (found.has(name) ? [] : [name]));
    const byZone = new Map<string, NameChange[]>();
    for (const pointing of pointings) {
      const one = found.get(pointing.name);
      if (!one) continue;
      const changes = changeOf(pointing, one.zone, owner, one.records, left);
      if (changes.length > 0) byZone.set(one.zone, [...(byZone.get(one.zone) ?? []), ...changes]);
    }
    return { byZone, outside };
  }

  /** Those in a zone of ours, in the order in which they were asked for. */
  async #find(names: readonly string[]): Promise<ReadonlyMap<string, Found>> {
    const seen = names.length > namesMax ? await this.#findInWholeZones(names) : new Map<string, Found>();
    const asked = new Map<string, Found>();
    const others = names.filter((name) => !seen.has(name));
    for (const [zone, own] of await this.#byZone(others)) {
      const records = await this.#server.read(
        zone,
        own.flatMap((name) => [name, ownerName(name)]),
      );
      for (const name of own) asked.set(name, { zone, records: namesRecords(name, records) });
    }
    return new Map(
      names.flatMap((name) => {
        const found = seen.get(name) ?? asked.get(name);
        return found ? [[name, found]] : [];
      }),
    );
  }

  /** Those that whole zones show for certain. What is not there, or may be in a zone below, the server is asked for by name. */
  async #findInWholeZones(names: readonly string[]): Promise<ReadonlyMap<string, Found>> {
    const found = new Map<string, Found>();
    // Most names are below the top of their zone, and most tops are above other names: the rest are asked for themselves.
    const above = await this.#zonesAmong(names.flatMap((name) => zonesAbove(name).slice(1)));
    const alone = names.filter((name) => zoneOf(name, above) === undefined);
    const zones = new Set([...above, ...(await this.#zonesAmong(alone.flatMap(zonesAbove)))]);
    const byZone = Map.groupBy(names, (name) => zoneOf(name, zones));
    const wanted = [...byZone.keys()].filter((zone) => zone !== undefined);
    const whole = (await this.#server.readWhole?.(wanted)) ?? new Map<string, readonly ServerRecord[]>();
    for (const [zone, all] of whole) {
      const byName = Map.groupBy(all, ({ name }) => name);
      for (const name of byZone.get(zone) ?? []) {
        const records = [...(byName.get(name) ?? []), ...(byName.get(ownerName(name)) ?? [])];
        const below = zonesAbove(name).filter((one) => one.length > zone.length);
        const isHere = below.every((one) => !byName.get(one)?.some(({ type }) => type === 'NS'));
        if (isHere && records.length > 0) found.set(name, { zone, records: namesRecords(name, records) });
      }
    }
    return found;
  }

  /** By the zone of ours that they are in; without those in none. */
  async #byZone(names: readonly string[]): Promise<ReadonlyMap<string, string[]>> {
    const there = await this.#zonesAmong(names.flatMap(zonesAbove));
    const inside = names.filter((name) => zoneOf(name, there) !== undefined);
    return Map.groupBy(inside, (name) => zoneOf(name, there) ?? '');
  }

  async #zonesAmong(names: readonly string[]): Promise<ReadonlySet<string>> {
    const all = [...new Set(names)];
    const may = this.#zones.length === 0 ? all : all.filter((name) => this.#zones.includes(name));
    return may.length === 0 ? new Set() : this.#server.zonesAmong(may);
  }
}

/** For a server that carries out no condition: the last look before the change. */
export async function demandUnchanged(
  server: Pick<ZoneServer, 'read'>,
  zone: string,
  changes: readonly NameChange[],
): Promise<void> {
  const names = changes.map(({ before }) => before.name);
  const found = await server.read(
    zone,
    names.flatMap((name) => [name, ownerName(name)]),
  );
  for (const { before } of changes) {
    const now = namesRecords(before.name, found);
    if (now.owner === before.owner && allShown(now.records) === allShown(before.records)) continue;
    throw new Problem('conflict', `somebody else has changed the records of ${before.name} at the same moment`, {
      hint: 'Nothing was changed. Look what is there, then ask again.',
    });
  }
}

/** The longest of the names above that is a zone. */
const zoneOf = (name: string, zones: ReadonlySet<string>): string | undefined =>
  zonesAbove(name).find((zone) => zones.has(zone));

function changeOf(
  pointing: Pointing,
  zone: string,
  owner: string,
  before: NameRecords,
  left: string[] | null,
): readonly NameChange[] {
  const { name, ttlSeconds } = pointing;
  const records = recordsFor(pointing, zone);
  if (records.length === 0)
    throw new Problem('invalid', `there is no address that ${name} could lead to`, {
      hint: `It is the top of its zone, where a CNAME cannot be: give the web server's http service the option publicAddresses too.`,
    });
  const isSame = allShown(before.records) === allShown(records);
  if (isSame && before.owner === owner && before.ttlSeconds === ttlSeconds) return [];
  if (before.owner === null ? before.records.length > 0 : markOf(before.owner) !== markOf(owner)) {
    if (isSame) return []; // Somebody has made by hand what it should be.
    if (left === null) throw foreign(before, allShown(records));
    left.push(name);
    return [];
  }
  return [{ before, after: { name, records, ttlSeconds, owner } }];
}

/** Of the hub that has made it. */
const markOf = (owner: string): string => owner.split('/')[0] ?? owner;

function foreign({ name, records, owner }: NameRecords, wanted: string): Problem {
  const whose = owner === null ? 'that Aegir has not made' : `of another Aegir, ${markOf(owner)}`;
  return new Problem('conflict', `${name} has records ${whose}: ${allShown(records) || 'none that lead anywhere'}`, {
    hint: `They stay as they are. Remove them or make them ${wanted} by hand, then ask again; or keep the site's names out of this: aegir site set <site> --no-dns.`,
  });
}

function told(before: NameRecords, after: NameRecords): string {
  const [was, is] = [allShown(before.records), allShown(after.records)];
  if (was === '') return `made the record ${after.name} ${is}`;
  return was === is
    ? `wrote the record ${after.name} ${is} again`
    : `changed the record ${after.name} from ${was} to ${is}`;
}
