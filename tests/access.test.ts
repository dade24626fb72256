import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paramNames } from '../src/api/endpoint.ts';
import { type EndpointName, endpointNames, endpointOf } from '../src/api/endpoints.ts';
import type { Example, Wanted } from './kit/access-example.ts';
import { askedByAnyone, examples } from './kit/access-examples.ts';
import { type AccessWorld, accessWorld, allCallers, type Caller, type Owner, type Things } from './kit/access-world.ts';
import { answersLooks } from './kit/look-answers.ts';

type Expected = 'answered' | 'refused' | 'not there';

/** What a caller is, for what is this client's; for what is no client's: at all. */
const lettersFor: { readonly [One in Caller]: { readonly [Of in Owner | 'hub']: string } } = {
  r: { acme: 'r', umbra: 'r', hub: 'r' },
  p: { acme: 'p', umbra: 'p', hub: 'p' },
  a: { acme: 'a', umbra: 'a', hub: 'a' },
  v: { acme: 'v', umbra: 'v', hub: 'v' },
  c: { acme: 'c', umbra: '', hub: 'c' },
  l: { acme: 'l', umbra: '', hub: 'l' },
  m: { acme: 'c', umbra: 'l', hub: 'cl' },
  n: { acme: '', umbra: '', hub: '' },
  i: { acme: 'c', umbra: '', hub: 'c' },
};
const anyOf = (letters: string, of: string): boolean => [...letters].some((letter) => of.includes(letter));

/** What nobody does as another: all that is about ways in and rights, but to look who one is, and to leave. */
const theirsOnly =
  /^(?:(?:password|factor|totp|passkey|recovery-code|token|notification|webhook) |(?:account|membership|role) (?!list|get)|session (?:set|confirm|list|delete|end-others)$)/;
const theirWayOut: ReadonlySet<EndpointName> = new Set(['session end', 'session end-impersonation']);

function expected(name: EndpointName, { may, sees }: Example, caller: Caller, of: Owner | 'hub'): Expected {
  const letters = lettersFor[caller][of];
  if (caller === 'i' && theirsOnly.test(name)) return 'refused';
  if (caller === 'i' && theirWayOut.has(name)) return 'answered';
  if (may === '*' || anyOf(letters, may)) return 'answered';
  const asksAtAll = askedByAnyone.has(name) || examples[name].some((one) => anyOf(lettersFor[caller].hub, one.may));
  return !asksAtAll || anyOf(letters, sees) ? 'refused' : 'not there';
}

type Shown = AccessWorld['shown'][Caller];

interface Got {
  readonly status: number;
  readonly text: string;
}

async function ask(world: AccessWorld, name: EndpointName, wanted: Wanted, shown: Shown): Promise<Got> {
  const { method, path, upload } = endpointOf(name);
  const words = new URLSearchParams(wanted.query);
  const filled = path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(wanted.params?.[key] ?? ''));
  const headers = {
    ...shown,
    ...(!upload && wanted.body && { 'content-type': 'application/json' }),
  };
  const body = upload ? String(wanted.body) : JSON.stringify(wanted.body);
  const request = { method, headers, ...(wanted.body !== undefined && { body }) };
  const response = await world.app.request(words.size > 0 ? `${filled}?${words}` : filled, request, { local: false });
  return { status: response.status, text: await textOf(response) };
}

/** All of it, and of a stream, which may go on: its beginning and one line. */
async function textOf(response: Response): Promise<string> {
  if (response.headers.get('content-type') !== 'text/event-stream') return response.text();
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const read = [(await reader?.read())?.value, (await reader?.read())?.value];
  await reader?.cancel();
  return read.join('');
}

/** Nobody can tell what is hidden from what never was: but for its name, which the asker gave, the answers are the same. */
async function assertNotThere(
  world: AccessWorld,
  name: EndpointName,
  example: Example,
  things: Things,
  got: Got,
  shown: Shown,
): Promise<void> {
  const never = await ask(world, name, example.ask(world.absent), shown);
  const same = Object.entries(world.absent).reduce(
    (text, [key, absent]) => text.replaceAll(absent, things[key as keyof Things]), // of the same type
    never.text,
  );
  assert.deepEqual(got, { status: 404, text: same }, name);
}

/** Whoever has no right for umbra must not read of it. */
const ofAcmeOnly: readonly Caller[] = ['c', 'l', 'n', 'i'];

function assertNothingOfUmbra(text: string, what: string): void {
  assert.doesNotMatch(text, /umbra/, what);
  if (!text.startsWith('{')) return;
  const { items, total, next } = JSON.parse(text);
  if (total !== undefined && next === null) assert.equal(total, items.length, `counted is what is shown: ${what}`);
}

async function check(
  world: AccessWorld,
  name: EndpointName,
  example: Example,
  caller: Caller,
  of: Owner | 'hub',
): Promise<void> {
  const things = world.things[of === 'hub' ? 'acme' : of];
  const shown = world.shown[caller];
  const got = await ask(world, name, example.ask(things), shown);
  const what = `${name} of ${of} as ${caller}: ${got.status} ${got.text.slice(0, 600)}`;
  const wanted = expected(name, example, caller, of);
  if (wanted === 'answered') {
    // What is open asks for a password, whoever sends it.
    assert.ok(got.status < 300 || (endpointOf(name).open && got.status !== 403), `should be answered: ${what}`);
    if (ofAcmeOnly.includes(caller)) assertNothingOfUmbra(got.text, what);
  } else if (wanted === 'refused') {
    assert.equal(got.status, 403, `should be refused: ${what}`);
    assert.equal(JSON.parse(got.text).code, 'forbidden');
  } else {
    assert.equal(got.status, 404, `should not be there: ${what}`);
    await assertNotThere(world, name, example, things, got, shown);
  }
}

test('every role at every endpoint, for what is its own, another client’s and the hub’s', async (t) => {
  const world = await accessWorld(t);
  await answersLooks(t, world.hub);
  let count = 0;
  const cells = endpointNames.flatMap((name) =>
    examples[name].flatMap((example) =>
      (example.ofClient ? (['acme', 'umbra'] as const) : (['hub'] as const)).flatMap((of) =>
        allCallers.map((caller) => ({ name, example, of, caller })),
      ),
    ),
  );
  const rest = cells.values();
  const wrong: string[] = [];
  const worker = async (): Promise<void> => {
    for (const { name, example, caller, of } of rest) {
      count += 1;
      await check(world, name, example, caller, of).catch((error: Error) => wrong.push(error.message));
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  assert.deepEqual(wrong, []);
  assert.deepEqual(world.hub.bugs, []);
  t.diagnostic(`${endpointNames.length} endpoints, ${count} requests besides those for what never was`);
});

test('every example names what its endpoint takes', () => {
  for (const name of endpointNames) {
    assert.ok(examples[name].length > 0, `${name} has no example`);
    const isAboutOne = paramNames(endpointOf(name).path).length > 0;
    const things = new Proxy({} as Things, { get: (_, key) => String(key) });
    for (const example of examples[name])
      for (const param of paramNames(endpointOf(name).path))
        assert.ok(!isAboutOne || example.ask(things).params?.[param], `${name}: an example without ${param}`);
  }
});
