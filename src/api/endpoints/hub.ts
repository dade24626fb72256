import { z } from 'zod';
import { endpoint, listQuery, page } from '../endpoint.ts';

const schema = z.record(z.string(), z.unknown()).describe('A JSON schema');
const setting = z
  .object({
    name: z.string(),
    about: z.string(),
    value: z.unknown(),
    isDefault: z.boolean(),
    isSecret: z.boolean().describe('Kept sealed, and never shown'),
    schema: schema.describe('Of what it can be, as a JSON schema'),
  })
  .meta({ id: 'Setting' });

export const hubEndpoints = {
  status: endpoint({
    method: 'GET',
    path: '/api/status',
    summary: 'How the hub is',
    answer: z.object({
      version: z.string(),
      database: z.object({ version: z.string() }),
      queue: z.object({
        paused: z.boolean(),
        queued: z.int(),
        running: z.int(),
        stuck: z.int(),
        failedToday: z.int(),
      }),
      workers: z.array(
        z.object({ name: z.string(), startedAt: z.string(), heartbeatAt: z.string(), waiting: z.string().nullable() }),
      ),
      counts: z.object({ servers: z.int(), platforms: z.int(), sites: z.int() }),
      backups: z.object({
        total: z.int(),
        proven: z.int().describe('Of which a site could be made within the last 30 days'),
        sites: z.int().describe('That have one'),
        sitesProven: z.int().describe('That have one that is proven'),
      }),
    }),
  }),
  metrics: endpoint({
    method: 'GET',
    path: '/api/metrics',
    summary: 'How it is, for Prometheus; also at /metrics',
    answer: z.string(),
    text: true,
  }),
  resolve: endpoint({
    method: 'GET',
    path: '/api/resolve/:context',
    summary: 'What a context name means: @server_master, @platform_d10, @example.com',
    answer: z.object({ noun: z.string(), id: z.string(), name: z.string(), context: z.string(), status: z.string() }),
  }),
  'engine list': endpoint({
    method: 'GET',
    path: '/api/engines',
    summary: 'Engines, with the schema of their options',
    query: z.strictObject({ type: z.string().max(63).optional() }),
    answer: z.object({
      items: z.array(
        z.object({
          type: z.string(),
          name: z.string(),
          title: z.string(),
          options: schema,
          secrets: z.array(z.string()),
        }),
      ),
    }),
  }),
  'application list': endpoint({
    method: 'GET',
    path: '/api/applications',
    summary: 'Applications that can be hosted',
    answer: z.object({ items: z.array(z.object({ name: z.string(), title: z.string() })) }),
  }),
  'task-type list': endpoint({
    method: 'GET',
    path: '/api/task-types',
    summary: 'Tasks that can be asked for, with the schema of their arguments',
    answer: z.object({
      items: z.array(
        z.object({
          name: z.string(),
          noun: z.string(),
          verb: z.string(),
          title: z.string(),
          from: z.array(z.string()),
          args: schema,
        }),
      ),
    }),
  }),
  'setting list': endpoint({
    method: 'GET',
    path: '/api/settings',
    summary: 'Settings of the hub, with what they are for',
    query: listQuery({}),
    answer: page(setting),
  }),
  'setting set': endpoint({
    method: 'PATCH',
    path: '/api/settings/:name',
    summary: 'Change a setting; null resets it',
    body: z.strictObject({ value: z.unknown() }),
    answer: setting,
  }),
  openapi: endpoint({
    method: 'GET',
    path: '/api/openapi.json',
    summary: 'This API as an OpenAPI 3.1 document',
    answer: z.looseObject({ openapi: z.string() }),
  }),
};
