import { z } from 'zod';
import { query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Changes } from '../../machine/put.ts';
import type { Json } from '../../model/json.ts';
import { Problem } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';
import { type Detected, type Engine, type EngineHost, engine } from '../engine.ts';
import { type Dns, leadingTypes } from './dns.ts';
import { type Answer, HttpApi } from './http-api.ts';
import { baseUrl, credential, port, zoneOptions } from './options.ts';
import { challengeTtlSeconds, ownerName, ownerText, type ServerRecord, withoutDot } from './records.ts';
import { demandUnchanged, type NameChange, ZoneDns, type ZoneServer } from './zones.ts';

const options = zoneOptions.extend({
  url: baseUrl.default('http://127.0.0.1:8081').describe('Where its webserver answers'),
  serverId: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,100}$/)
    .default('localhost'),
  apiKey: credential.describe('As in pdns.conf'),
  port,
});
type Options = z.output<typeof options>;

export const powerdns: Engine = engine({
  type: 'dns',
  name: 'powerdns',
  title: 'PowerDNS: zones that its HTTP API changes',
  options,
  secrets: ['apiKey'],
  open: (host, given): Dns => new ZoneDns(host.machine, new PowerDns(host, given), given),
  detect,
});

const zoneList = z.array(z.object({ name: z.string() }));
const zoneAnswer = z.object({
  rrsets: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      ttl: z.int(),
      records: z.array(z.object({ content: z.string(), disabled: z.boolean().optional() })),
    }),
  ),
});

/** Of more names than this it is not asked one by one whether they are zones. */
const zonesAskedMax = 50;

class PowerDns implements ZoneServer {
  readonly title: string;
  readonly port: number;
  readonly #machine: Machine;
  readonly #api: HttpApi;
  readonly #server: string;
  readonly #lock: string;

  constructor({ machine, paths }: EngineHost, { url, serverId, apiKey, port: at }: Options) {
    this.title = `PowerDNS at ${url}`;
    this.port = at;
    this.#machine = machine;
    this.#api = new HttpApi(machine, url, new Secret(`X-API-Key: ${apiKey}`));
    this.#server = `/api/v1/servers/${serverId}`;
    this.#lock = `${paths.config}/dns.lock`;
  }

  async verify(): Promise<Changes> {
    const [answer] = await this.#api.get([this.#server]);
    if (answer?.status !== 200) throw this.#problem('let us in', answer);
    return [];
  }

  async zonesAmong(names: readonly string[]): Promise<ReadonlySet<string>> {
    // The list of all is one request, and has some hundred bytes for each zone.
    const wanted = names.length > zonesAskedMax ? [''] : names.map((name) => `&zone=${encodeURIComponent(name)}.`);
    const answers = await this.#api.get(wanted.map((which) => `${this.#server}/zones?dnssec=false${which}`));
    const all = new Set(
      answers.flatMap((answer) => this.#parsed(zoneList, answer).map(({ name }) => withoutDot(name))),
    );
    return new Set(names.filter((name) => all.has(name)));
  }

  async read(zone: string, names: readonly string[]): Promise<readonly ServerRecord[]> {
    const answers = await this.#api.get(
      names.map((name) => `${this.#zone(zone)}?rrset_name=${encodeURIComponent(name)}.`),
    );
    return answers.flatMap((answer) => recordsOf(this.#parsed(zoneAnswer, answer)));
  }

  async readWhole(zones: readonly string[]): Promise<ReadonlyMap<string, readonly ServerRecord[]>> {
    const answers = await this.#api.get(zones.map((zone) => this.#zone(zone)));
    return new Map(
      answers.flatMap((answer, at) =>
        // One that has gone meanwhile is asked for by name, and not found.
        answer.status === 404 ? [] : [[zones[at] ?? '', recordsOf(this.#parsed(zoneAnswer, answer))]],
      ),
    );
  }

  /** One request, which it carries out whole or not at all. */
  async change(zone: string, changes: readonly NameChange[]): Promise<void> {
    // The API knows no condition, so nobody of ours may come between the look and the change.
    await this.#machine.exclusively(this.#lock, async () => {
      await demandUnchanged(this, zone, changes);
      const body = { rrsets: changes.flatMap(rrsets) };
      const answer = await this.#api.change(
        { method: 'PATCH', path: this.#zone(zone), body },
        { status: 204, body: null },
      );
      if (answer.status !== 204) throw this.#problem(`change the zone ${zone}`, answer);
    });
  }

  async putTexts(zone: string, name: string, texts: readonly string[]): Promise<void> {
    const set = {
      ...{ name: `${name}.`, type: 'TXT', ttl: challengeTtlSeconds },
      changetype: texts.length > 0 ? 'REPLACE' : 'DELETE',
      records: texts.map((text) => ({ content: `"${text}"`, disabled: false })),
    };
    const request = { method: 'PATCH', path: this.#zone(zone), body: { rrsets: [set] } } as const;
    const answer = await this.#api.change(request, { status: 204, body: null });
    if (answer.status !== 204) throw this.#problem(`change the zone ${zone}`, answer);
  }

  #zone(zone: string): string {
    return `${this.#server}/zones/${encodeURIComponent(zone)}.`;
  }

  #parsed<Shape extends z.ZodType>(shape: Shape, answer: Answer): z.output<Shape> {
    const parsed = shape.safeParse(answer.body);
    if (answer.status !== 200 || !parsed.success) throw this.#problem('answer what we asked', answer);
    return parsed.data;
  }

  #problem(what: string, { status, body }: Answer = { status: 0, body: null }): Problem {
    const isKey = status === 401 || status === 403;
    const said = JSON.stringify(body).slice(0, 300);
    return new Problem(isKey ? 'forbidden' : 'command-failed', `${this.title} did not ${what}: ${status} ${said}`, {
      hint: isKey ? 'Correct the option apiKey of the dns service.' : 'Its own log says more.',
    });
  }
}

const recordsOf = ({ rrsets }: z.output<typeof zoneAnswer>): readonly ServerRecord[] =>
  rrsets.flatMap(({ name, type, ttl, records }) =>
    records
      .filter(({ disabled = false }) => !disabled)
      .map(({ content }) => ({
        name: withoutDot(name).toLowerCase(),
        type,
        ttlSeconds: ttl,
        value: plainValue(type, content),
      })),
  );

const plainValue = (type: string, content: string): string =>
  type === 'TXT' ? content.replace(/^"|"$/g, '') : withoutDot(content);

function rrsets({ after: { name, records, ttlSeconds, owner } }: NameChange): readonly Json[] {
  const set = (at: string, type: string, values: readonly string[]): Json => ({
    ...{ name: `${at}.`, type, ttl: ttlSeconds, changetype: values.length > 0 ? 'REPLACE' : 'DELETE' },
    records: values.map((content) => ({ content, disabled: false })),
  });
  const valuesOf = (type: string): readonly string[] =>
    records.filter((one) => one.type === type).map(({ value }) => (type === 'CNAME' ? `${value}.` : value));
  // What goes first: a CNAME has nothing beside it.
  const sets = leadingTypes.map((type) => set(name, type, valuesOf(type)));
  const isGone = (type: string): boolean => valuesOf(type).length === 0;
  return [
    ...sets.filter((_, at) => isGone(leadingTypes[at] ?? '')),
    ...sets.filter((_, at) => !isGone(leadingTypes[at] ?? '')),
    set(ownerName(name), 'TXT', owner === null ? [] : [`"${ownerText(owner)}"`]),
  ];
}

async function detect(machine: Machine): Promise<Detected | null> {
  const { exitCode, stdout, stderr } = await machine.run({
    ...query`pdns_server --version`,
    allow: [0, 1, 99, 127],
    quiet: true,
  });
  const version = /PowerDNS Authoritative Server (\S+)/.exec(stdout + stderr)?.[1];
  return exitCode !== 127 && version !== undefined ? { engine: 'powerdns', version, options: {} } : null;
}
