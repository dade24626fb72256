import { z } from 'zod';
import { endpoint, listQuery, page, sortedQuery } from '../endpoint.ts';
import { serverLoad } from '../look-shapes.ts';
import * as shape from '../shapes.ts';
import * as text from '../text.ts';

const options = z.record(z.string().max(63), z.unknown());
const wantedService = {
  engine: text.word.describe("Name of the engine: 'nginx', 'mysql', …"),
  options: options.optional().describe('What the engine can be told; see GET /api/engines'),
};

export const serverEndpoints = {
  'server list': endpoint({
    method: 'GET',
    path: '/api/servers',
    summary: 'Servers with their services',
    query: sortedQuery({ status: z.enum(['queued', 'enabled', 'failed', 'locked', 'deleted']).optional() }, [
      'name',
      'status',
      'host',
      'verified',
    ]),
    answer: page(shape.server),
  }),
  'server get': endpoint({ method: 'GET', path: '/api/servers/:name', summary: 'One server', answer: shape.server }),
  'server load': endpoint({
    method: 'GET',
    path: '/api/servers/:name/load',
    summary: 'How much a server has to do at this moment; a worker looks, which takes a second',
    answer: serverLoad,
  }),
  'server create': endpoint({
    method: 'POST',
    path: '/api/servers',
    summary: 'Make a server known, with its services, and verify it',
    body: z.strictObject({
      name: text.short,
      title: text.title.optional(),
      host: text.serverHost.optional().describe("Where ssh finds it; 'localhost', the hub's own machine, unless given"),
      root: text.path.optional().describe("Below this lies all that we keep there; '/var/aegir' unless given"),
      data: text.data.optional(),
      services: z
        .array(z.strictObject({ type: text.word, ...wantedService }))
        .max(20)
        .optional(),
    }),
    answer: z.object({ server: shape.server, task: shape.task }),
    status: 201,
  }),
  'server set': endpoint({
    method: 'PATCH',
    path: '/api/servers/:name',
    summary: 'Change the given fields of a server and verify it; null resets',
    body: z.strictObject({
      title: text.title.nullable().optional(),
      host: text.serverHost.nullable().optional(),
      data: text.data.nullable().optional(),
    }),
    answer: z.object({ server: shape.server, task: shape.task }),
  }),
  'server delete': endpoint({
    method: 'DELETE',
    path: '/api/servers/:name',
    summary: 'Forget a server that nothing stands on; nothing is touched there',
    answer: z.object({ deleted: z.string() }),
  }),
  'service list': endpoint({
    method: 'GET',
    path: '/api/servers/:name/services',
    summary: 'What a server offers',
    query: listQuery({}),
    answer: page(shape.service),
  }),
  'service get': endpoint({
    method: 'GET',
    path: '/api/servers/:name/services/:type',
    summary: 'One service, by its type',
    answer: shape.service,
  }),
  'service create': endpoint({
    method: 'POST',
    path: '/api/servers/:name/services',
    summary: 'Add a service to a server and verify the server',
    body: z.strictObject({ type: text.word, ...wantedService }),
    answer: z.object({ service: shape.service, task: shape.task }),
    status: 201,
  }),
  'service set': endpoint({
    method: 'PATCH',
    path: '/api/servers/:name/services/:type',
    summary: 'Change engine or options of a service; verifies the server and what stands on it',
    body: z.strictObject({
      engine: text.word.optional(),
      options: options.nullable().optional().describe('Only the given options change; null resets one, or all'),
    }),
    answer: z.object({ service: shape.service, tasks: z.array(shape.task) }),
  }),
  'service delete': endpoint({
    method: 'DELETE',
    path: '/api/servers/:name/services/:type',
    summary: 'Remove a service that nothing uses',
    answer: z.object({ deleted: z.string() }),
  }),
};
