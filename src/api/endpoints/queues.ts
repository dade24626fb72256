import { z } from 'zod';
import { period } from '../../model/period.ts';
import { windowText } from '../../model/queue.ts';
import { endpoint, listQuery, page, someOf } from '../endpoint.ts';
import * as shape from '../queue-shapes.ts';
import * as text from '../text.ts';

export const queueEndpoints = {
  'queue list': endpoint({
    method: 'GET',
    path: '/api/queues',
    summary: 'Queues: how often each is worked on, and how it goes',
    query: listQuery({}),
    answer: page(shape.queue),
  }),
  'queue get': endpoint({ method: 'GET', path: '/api/queues/:name', summary: 'One queue', answer: shape.queue }),
  'queue set': endpoint({
    method: 'PATCH',
    path: '/api/queues/:name',
    summary: 'Change the given rules of a queue; null resets',
    body: z.strictObject({
      every: period.nullable().optional().describe("Of all that have no period of their own: 15m, 1h, 7d, or 'off'"),
      window: windowText
        .nullable()
        .optional()
        .describe("Hours in which it begins anything: '22:00-04:00 Europe/Berlin'; always unless given"),
      limit: z.int().min(1).max(1000).nullable().optional().describe('How many at once on one server'),
    }),
    answer: shape.queue,
  }),
  'queue pause': endpoint({
    method: 'POST',
    path: '/api/queues/:name/pause',
    summary: 'Begin nothing more; what runs goes on',
    answer: shape.queue,
  }),
  'queue resume': endpoint({
    method: 'POST',
    path: '/api/queues/:name/resume',
    summary: 'Go on; what was missed meanwhile is spread',
    answer: shape.queue,
  }),
  'queue turns': endpoint({
    method: 'GET',
    path: '/api/queues/:name/turns',
    summary: 'Who is due and when, the first first',
    query: listQuery({
      state: someOf(['waiting', 'running', 'late', 'failing'])
        .optional()
        .describe('Late and failing ones also wait or run'),
      server: text.reference.optional(),
    }),
    answer: page(shape.turn),
  }),
  'queue runs': endpoint({
    method: 'GET',
    path: '/api/queues/:name/runs',
    summary: 'What came of it, the newest first',
    query: listQuery({
      status: someOf(['done', 'failed', 'lost']).optional(),
      subject: text.reference.optional().describe('Name, context name or id of a site or whatever has the turns'),
    }),
    answer: page(shape.run),
  }),
};
