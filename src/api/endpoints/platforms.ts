import { z } from 'zod';
import { endpoint, page, someOf, sortedQuery } from '../endpoint.ts';
import { drift, driftQuery } from '../look-shapes.ts';
import * as shape from '../shapes.ts';
import { platformSource } from '../source.ts';
import * as text from '../text.ts';

const clients = z.array(text.reference).max(1000).describe('Only these clients may use it; none: all of them');

export const platformEndpoints = {
  'platform list': endpoint({
    method: 'GET',
    path: '/api/platforms',
    summary: 'Platforms: copies of an application, each at a path of a server',
    query: sortedQuery(
      {
        status: someOf(['queued', 'enabled', 'failed', 'locked', 'deleted']).optional(),
        server: text.reference.optional(),
        application: text.word.optional(),
        drifted: z.enum(['true', 'false']).optional().describe('Whether something differs from what the hub wrote'),
      },
      ['name', 'status', 'version', 'sites', 'verified', 'created'],
    ),
    answer: page(shape.platform),
  }),
  'platform get': endpoint({
    method: 'GET',
    path: '/api/platforms/:name',
    summary: 'One platform',
    answer: shape.platform,
  }),
  'platform drift': endpoint({
    method: 'GET',
    path: '/api/platforms/:name/drift',
    summary: 'What on its server differs from what the hub wrote; nothing is changed by it, a verify puts it right',
    query: driftQuery,
    answer: drift,
  }),
  'platform create': endpoint({
    method: 'POST',
    path: '/api/platforms',
    summary: 'Make a code base known as a platform and verify it; build it where it is not there yet',
    body: z.strictObject({
      name: text.short,
      root: text.root.describe('Its directory on the server, absolute; what a source builds is built there'),
      server: text.reference.optional().describe('The server it lies on; the only one with a web server unless given'),
      title: text.title.optional(),
      clients: clients.optional(),
      source: platformSource
        .default({ type: 'path' })
        .describe(
          'What to build it from, as a type and its fields: archive location sha256 docroot; git repository ref composer docroot; composer package version repository; debian package; makefile makefile; path, where the code is there',
        ),
    }),
    answer: z.object({ platform: shape.platform, task: shape.task }),
    status: 201,
  }),
  'platform set': endpoint({
    method: 'PATCH',
    path: '/api/platforms/:name',
    summary: 'Change the given fields of a platform; null resets',
    body: z.strictObject({ title: text.title.nullable().optional(), clients: clients.nullable().optional() }),
    answer: z.object({ platform: shape.platform }),
  }),
};
