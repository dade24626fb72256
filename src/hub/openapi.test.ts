import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { endpointNames, endpointOf } from '../api/endpoints.ts';
import { openApi } from './openapi.ts';

type Json = Readonly<Record<string, unknown>>;
const document = JSON.parse(JSON.stringify(openApi('1.0.0')));

/** Every value below, with the path to it. */
function* everything(value: unknown, path = '#'): Generator<readonly [string, unknown]> {
  yield [path, value];
  if (value === null || typeof value !== 'object') return;
  for (const [key, part] of Object.entries(value))
    yield* everything(part, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
}

test('the document is OpenAPI 3.1 with all that it must have', () => {
  assert.match(document.openapi, /^3\.1\.\d+$/);
  assert.ok(document.info.title && document.info.version);
  assert.deepEqual(Object.keys(document.components.securitySchemes), ['token']);
  const known = new Set(['openapi', 'info', 'servers', 'security', 'paths', 'components']);
  assert.deepEqual(
    Object.keys(document).filter((key) => !known.has(key)),
    [],
  );
});

test('every endpoint of the table is in it, and nothing else', () => {
  const wanted = endpointNames.map((name) => {
    const { method, path } = endpointOf(name);
    return `${method} ${path.replace(/:(\w+)/g, '{$1}')}`;
  });
  assert.equal(new Set(wanted).size, wanted.length, 'two endpoints of one method and path');
  const found = Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  assert.deepEqual(found.toSorted(), wanted.toSorted());
});

test('every reference resolves', () => {
  const places = new Map(everything(document));
  const references = [...places].filter(([path]) => path.endsWith('/$ref'));
  assert.ok(references.length > 50);
  for (const [path, target] of references) assert.ok(places.has(String(target)), `${path} refers to ${String(target)}`);
  // Nothing of zod's own is left over.
  for (const [path, value] of places) {
    assert.ok(!/\/(?:\$defs|\$schema|~standard)$/.test(path), path);
    if (typeof value === 'string') assert.ok(!value.startsWith('#/$defs'), path);
  }
});

const operations = Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    path,
    method,
    operation: operation as Json,
    where: `${method} ${path}`,
  })),
);

test('every operation has an id of its own', () => {
  const ids = operations.map(({ operation }) => String(operation['operationId']));
  for (const id of ids) assert.match(id, /^[a-z][A-Za-z]+$/);
  assert.equal(new Set(ids).size, ids.length);
});

test('every place of a path is declared, and no other', () => {
  for (const { path, operation, where } of operations) {
    const parameters = operation['parameters'] as { name: string; in: string; required: boolean; schema: Json }[];
    const inPath = parameters.filter((one) => one.in === 'path');
    const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    assert.deepEqual(
      inPath.map(({ name }) => name),
      wanted,
      where,
    );
    assert.ok(
      inPath.every(({ required }) => required),
      where,
    );
    assert.ok(
      parameters.every((one) => one.schema && ['path', 'query', 'header'].includes(one.in)),
      where,
    );
  }
});

test('every operation says what it answers, also for failure', () => {
  for (const { method, operation, where } of operations) {
    assert.equal('requestBody' in operation && method === 'get', false, where);
    const responses = operation['responses'] as Readonly<Record<string, { description: string; content: Json }>>;
    assert.ok(
      Object.keys(responses).some((status) => /^2\d\d$/.test(status)),
      where,
    );
    for (const status of ['4XX', '5XX']) assert.ok(responses[status]?.content['application/problem+json'], where);
    assert.ok(
      Object.values(responses).every(({ description }) => description !== ''),
      where,
    );
  }
});

test('answers of the hub are shapes by name', () => {
  const names = Object.keys(document.components.schemas);
  for (const name of ['Problem', 'Client', 'Server', 'Service', 'Platform', 'Site', 'Task', 'TaskWithSteps', 'Token'])
    assert.ok(names.includes(name), name);
  for (const schema of Object.values<Json>(document.components.schemas)) assert.equal(schema['type'], 'object');
});

/** What a linter of others says, with all of its rules that it recommends as errors. */
async function lint(text: string): Promise<readonly string[]> {
  const config = await createConfig({ extends: ['recommended-strict'] });
  const problems = await lintFromString({ source: text, absoluteRef: '/openapi.json', config });
  return problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer ?? ''}`);
}

test('a linter for OpenAPI finds nothing, and would find what is wrong', async () => {
  assert.deepEqual(await lint(JSON.stringify(document)), []);
  const twice = JSON.stringify(document).replace('"siteGet"', '"siteList"');
  const nowhere = JSON.stringify(document).replace('#/components/schemas/Site"', '#/components/schemas/Nothing"');
  assert.match((await lint(twice)).join('\n'), /operation-operationId-unique/);
  assert.match((await lint(nowhere)).join('\n'), /no-unresolved-refs/);
});
