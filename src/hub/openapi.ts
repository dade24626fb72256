import { z } from 'zod';
import { paramNames, params } from '../api/endpoint.ts';
import { endpointNames, endpointOf } from '../api/endpoints.ts';
import { problem } from '../api/shapes.ts';
import { comparedBy } from './etag.ts';

type Json = Record<string, unknown>;

/** The table of endpoints as an OpenAPI 3.1 document, whose schemas are JSON Schema 2020-12. */
export function openApi(version: string): { openapi: string } & Json {
  const components: Json = {};
  const schema = (of: z.ZodType, io: 'input' | 'output'): Json => shared(of, io, components);
  const problemSchema = schema(problem, 'output');
  const paths: Record<string, Json> = {};
  for (const name of endpointNames) {
    const { method, path } = endpointOf(name);
    const at = path.replace(/:(\w+)/g, '{$1}');
    paths[at] = { ...paths[at], [method.toLowerCase()]: operation(name, schema, problemSchema) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Aegir',
      version,
      description: 'Hosts sites. Every failure is a problem document (RFC 9457) with a code, a hint and its causes.',
      license: { name: 'GPL-3.0-or-later', identifier: 'GPL-3.0-or-later' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: {
      schemas: components,
      headers: rateHeaders,
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  };
}

const seconds = { type: 'integer', minimum: 0 };
const rateHeaders: Json = {
  'RateLimit-Limit': {
    description: 'How many requests there may be in the time; only where they are counted',
    schema: seconds,
  },
  'RateLimit-Remaining': { description: 'How many there may still be', schema: seconds },
  'RateLimit-Reset': { description: 'In how many seconds it begins anew', schema: seconds },
  'Retry-After': { description: 'In how many seconds it makes sense to ask again', schema: seconds },
};
const rateRefs: Json = Object.fromEntries(
  Object.keys(rateHeaders)
    .filter((name) => name !== 'Retry-After')
    .map((name) => [name, { $ref: `#/components/headers/${name}` }]),
);

type Schema = (of: z.ZodType, io: 'input' | 'output') => Json;

function operation(name: Parameters<typeof endpointOf>[0], schema: Schema, problemSchema: Json): Json {
  const { method, path, summary, query, body, answer, status = 200, stream, upload, file, text } = endpointOf(name);
  const [type] = [
    ...(stream ? ['text/event-stream'] : []),
    ...(file ? ['application/octet-stream'] : []),
    ...(text ? ['text/plain'] : []),
    'application/json',
  ] as const;
  const failure = { description: 'A problem', content: { 'application/problem+json': { schema: problemSchema } } };
  return {
    operationId: name.replace(/[ -](\w)/g, (_, letter) => letter.toUpperCase()),
    summary,
    tags: [name.split(' ')[0]],
    parameters: [
      ...paramNames(path).map((one) => ({
        name: one,
        in: 'path',
        required: true,
        schema: schema(params[one] ?? z.string(), 'input'),
      })),
      ...(query ? inQuery(schema(query, 'input')) : []),
      ...(stream ? [header('Last-Event-ID', 'The number of the last event seen: go on behind it')] : []),
      ...(method === 'POST' && !upload
        ? [header('Idempotency-Key', 'Asked twice with the same key, it is done once')]
        : []),
      ...(comparedBy(name) ? [header('If-Match', 'An etag: do it only if nobody has set anything since')] : []),
    ],
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: schema(body, 'input') } } },
    }),
    ...(upload && { requestBody: { required: true, content: { 'application/octet-stream': {} } } }),
    responses: {
      [status]: {
        description: 'Done',
        headers: rateRefs,
        content: { [type]: file ? {} : { schema: schema(answer, 'output') } },
      },
      429: {
        ...failure,
        description: 'Too many requests of this token, or from this address',
        headers: { ...rateRefs, 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
      },
      '4XX': failure,
      '5XX': failure,
    },
  };
}

const header = (name: string, description: string): Json => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: { type: 'string' },
});

function inQuery({ properties = {}, required = [] }: Json): Json[] {
  const needed = required as readonly string[]; // JSON schema says so
  return Object.entries(properties as Json).map(([name, schema]) => ({
    name,
    in: 'query',
    required: needed.includes(name),
    schema,
    // Several words are said with commas between them.
    ...((schema as Json)['type'] === 'array' && { style: 'form', explode: false }),
  }));
}

/** Shapes with an id go to `components` and are referred to. */
function shared(of: z.ZodType, io: 'input' | 'output', components: Json): Json {
  // Wrapped, because a shape that is the root itself would not be referred to but written out.
  const { properties, $defs = {} } = z.toJSONSchema(z.object({ of }), { io, unrepresentable: 'any' });
  const moved = (schema: unknown): Json =>
    JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));
  for (const [name, schema] of Object.entries($defs)) {
    const { id: _, ...rest } = moved(schema);
    components[name] ??= rest;
  }
  return moved(properties?.['of'] ?? {});
}
