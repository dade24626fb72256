import { z } from 'zod';
import type { Machine } from '../../machine/machine.ts';
import type { Changes } from '../../machine/put.ts';
import type { Json } from '../../model/json.ts';
import { Problem } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';
import { type Engine, type EngineHost, engine } from '../engine.ts';
import type { Dns } from './dns.ts';
import { type Answer, HttpApi } from './http-api.ts';
import { baseUrl, credential, zoneOptions } from './options.ts';
import { challengeTtlSeconds, ownerName, ownerText, type ServerRecord, withoutDot } from './records.ts';
import { demandUnchanged, type NameChange, ZoneDns, type ZoneServer } from './zones.ts';

const options = zoneOptions.extend({
  // What Cloudflare takes where the zone is not of its enterprise plan.
  ttlSeconds: z
    .int()
    .min(60)
    .max(86_400)
    .default(300)
    .describe('How long others may remember a record: low means that a site that moves is found sooner'),
  url: baseUrl.default('https://api.cloudflare.com/client/v4').describe('Of another API of the same shape'),
  apiToken: credential.describe('A token that may edit the DNS of these zones, and read them'),
});
type Options = z.output<typeof options>;

export const cloudflare: Engine = engine({
  type: 'dns',
  name: 'cloudflare',
  title: 'Cloudflare: zones that its HTTP API changes',
  options,
  secrets: ['apiToken'],
  open: (host, given): Dns => new ZoneDns(host.machine, new Cloudflare(host, given), given),
});

const zoneList = z.array(z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/), name: z.string() }));
const recordList = z.array(
  z.object({ id: z.string(), name: z.string(), type: z.string(), content: z.string(), ttl: z.number() }),
);
const answered = z.object({ success: z.literal(true), result: z.unknown() });

interface FoundRecord extends ServerRecord {
  readonly id: string;
}

class Cloudflare implements ZoneServer {
  readonly title: string;
  readonly port = 53;
  readonly #machine: Machine;
  readonly #api: HttpApi;
  readonly #lock: string;
  readonly #ids = new Map<string, string>();

  constructor({ machine, paths }: EngineHost, { url, apiToken }: Options) {
    this.title = `Cloudflare (${url})`;
    this.#machine = machine;
    this.#api = new HttpApi(machine, url, new Secret(`Authorization: Bearer ${apiToken}`));
    this.#lock = `${paths.config}/dns.lock`;
  }

  async verify(): Promise<Changes> {
    const [answer] = await this.#api.get(['/zones?per_page=5']);
    this.#parsed(zoneList, 'show its zones', answer);
    return [];
  }

  async zonesAmong(names: readonly string[]): Promise<ReadonlySet<string>> {
    const answers = await this.#api.get(names.map((name) => `/zones?name=${encodeURIComponent(name)}`));
    for (const answer of answers)
      for (const { id, name } of this.#parsed(zoneList, 'show its zones', answer)) this.#ids.set(name, id);
    return new Set(names.filter((name) => this.#ids.has(name)));
  }

  read(zone: string, names: readonly string[]): Promise<readonly FoundRecord[]> {
    return this.#read(zone, names);
  }

  /** One batch, which it carries out whole or not at all: first what is to go, then what is to be. */
  async change(zone: string, changes: readonly NameChange[]): Promise<void> {
    // The API knows no condition, so nobody of ours may come between the look and the change.
    await this.#machine.exclusively(this.#lock, async () => {
      await demandUnchanged(this, zone, changes);
      const names = changes.flatMap(({ after }) => [after.name, ownerName(after.name)]);
      const deletes = (await this.#read(zone, names)).filter(isToGo).map(({ id }) => ({ id }));
      const body = { deletes, posts: changes.flatMap(posts) };
      const request = { method: 'POST', path: `${await this.#zone(zone)}/dns_records/batch`, body } as const;
      const answer = await this.#api.change(request, { status: 200, body: { success: true, result: {} } });
      this.#parsed(z.unknown(), `change the zone ${zone}`, answer);
    });
  }

  async putTexts(zone: string, name: string, texts: readonly string[]): Promise<void> {
    await this.#machine.exclusively(this.#lock, async () => {
      const there = (await this.#read(zone, [name])).filter(({ type }) => type === 'TXT');
      const deletes = there.map(({ id }) => ({ id }));
      const created = texts.map((text) => ({ type: 'TXT', name, content: `"${text}"`, ttl: challengeTtlSeconds }));
      if (deletes.length + created.length === 0) return;
      const body = { deletes, posts: created };
      const request = { method: 'POST', path: `${await this.#zone(zone)}/dns_records/batch`, body } as const;
      const answer = await this.#api.change(request, { status: 200, body: { success: true, result: {} } });
      this.#parsed(z.unknown(), `change the zone ${zone}`, answer);
    });
  }

  /** A name has few records; should there be more than a page of them, it is not one that leads to a site. */
  async #read(zone: string, names: readonly string[]): Promise<readonly FoundRecord[]> {
    const at = await this.#zone(zone);
    const answers = await this.#api.get(
      names.map((name) => `${at}/dns_records?per_page=100&name=${encodeURIComponent(name)}`),
    );
    return answers.flatMap((answer) =>
      this.#parsed(recordList, `show the records of ${zone}`, answer).map(({ id, name, type, content, ttl }) => {
        const value = type === 'TXT' ? content.replace(/^"|"$/g, '') : withoutDot(content);
        return { id, name: name.toLowerCase(), type, ttlSeconds: ttl, value };
      }),
    );
  }

  async #zone(zone: string): Promise<string> {
    if (!this.#ids.has(zone)) await this.zonesAmong([zone]);
    const id = this.#ids.get(zone);
    if (id === undefined) throw new Problem('not-found', `${this.title} does not have the zone ${zone} any more`);
    return `/zones/${id}`;
  }

  #parsed<Shape extends z.ZodType>(
    shape: Shape,
    what: string,
    answer: Answer = { status: 0, body: null },
  ): z.output<Shape> {
    const { status, body } = answer;
    const parsed = answered.safeParse(body);
    const result = shape.safeParse(parsed.success ? parsed.data.result : undefined);
    if (status === 200 && parsed.success && result.success) return result.data;
    const isToken = status === 401 || status === 403;
    throw new Problem(
      isToken ? 'forbidden' : 'command-failed',
      `${this.title} did not ${what}: ${status} ${errorsOf(body)}`,
      {
        hint: isToken
          ? 'Give the dns service a token that may edit the DNS of the zone (apiToken).'
          : 'Try again in a moment; the status page of the provider may say more.',
      },
    );
  }
}

const isToGo = ({ name, type, value }: FoundRecord): boolean =>
  name.startsWith('_aegir.') ? type === 'TXT' && value.startsWith('aegir=') : ['A', 'AAAA', 'CNAME'].includes(type);

function posts({ after: { name, records, ttlSeconds, owner } }: NameChange): readonly Json[] {
  const made = records.map(({ type, value }) => ({ type, name, content: value, ttl: ttlSeconds, proxied: false }));
  if (owner === null) return made;
  return [...made, { type: 'TXT', name: ownerName(name), content: `"${ownerText(owner)}"`, ttl: ttlSeconds }];
}

function errorsOf(body: Json): string {
  const parsed = z.object({ errors: z.array(z.object({ message: z.string() })) }).safeParse(body);
  return parsed.success
    ? parsed.data.errors
        .map(({ message }) => message)
        .join('; ')
        .slice(0, 300)
    : '';
}
