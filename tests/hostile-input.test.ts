// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are sent as they stand here.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { paramNames } from '../src/api/endpoint.ts';
import { type EndpointName, endpointNames, endpointOf } from '../src/api/endpoints.ts';
import { hostName } from '../src/model/host-name.ts';
import { hostileOthers, hostileTexts } from './kit/hostile-values.ts';
import { type Answered, furnished, setStatus, type TestHub } from './kit/hub.ts';
import { answersLooks } from './kit/look-answers.ts';

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
}
/** One place where a text may stand: in the path, the query, or a field of the body. */
interface Place {
  readonly endpoint: EndpointName;
  readonly at: 'path' | 'query' | 'body';
  readonly path: readonly (string | number)[];
}

/** Every text field below a schema, from the table of endpoints itself: a new field is attacked without a line here. */
function* textFields(schema: Schema, path: readonly (string | number)[] = []): Generator<readonly (string | number)[]> {
  for (const one of schema.anyOf ?? []) yield* textFields(one, path);
  if (schema.type === 'array' && schema.items) yield* textFields(schema.items, [...path, 0]);
  else if (schema.type === 'object' && schema.properties)
    for (const [key, part] of Object.entries(schema.properties)) yield* textFields(part, [...path, key]);
  else if (!schema.anyOf && schema.type !== 'boolean') yield path;
  if (schema.type === 'object' && !schema.properties) yield [...path, 'key'];
}

function placesOf(endpoint: EndpointName): readonly Place[] {
  const { path, query, body } = endpointOf(endpoint);
  // zod writes what JSON schema can say of it; that is enough to find the places.
  const fields = (of: z.ZodType | undefined): Schema =>
    of ? (z.toJSONSchema(of, { io: 'input', unrepresentable: 'any' }) as Schema) : {};
  const keys = (paths: Iterable<readonly (string | number)[]>) =>
    new Map([...paths].map((one) => [one.join('.'), one])).values();
  return [
    ...paramNames(path).map((name): Place => ({ endpoint, at: 'path', path: [name] })),
    ...(query ? [...keys(textFields(fields(query)))].map((path): Place => ({ endpoint, at: 'query', path })) : []),
    ...(body ? [...keys(textFields(fields(body)))].map((path): Place => ({ endpoint, at: 'body', path })) : []),
  ];
}

/** A request that is good but for what is put into it. Names are new each time, so that only the value decides. */
let made = 0;
function goodRequest(endpoint: EndpointName): { params: Record<string, string>; body: Record<string, unknown> } {
  made += 1;
  const name = `n${made}`;
  const bodies: { readonly [Name in EndpointName]?: Record<string, unknown> } = {
    'client create': { name },
    'account create': { name },
    'role create': { name, permissions: ['site read'] },
    'membership create': { account: 'ada', role: 'viewer' },
    'server create': { name },
    'service create': { type: 'http', engine: 'nginx' },
    'platform create': { name, root: `/var/aegir/platforms/${name}`, server: 'master' },
    'site create': { name: `${name}.example.com`, platform: 'd10', certificatePath: '/a.pem', keyPath: '/a.key' },
    'site set': { certificatePath: '/a.pem', keyPath: '/a.key' },
    'server task': { name: 'server verify' },
    'platform task': { name: 'platform verify' },
    'site task': { name: 'site verify' },
    'setting set': { value: 'www-data' },
    'notification choose': { kind: 'task failed', account: 'ada' },
    'webhook create': { url: 'https://hook.example.com/', account: 'ada' },
  };
  const noun = endpoint.split(' ')[0] ?? '';
  const names: Readonly<Record<string, string>> = {
    ...{ client: 'acme', account: 'ada', server: 'master', service: 'master', platform: 'd10', site: 'example.com' },
    ...{ queue: 'task', setting: 'site.run-user', role: 'editor' },
  };
  const params = {
    name: names[noun] ?? 'x',
    type: 'http',
    task: '1',
    token: '1',
    webhook: '1',
    context: '@example.com',
  };
  return { params, body: bodies[endpoint] ?? {} };
}

function requestWith({ endpoint, at, path }: Place, value: unknown): { url: string; body: unknown } {
  const { params, body } = goodRequest(endpoint);
  const words = new URLSearchParams();
  const put: Record<string, unknown> = { ...params };
  if (at === 'path') put[String(path[0])] = value;
  if (at === 'query') words.set(path.join('.'), String(value));
  const filled = endpointOf(endpoint).path.replace(/:(\w+)/g, (_, key: string) =>
    encodeURIComponent(String(put[key]).toWellFormed()),
  );
  const url = words.size > 0 ? `${filled}?${words}` : filled;
  return { url, body: at === 'body' ? withValue(body, path, value) : body };
}

function withValue(into: unknown, [key, ...rest]: readonly (string | number)[], value: unknown): unknown {
  if (key === undefined) return value;
  if (typeof key === 'number') return [withValue({}, rest, value)];
  const before = (into ?? {}) as Record<string, unknown>; // A request's body is an object all the way down.
  return { ...before, [key]: withValue(before[key], rest, value) };
}

/** What was stored in this field, as the answer shows it: in the subject itself, or in the row inside of the answer. */
function stored(answer: Answered, noun: string, [first]: readonly (string | number)[]): unknown {
  const row = answer?.[noun] ?? answer?.about ?? answer?.task ?? answer;
  return row?.[first === undefined ? '' : String(first)];
}

/** These are resolved, or chosen from a list: the answer has the name of what was meant. */
const references = new Set(['platform', 'client', 'server', 'account', 'role', 'dbServer', 'engine', 'type']);
const hostFields = new Set(['name', 'redirection', 'aliases']);

function assertKept(place: Place, value: unknown, answer: Answered): void {
  const [field] = place.path;
  const noun = place.endpoint.split(' ')[0] ?? '';
  if (answer?.coalesced === true) return; // It is the task that waits already.
  if (place.at !== 'body' || place.path.length > 1 || references.has(String(field))) return;
  const found = stored(answer, noun, place.path);
  if (found === undefined || Array.isArray(found) || field === 'options') return; // options are merged
  const isHost = noun === 'site' && hostFields.has(String(field));
  const expected = isHost && typeof value === 'string' ? hostName(value) : value;
  const isTime = /At$/.test(String(field));
  if (!isTime) assert.deepEqual(found, expected, `${place.endpoint} ${place.path.join('.')}`);
}

/** `before`: how many rows there were, where the request could change that. */
async function attack(
  hub: TestHub,
  place: Place,
  value: unknown,
  before: Readonly<Record<string, number>> | null,
): Promise<'refused' | 'kept'> {
  const { method } = endpointOf(place.endpoint);
  const { url, body } = requestWith(place, value);
  const what = `${place.endpoint} ${place.at} ${place.path.join('.')} = ${JSON.stringify(value)?.slice(0, 100)}`;
  const { status, body: answer, response } = await hub.ask(method, url, method === 'GET' ? undefined : body);
  assert.ok(status < 500, `${what}: ${status} ${JSON.stringify(answer)} ${String(hub.bugs.at(-1))}`);
  if (status >= 400) {
    assert.equal(response.headers.get('content-type'), 'application/problem+json', what);
    assert.ok(answer.code && answer.title && answer.detail, what);
    assert.ok(JSON.stringify(answer).length < 40_000, `${what}: the answer repeats all of it`);
    if (before) assert.deepEqual(await hub.counts(), before, `${what}: refused, and something was written`);
    return 'refused';
  }
  assertKept(place, value, answer);
  return 'kept';
}

/** Nothing is changed by them, so several at a time are asked. Answers how many were no problem. */
async function readAll(hub: TestHub, place: Place, values: readonly unknown[]): Promise<number> {
  let kept = 0;
  const rest = values.values();
  const one = async (): Promise<void> => {
    for (const value of rest) if ((await attack(hub, place, value, null)) === 'kept') kept += 1;
  };
  await Promise.all(Array.from({ length: 6 }, one));
  return kept;
}

async function writeAll(hub: TestHub, place: Place, values: readonly unknown[]): Promise<number> {
  let kept = 0;
  let before = await hub.counts();
  for (const value of values) {
    if ((await attack(hub, place, value, before)) === 'refused') continue;
    kept += 1;
    before = await hub.counts();
  }
  return kept;
}

/** Leaves what the attacks stand on as it was: renamed, locked or deleted things would make all that follows refused. */
async function restore(hub: TestHub): Promise<void> {
  await setStatus(hub, 'client', 'acme', 'enabled');
  await setStatus(hub, 'account', 'ada', 'enabled');
}

const streams: ReadonlySet<EndpointName> = new Set(['task stream']);

test(`${hostileTexts.length} hostile texts and ${hostileOthers.length} other values against every field of the API`, async (t) => {
  assert.ok(hostileTexts.length >= 200);
  const hub = await furnished(t);
  await answersLooks(t, hub);
  await hub.good('POST', '/api/clients', { name: 'acme' });
  await hub.good('POST', '/api/accounts', { name: 'ada' });
  await hub.good('POST', '/api/webhooks', { url: 'https://hook.example.com/', account: 'ada' });
  await hub.good('POST', '/api/roles', { name: 'editor', permissions: ['site read'] });
  await hub.good('POST', '/api/sites', { name: 'example.com', platform: 'd10' });
  await setStatus(hub, 'site', 'example.com', 'enabled');
  const places = endpointNames.filter((name) => !streams.has(name)).flatMap(placesOf);
  let [requests, kept] = [0, 0];
  for (const [number, place] of places.entries()) {
    // A tenth of them for each field, and another tenth for the next: all fields together meet each many times.
    const values = (place.at === 'body' ? [...hostileTexts, ...hostileOthers] : hostileTexts)
      .filter((_, at) => (at + number) % 10 === 0)
      .filter((value) => place.at !== 'path' || (value !== '.' && value !== '..' && value !== '')); // those are another address
    requests += values.length;
    kept +=
      endpointOf(place.endpoint).method === 'GET'
        ? await readAll(hub, place, values)
        : await writeAll(hub, place, values);
    await restore(hub);
  }
  assert.deepEqual(hub.bugs, []);
  t.diagnostic(
    `${places.length} fields, ${requests} requests, ${requests - kept} refused, ${kept} kept as they were sent`,
  );
});

test('a title is kept as it was written, to the last mark', async (t) => {
  const hub = await furnished(t);
  for (const title of [
    "O'Neill & Söhne",
    '<b>not bold</b>',
    '日本語',
    '👩‍👩‍👧‍👦',
    "Robert'); DROP TABLE site;--",
    '  two  spaces  ',
    '100 %',
    '${x}',
    '\\n',
  ]) {
    await hub.good('PATCH', '/api/platforms/d10', { title });
    assert.equal((await hub.good('GET', '/api/platforms/d10')).title, title);
    assert.equal((await hub.good('GET', `/api/platforms?q=${encodeURIComponent(title)}`)).items[0]?.title, title);
  }
});
