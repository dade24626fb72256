import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { endpointOf } from '../src/api/endpoints.ts';
import { hostileOthers, hostileTexts } from './kit/hostile-values.ts';
import { cakes, withOffer } from './kit/offers.ts';
import { SignUpVisitor } from './kit/sign-up-visitor.ts';

// What strangers send to order a site: whatever it is, it is refused with a problem and nothing is made, or it is a good order.

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom(...hostileTexts),
  fc.integer({ min: 0, max: 60_000 }).map((length) => 'a'.repeat(length)),
);
const anything = fc.oneof(anyText, fc.constantFrom(...hostileOthers), fc.jsonValue({ maxDepth: 3 }));

/** Values of a schema, most of them as it wants them, and at each place now and then what nobody wants. */
function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary: fitting(schema) }, { weight: 1, arbitrary: anything });
}

function fitting(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(fitting));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.type === 'object') return objects(schema);
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'number') return fc.double();
  if (schema.format === 'email')
    return fc.oneof({ weight: 4, arbitrary: fc.emailAddress() }, { weight: 1, arbitrary: anyText });
  if (schema.pattern !== undefined)
    return fc.oneof(
      { weight: 4, arbitrary: fc.stringMatching(withoutLooks(schema.pattern)) },
      { weight: 1, arbitrary: anyText },
    );
  return fc.string({
    unit: 'grapheme',
    minLength: schema.minLength ?? 0,
    maxLength: Math.min(schema.maxLength ?? 50, 300),
  });
}

/** What the library cannot make of itself: some of what is made then does not fit, which is as well. */
const withoutLooks = (pattern: string): RegExp => new RegExp(pattern.replace(/\(\?<?[!=][^)]*\)/g, ''));

function objects({ properties = {}, required = [], additionalProperties }: Schema): fc.Arbitrary<unknown> {
  const known = Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, valuesOf(value)]));
  // Each field may be missing: the ones that must be there too, now and then.
  const some = fc.record(known, { requiredKeys: [...required] });
  const less = fc.record(known, { requiredKeys: [] });
  const given = fc.oneof({ weight: 6, arbitrary: some }, { weight: 1, arbitrary: less });
  const names = fc.oneof(fc.constantFrom('slogan', 'old', '__proto__', 'constructor'), anyText);
  const more = fc.dictionary(names, additionalProperties ? valuesOf(additionalProperties) : anything, { maxKeys: 3 });
  return additionalProperties
    ? more
    : fc.oneof(
        { weight: 6, arbitrary: given },
        { weight: 1, arbitrary: fc.tuple(given, more).map(([one, other]) => ({ ...one, ...other })) },
      );
}

// zod writes what JSON schema can say of it: enough to make values.
const schema = z.toJSONSchema(endpointOf('order create').body ?? z.never(), {
  io: 'input',
  unrepresentable: 'any',
}) as Schema;

const runs = 200;

test(`${runs} orders made from the schema of the API: refused with a problem, and nothing made, or good`, async (t) => {
  const made = await withOffer(t, { dailyMax: 1_000_000 });
  await made.good('PATCH', '/api/settings/order.hourly-max', { value: 1_000_000 });
  await made.good('PATCH', '/api/settings/api.requests-per-minute', { value: null });
  const { token } = made;
  let [before, good] = [await made.counts(), 0];
  const one = async (body: unknown): Promise<void> => {
    const raw = JSON.stringify(body) ?? '';
    const { status, body: answer, response } = await made.ask('POST', '/api/saas/sites', undefined, { token, raw });
    const what = `${raw.slice(0, 400)}: ${status} ${JSON.stringify(answer).slice(0, 400)} ${String(made.bugs.at(-1))}`;
    if (status === 201) {
      good += 1;
      before = await made.counts();
      return;
    }
    assert.ok(status >= 400 && status < 500, what);
    assert.equal(response.headers.get('content-type'), 'application/problem+json', what);
    assert.ok(answer.code && answer.title && answer.detail && answer.status === status, what);
    assert.ok(JSON.stringify(answer).length < 40_000, `the answer repeats all of it: ${what}`);
    assert.deepEqual(await made.counts(), before, `refused, and something was made: ${what}`);
  };
  await fc.assert(fc.asyncProperty(fitting(schema), one), { numRuns: runs });
  await fc.assert(fc.asyncProperty(anything, one), { numRuns: 40 });
  for (const name of hostileTexts.filter((_, at) => at % 4 === 0)) await one({ ...cakes, name });
  assert.ok(good > 5, `only ${good} were good: the values are too wild to say anything`);
  assert.deepEqual(made.bugs, []);
  t.diagnostic(`${good} of them were good orders`);
});

test('what is no JSON, too large, or not for this place is refused too', async (t) => {
  const made = await withOffer(t);
  const { token } = made;
  const before = await made.counts();
  const huge = JSON.stringify({ ...cakes, values: { slogan: 'x'.repeat(1_000_001) } });
  const raws = [
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '1e999',
    '{"name":"a","name":"b"',
    `${'['.repeat(10_000)}`,
    huge,
    Buffer.from([0xff, 0xfe]),
    '{"a":"\\ud800"}',
  ];
  for (const raw of raws) {
    const { status, response } = await made.ask('POST', '/api/saas/sites', undefined, { token, raw });
    assert.ok(status >= 400 && status < 500, `${String(raw).slice(0, 60)}: ${status}`);
    assert.equal(response.headers.get('content-type'), 'application/problem+json');
  }
  for (const order of hostileTexts.filter((text) => text !== '' && text !== '.' && text !== '..')) {
    const path = `/api/saas/sites/${encodeURIComponent(order.toWellFormed())}`;
    const { status } = await made.ask('GET', path.slice(0, 8000), undefined, { token });
    assert.ok(status >= 400 && status < 500, `${order.slice(0, 60)}: ${status}`);
  }
  for (const key of ['', ' ', 'ä', 'x'.repeat(201), 'a b']) {
    const headers = { 'idempotency-key': encodeURIComponent(key) === key ? key : '\u00e4' };
    const { status } = await made.ask('POST', '/api/saas/sites', { ...cakes, name: '-' }, { token, headers });
    assert.ok(status >= 400 && status < 500);
  }
  assert.deepEqual(await made.counts(), before);
  assert.deepEqual(made.bugs, []);
});

test('whatever is typed into the sign-up page is shown as text or refused, and nothing is made', async (t) => {
  const made = await withOffer(t, { signUp: true });
  await made.good('PATCH', '/api/settings/mail.smtp', {
    value: { host: '127.0.0.1', port: 9, from: 'hub@example.com', tls: 'none' },
  });
  await made.good('PATCH', '/api/settings/sign-up.hourly-max', { value: 1_000_000 });
  await made.good('PATCH', '/api/offers/shops', { dailyMax: 1_000_000 });
  const before = await made.counts();
  const visitor = new SignUpVisitor(made.app);
  const field = fc.oneof(anyText, fc.constant("<script>alert('x')</script>"));
  const fields = fc.record(
    {
      name: field,
      title: field,
      email: fc.oneof(field, fc.emailAddress()),
      account: field,
      'v.slogan': field,
      'v.old': field,
    },
    { requiredKeys: [] },
  );
  const property = fc.asyncProperty(
    fields,
    fc.constantFrom('/sign-up/shops', '/sign-up/-/confirm'),
    async (typed, path) => {
      const { status, text } = await visitor.send(path, Object.fromEntries(Object.entries(typed)));
      assert.ok(status < 500, `${status} ${JSON.stringify(typed).slice(0, 300)} ${String(made.bugs.at(-1))}`);
      assert.doesNotMatch(text, /<script/);
    },
  );
  await fc.assert(property, { numRuns: 120 });
  assert.deepEqual(await made.counts(), before);
  assert.deepEqual(made.bugs, []);
});
