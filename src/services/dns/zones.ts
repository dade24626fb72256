import type { Changes } from '../../machine/put.ts';
import { Problem } from '../../model/problem.ts';
import type { Dns, NameRecords, Pointing, Put } from './dns.ts';
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
  /** All of them or none. Where it can, only while `before` is still what is there: else Problem 'conflict'. */
  change(zone: string, changes: readonly NameChange[]): Promise<void>;
}

/** Where the server answers at once, what it has taken is there; others that copy from it need a moment. */
const serverWaitMs = 10_000;

/** What all engines that change zones do alike: which zone, whose records, what is to be changed. */
export class ZoneDns implements Dns {
  readonly ttlSeconds: number;
  readonly waitMs = serverWaitMs;
  readonly #server: ZoneServer;
  /** None: all that the server has. */
  readonly #zones: readonly string[];

  constructor(
    server: ZoneServer,
    { zones, ttlSeconds }: { readonly zones: readonly string[]; readonly ttlSeconds: number },
  ) {
    this.#server = server;
    this.#zones = zones;
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
    const found = new Map<string, NameRecords>();
    for (const [zone, own] of await this.#byZone(names)) {
      if (zone === null) continue;
      const records = await this.#server.read(
        zone,
        own.flatMap((name) => [name, ownerName(name)]),
      );
      for (const name of own) found.set(name, namesRecords(name, records));
    }
    return found;
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
    const found = await this.look(names);
    for (const [zone, own] of await this.#byZone([...found.keys()])) {
      const gone = own.flatMap((name) => {
        const before = found.get(name);
        if (before?.owner !== owner) return [];
        return [{ before, after: { name, records: [], ttlSeconds: this.ttlSeconds, owner: null } }];
      });
      if (zone === null || gone.length === 0) continue;
      await this.#server.change(zone, gone);
      changes.push(...gone.map(({ before }) => `removed the record ${before.name} ${allShown(before.records)}`));
    }
    return changes;
  }

  async missing(pointings: readonly Pointing[]): Promise<readonly string[]> {
    const words: string[] = [];
    const found = await this.look(pointings.map(({ name }) => name));
    for (const [zone, own] of await this.#byZone([...found.keys()]))
      for (const pointing of pointings.filter(({ name }) => own.includes(name))) {
        const [is, should] = [
          allShown(found.get(pointing.name)?.records ?? []),
          allShown(recordsFor(pointing, zone ?? '')),
        ];
        if (is !== should) words.push(`${pointing.name} answers ${is || 'nothing'}, not ${should}`);
      }
    return words;
  }

  /** What is to be changed, by zone, once it is known that all of it may be. What may not is refused, or put into `left`. */
  async #wanted(owner: string, pointings: readonly Pointing[], left: string[] | null) {
    const zones = await this.#byZone(pointings.map(({ name }) => name));
    const found = await this.look(pointings.map(({ name }) => name));
    const byZone = new Map<string, readonly NameChange[]>();
    for (const [zone, own] of zones) {
      if (zone === null) continue;
      const changes = pointings
        .filter(({ name }) => own.includes(name))
        .flatMap((pointing) => changeOf(pointing, zone, owner, found.get(pointing.name), left));
      if (changes.length > 0) byZone.set(zone, changes);
    }
    return { byZone, outside: zones.get(null) ?? [] };
  }

  /** A zone is the longest of the names above; null: none of this service's. */
  async #byZone(names: readonly string[]): Promise<ReadonlyMap<string | null, string[]>> {
    const above = [...new Set(names.flatMap(zonesAbove))];
    const may = this.#zones.length === 0 ? above : above.filter((name) => this.#zones.includes(name));
    const there = may.length === 0 ? new Set<string>() : await this.#server.zonesAmong(may);
    return Map.groupBy(names, (name) => zonesAbove(name).find((zone) => there.has(zone)) ?? null);
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

function changeOf(
  pointing: Pointing,
  zone: string,
  owner: string,
  before: NameRecords | undefined,
  left: string[] | null,
): readonly NameChange[] {
  const { name, ttlSeconds } = pointing;
  const records = recordsFor(pointing, zone);
  if (!before) return [];
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
