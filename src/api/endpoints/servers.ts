import { z } from 'zod';
import { endpoint, listQuery, page, someOf, sortedQuery } from '../endpoint.ts';
import { serverLoad, serverNames } from '../look-shapes.ts';
import * as shape from '../shapes.ts';
import * as text from '../text.ts';

const options = z.record(z.string().max(63), z.unknown());
const publishTo = z
  .enum(['sites', 'servers'])
  .describe("Of a web server: 'servers' for one that is a member or the front of clusters only; 'sites' unless given");
const sshPort = z.int().min(1).max(65_535);
const wantedService = {
  engine: text.word.describe("Name of the engine: 'nginx', 'mysql', …"),
  options: options.optional().describe('What the engine can be told; see GET /api/engines'),
  publishTo: publishTo.optional(),
};

export const serverEndpoints = {
  'server list': endpoint({
    method: 'GET',
    path: '/api/servers',
    summary: 'Servers with their services',
    query: sortedQuery({ status: someOf(['queued', 'enabled', 'failed', 'locked', 'deleted']).optional() }, [
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
  'server names': endpoint({
    method: 'GET',
    path: '/api/servers/:name/names',
    summary: 'Whether the names of all sites lead where they should, as the dns service of a server answers just now',
    answer: serverNames,
  }),
  'server bootstrap': endpoint({
    method: 'GET',
    path: '/api/servers/:name/bootstrap',
    summary: 'The script that makes a machine this server, to be run there as root',
    answer: z.object({
      script: z.string().describe('For a plain sh; it can be run again'),
      publicKey: z.string().describe('With which the hub logs in, as in authorized_keys'),
      fingerprint: z.string(),
    }),
  }),
  'server create': endpoint({
    method: 'POST',
    path: '/api/servers',
    summary: 'Make a server known, with its services, and verify it',
    body: z.strictObject({
      name: text.short,
      title: text.title.optional(),
      host: text.serverHost.optional().describe("Where ssh finds it; 'localhost', the hub's own machine, unless given"),
      sshPort: sshPort.optional().describe('Where its sshd listens; 22 unless given'),
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
      sshPort: sshPort
        .nullable()
        .optional()
        .describe('Where its sshd listens; behind another one it is believed anew, as under another host'),
      tasksMax: z
        .int()
        .min(1)
        .max(1000)
        .nullable()
        .optional()
        .describe('How many tasks it has at once, over all workers; null: as many as these take'),
      forgetHostKeys: z
        .boolean()
        .optional()
        .describe('It was set up anew: its verify pins the host keys that it shows now'),
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
      publishTo: publishTo.optional(),
    }),
    answer: z.object({ service: shape.service, tasks: z.array(shape.task) }),
  }),
  'service delete': endpoint({
    method: 'DELETE',
    path: '/api/servers/:name/services/:type',
    summary: 'Remove a service that nothing uses',
    answer: z.object({ deleted: z.string() }),
  }),
  'agent list': endpoint({
    method: 'GET',
    path: '/api/agents',
    summary: 'Credentials of agents, the revoked ones too; what they are is not told',
    query: listQuery({ server: text.reference.optional() }),
    answer: page(shape.agent),
  }),
  'agent enrol': endpoint({
    method: 'POST',
    path: '/api/servers/:name/agents',
    summary: 'Make a credential for an agent, which takes tasks of this server only; it is shown once, here',
    answer: z.object({ credential: z.string(), about: shape.agent }),
    status: 201,
    once: true,
  }),
  'agent revoke': endpoint({
    method: 'DELETE',
    path: '/api/agents/:agent',
    summary: 'Revoke a credential of an agent, by its number: what it holds goes to another',
    answer: z.object({ revoked: z.string() }),
  }),
};
