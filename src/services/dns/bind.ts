import { z } from 'zod';
import { command, query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Changes } from '../../machine/put.ts';
import { Problem } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';
import { type Detected, type Engine, type EngineHost, engine } from '../engine.ts';
import { type Asked, ask, transfer } from './dig.ts';
import { type Dns, leadingTypes, type NameRecords } from './dns.ts';
import { port, serverAddress, zoneOptions } from './options.ts';
import {
  allShown,
  challengeTtlSeconds,
  namesRecords,
  ownerName,
  ownerText,
  type ServerRecord,
  zonesAbove,
} from './records.ts';
import { type NameChange, ZoneDns, type ZoneServer } from './zones.ts';

const options = zoneOptions.extend({
  host: serverAddress.default('127.0.0.1').describe('Where the primary server of the zones answers'),
  port,
  keyName: z
    .string()
    .max(253)
    .regex(/^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/, 'must be the name of a key')
    .describe('Name of the TSIG key, as in named.conf'),
  keyAlgorithm: z.enum(['hmac-sha256', 'hmac-sha384', 'hmac-sha512']).default('hmac-sha256'),
  keySecret: z
    .string()
    .max(1000)
    .regex(/^[A-Za-z0-9+/]+=*$/, 'must be the secret of a TSIG key in base64')
    .describe('Its secret: tsig-keygen makes one'),
});
type Options = z.output<typeof options>;

/** Also for other servers that take dynamic updates (RFC 2136): Knot, Windows. */
export const bind: Engine = engine({
  type: 'dns',
  name: 'bind',
  title: 'BIND: zones that take dynamic updates (RFC 2136, TSIG)',
  options,
  secrets: ['keySecret'],
  open: (host, given): Dns => new ZoneDns(host.machine, new Bind(host, given), given),
  detect,
});

class Bind implements ZoneServer {
  readonly title: string;
  readonly port: number;
  readonly nameServer: Asked;
  readonly #machine: Machine;
  readonly #key: Secret;
  /** The same for dig. */
  readonly #digKey: Secret;

  constructor({ machine }: EngineHost, { host, port: at, keyName, keyAlgorithm, keySecret }: Options) {
    this.title = `BIND at ${host}`;
    this.port = at;
    this.#machine = machine;
    this.nameServer = { server: host, port: at };
    this.#key = new Secret(`key ${keyAlgorithm}:${keyName} ${keySecret}\n`);
    this.#digKey = new Secret(`${keyAlgorithm}:${keyName}:${keySecret}`);
  }

  /** Whether it answers; the key is known to be good only for what an update may change. */
  async verify(): Promise<Changes> {
    await ask(this.#machine, this.nameServer, [{ name: 'aegir.invalid', type: 'SOA' }]);
    return [];
  }

  async zonesAmong(names: readonly string[]): Promise<ReadonlySet<string>> {
    const found = await ask(
      this.#machine,
      this.nameServer,
      names.map((name) => ({ name, type: 'SOA' })),
    );
    return new Set(found.filter(({ type }) => type === 'SOA').map(({ name }) => name));
  }

  /**
   * Two questions for each name: a CNAME is answered to any of them. What only a wildcard answers is not there; where it is there
   * and the same, the update finds out.
   */
  async read(zone: string, names: readonly string[]): Promise<readonly ServerRecord[]> {
    const leading = names.filter((name) => !isOwnerName(name));
    const wildcards = leading.flatMap((name) => wildcardsAbove(name, zone));
    const found = await ask(this.#machine, this.nameServer, [
      ...names.filter(isOwnerName).map((name) => ({ name, type: 'TXT' })),
      ...[...new Set([...leading, ...wildcards])].flatMap((name) => ['A', 'AAAA'].map((type) => ({ name, type }))),
    ]);
    return found.filter(({ name }) => !leading.includes(name) || !isByWildcard(namesRecords(name, found), found, zone));
  }

  /** By a transfer of each; `allow-transfer` must let our key. */
  readWhole(zones: readonly string[]): Promise<ReadonlyMap<string, readonly ServerRecord[]>> {
    return transfer(this.#machine, this.nameServer, this.#digKey, zones);
  }

  /** One message, which the server carries out whole or not at all, and only while all is as we saw it. */
  async change(zone: string, changes: readonly NameChange[]): Promise<void> {
    const names = changes.map(({ after }) => after.name);
    await this.#update(zone, names, [...changes.flatMap(demands), ...changes.flatMap(updates)]);
  }

  async putTexts(zone: string, name: string, texts: readonly string[]): Promise<void> {
    await this.#update(
      zone,
      [name],
      [
        `update delete ${name}. IN TXT`,
        ...texts.map((text) => `update add ${name}. ${challengeTtlSeconds} IN TXT "${text}"`),
      ],
    );
  }

  async #update(zone: string, names: readonly string[], updates: readonly string[]): Promise<void> {
    const lines = [`server ${this.nameServer.server} ${this.nameServer.port}`, `zone ${zone}.`, ...updates, 'send'];
    const { exitCode, stdout, stderr } = await this.#machine.run({
      ...command`nsupdate -v -t 20`,
      stdin: new Secret(`${this.#key.reveal()}${lines.join('\n')}\n`),
      allow: [0, 1, 2, 127],
    });
    if (exitCode !== 0)
      throw this.#problem(zone, names, exitCode === 127 ? 'nsupdate is not installed' : `${stdout}\n${stderr}`);
  }

  #problem(zone: string, of: readonly string[], text: string): Problem {
    const names = of.join(', ');
    const cause = new Error(text.trim().slice(0, 1000));
    if (/\b(YXRRSET|NXRRSET|YXDOMAIN|NXDOMAIN)\b/.test(text))
      return new Problem(
        'conflict',
        `${names}: somebody else has changed the zone ${zone} at the same moment, or has other records there`,
        {
          hint: 'Nothing was changed. Look what is there (dig), then ask again.',
          cause,
        },
      );
    if (/\b(REFUSED|NOTAUTH|BADKEY|BADSIG|BADTIME)\b|TSIG/i.test(text))
      return new Problem('forbidden', `${this.title} does not let us change the zone ${zone}: ${cause.message}`, {
        hint: 'Do the name, algorithm and secret of the key in the dns service match named.conf, does the zone allow it (update-policy), and are both clocks right?',
        cause,
      });
    return new Problem('server-unreachable', `${this.title} did not change the zone ${zone}: ${cause.message}`, {
      hint: 'Is it running, and is nsupdate (Debian: bind9-dnsutils) installed on that machine?',
      cause,
    });
  }
}

const isOwnerName = (name: string): boolean => name.startsWith('_aegir.');

/** The nearest first; without itself. */
const wildcardsAbove = (name: string, zone: string): readonly string[] =>
  zonesAbove(name)
    .slice(name.startsWith('*.') ? 0 : 1)
    .filter((above) => above.endsWith(zone))
    .map((above) => `*.${above}`)
    .filter((wildcard) => wildcard !== name);

function isByWildcard({ name, owner, records }: NameRecords, found: readonly ServerRecord[], zone: string): boolean {
  if (owner !== null || records.length === 0) return false;
  return wildcardsAbove(name, zone).some(
    (wildcard) => allShown(namesRecords(wildcard, found).records) === allShown(records),
  );
}

/** What must still be so. Whose it is says the TXT record; where there was none, there must be nothing that leads anywhere. */
function demands({ before, after: { records } }: NameChange): readonly string[] {
  const { name, owner } = before;
  if (owner !== null) return [`prereq yxrrset ${ownerName(name)}. IN TXT "${ownerText(owner)}"`];
  const free = records.some(({ type }) => type === 'CNAME')
    ? [`prereq nxdomain ${name}.`]
    : leadingTypes.map((type) => `prereq nxrrset ${name}. IN ${type}`);
  return [...free, `prereq nxrrset ${ownerName(name)}. IN TXT`];
}

function updates({ before: { name }, after: { records, ttlSeconds, owner } }: NameChange): readonly string[] {
  const value = ({ type, value: bare }: (typeof records)[number]): string => (type === 'CNAME' ? `${bare}.` : bare);
  return [
    ...leadingTypes.map((type) => `update delete ${name}. IN ${type}`),
    `update delete ${ownerName(name)}. IN TXT`,
    ...records.map((one) => `update add ${name}. ${ttlSeconds} IN ${one.type} ${value(one)}`),
    ...(owner === null ? [] : [`update add ${ownerName(name)}. ${ttlSeconds} IN TXT "${ownerText(owner)}"`]),
  ];
}

async function detect(machine: Machine): Promise<Detected | null> {
  const { exitCode, stdout } = await machine.run({ ...query`named -v`, allow: [0, 1, 127], quiet: true });
  const version = /^BIND (\S+)/.exec(stdout)?.[1];
  return exitCode === 0 && version !== undefined ? { engine: 'bind', version, options: {} } : null;
}
