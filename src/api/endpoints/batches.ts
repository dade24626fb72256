import { z } from 'zod';
import * as shape from '../batch-shapes.ts';
import { endpoint, listQuery, page, someOf } from '../endpoint.ts';
import * as text from '../text.ts';

const rule = {
  canary: z.int().min(0).max(1000).default(1).describe('So many go first; the others only when all of these are done'),
  parallel: z.int().min(1).max(100).default(2).describe('How many at once'),
  failuresMax: z.int().min(1).max(100_000).default(1).describe('With so many failures no more is begun'),
};
const sitesMax = 20_000;
const sites = z.array(text.reference).min(1).max(sitesMax).describe('These sites and no others');
const answer = z.object({ batch: shape.batch });

export const batchEndpoints = {
  'platform migrate': endpoint({
    method: 'POST',
    path: '/api/platforms/:name/migrate',
    summary: 'Migrate every site of a platform to another one, as a batch: first a few, then so many at once',
    body: z.strictObject({
      to: text.reference.describe('The platform they are to be on'),
      sites: sites.optional(),
      ...rule,
    }),
    answer,
    status: 202,
  }),
  'batch create': endpoint({
    method: 'POST',
    path: '/api/batches',
    summary: 'Ask for the same task on many sites: on those that are named, or on all that match',
    body: z.strictObject({
      name: z
        .string()
        .regex(/^site [a-z][a-z -]{0,62}$/, 'is not the name of a task of a site')
        .describe("As said aloud: 'site verify'"),
      args: z.record(z.string().max(63), z.unknown()).default({}).describe('See GET /api/task-types'),
      title: text.title.optional(),
      sites: sites.optional(),
      matching: z
        .strictObject({
          status: z.enum(['enabled', 'disabled', 'failed']).optional(),
          platform: text.reference.optional(),
          client: text.reference.optional(),
          server: text.reference.optional(),
          dbServer: text.reference.optional(),
          profile: text.profile.optional(),
          q: z.string().min(1).max(200).optional(),
        })
        .optional()
        .describe('All sites that a list with this filter shows; {} means every site'),
      ...rule,
    }),
    answer,
    status: 202,
  }),
  'batch list': endpoint({
    method: 'GET',
    path: '/api/batches',
    summary: 'Batches, the newest first',
    query: listQuery({ status: someOf(['running', 'done', 'stopped', 'cancelled']).optional() }),
    answer: page(shape.batch),
  }),
  'batch get': endpoint({ method: 'GET', path: '/api/batches/:batch', summary: 'One batch', answer: shape.batch }),
  'batch members': endpoint({
    method: 'GET',
    path: '/api/batches/:batch/members',
    summary: 'Its sites in their order, each with what became of it',
    query: listQuery({
      status: someOf(['waiting', 'running', 'done', 'failed', 'refused', 'cancelled', 'stuck', 'skipped']).optional(),
    }),
    answer: page(shape.batchMember),
  }),
  'batch log': endpoint({
    method: 'GET',
    path: '/api/batches/:batch/log',
    summary: 'What happened to it; `after` is the last number seen',
    query: z.strictObject({
      limit: z.coerce.number<string | number>().int().min(1).max(1000).default(200),
      after: z.coerce.number<string | number>().int().min(0).max(2_147_483_647).default(0),
    }),
    answer: page(shape.batchLogged),
  }),
  'batch cancel': endpoint({
    method: 'POST',
    path: '/api/batches/:batch/cancel',
    summary: 'Begin no more and cancel the tasks that it has begun: each puts back what it did',
    answer: shape.batch,
  }),
  'batch retry': endpoint({
    method: 'POST',
    path: '/api/batches/:batch/retry',
    summary: 'A new batch, the same in all, of those that are not done',
    answer,
    status: 202,
  }),
};
