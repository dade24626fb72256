import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointNames, endpointOf } from '../src/api/endpoints.ts';
import { builtIn } from '../src/built-in.ts';
import { schemaOf } from '../src/hub/json-schema.ts';
import { settings } from '../src/hub/setting.ts';
import { permissions } from '../src/model/permission.ts';
import { fr } from '../src/ui/text/fr.ts';

/** The name of every field within a JSON schema. */
function* namesIn(schema: unknown): Generator<string> {
  if (typeof schema !== 'object' || schema === null) return;
  if ('properties' in schema) yield* Object.keys(schema.properties ?? {});
  for (const part of Object.values(schema)) yield* namesIn(part);
}

/** Every description within a JSON schema. */
function* descriptionsIn(schema: unknown): Generator<string> {
  if (typeof schema !== 'object' || schema === null) return;
  if ('description' in schema && typeof schema.description === 'string') yield schema.description;
  for (const part of Object.values(schema)) yield* descriptionsIn(part);
}

test('every field that a form can ask for is described in French too, and nothing that is not there any more', () => {
  const bodies = endpointNames.map(endpointOf).flatMap(({ body }) => (body ? [body] : []));
  const schemas = [
    ...bodies,
    ...builtIn.taskTypes.map(({ args }) => args),
    ...builtIn.engines.map(({ options }) => options),
    ...Object.values(settings).map(({ schema }) => schema),
  ];
  const abouts = [...Object.values(settings), ...Object.values(permissions)].map(({ about }) => about);
  const said = new Set([...abouts, ...schemas.flatMap((schema) => [...descriptionsIn(schemaOf(schema))])]);
  assert.ok(said.size > 100, `${said.size} descriptions`);
  const known = new Set(Object.keys(fr.described));
  assert.deepEqual([[...said.difference(known)], [...known.difference(said)]], [[], []]);
});

test('every field that a form or a filter can ask for has a name of its own in the panel', () => {
  // Of what the panel asks by pages and dialogs of its own.
  const unasked = [
    'limit',
    'after',
    'q',
    'sort',
    'recoveryCode',
    'passkey',
    'search',
    'old',
    'new',
    'secret',
    'attempt',
  ];
  const asked = endpointNames
    .map(endpointOf)
    .flatMap(({ body, query }) => [body, query].filter((one) => one !== undefined));
  const schemas = [
    ...asked,
    ...builtIn.taskTypes.map(({ args }) => args),
    ...builtIn.engines.map(({ options }) => options),
  ];
  const names = new Set(schemas.flatMap((schema) => [...namesIn(schemaOf(schema))]));
  assert.deepEqual(
    [...names].filter((name) => !(name in fr.fields) && !unasked.includes(name)),
    [],
  );
});
