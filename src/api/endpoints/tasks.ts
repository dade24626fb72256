import { z } from 'zod';
import { endpoint, page, someOf, sortedQuery } from '../endpoint.ts';
import * as shape from '../shapes.ts';
import * as text from '../text.ts';

/** What is asked for, whatever noun it is about. */
export const asked = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z -]{0,62}$/, 'is not the name of a task')
    .describe("As said aloud: 'site verify'"),
  args: z.record(z.string().max(63), z.unknown()).default({}).describe('See GET /api/task-types'),
  dryRun: z.boolean().default(false).describe('Only say what it would do'),
  runAt: text.time.optional().describe('Not before this time'),
  priority: z.int().min(-1000).max(1000).optional().describe('Lower runs first'),
});
export const added = z.object({ task: shape.task, coalesced: z.boolean() });

export const taskEndpoints = {
  'server task': endpoint({
    method: 'POST',
    path: '/api/servers/:name/tasks',
    summary: 'Ask for a task on a server',
    body: asked,
    answer: added,
    status: 202,
  }),
  'platform task': endpoint({
    method: 'POST',
    path: '/api/platforms/:name/tasks',
    summary: 'Ask for a task on a platform',
    body: asked,
    answer: added,
    status: 202,
  }),
  'site task': endpoint({
    method: 'POST',
    path: '/api/sites/:name/tasks',
    summary: 'Ask for a task on a site',
    body: asked,
    answer: added,
    status: 202,
  }),
  'task list': endpoint({
    method: 'GET',
    path: '/api/tasks',
    summary: 'Tasks, the newest first',
    query: sortedQuery(
      {
        status: someOf(['queued', 'running', 'done', 'failed', 'stuck', 'cancelled']).optional(),
        name: z.string().max(64).optional(),
        noun: z.enum(['server', 'platform', 'site', 'backup', 'certificate']).optional(),
        subject: text.reference.optional().describe('Name as it was then, context name, or with `noun` an id'),
      },
      ['id', 'name', 'status', 'subject', 'created'],
    ),
    answer: page(shape.task),
  }),
  'task get': endpoint({
    method: 'GET',
    path: '/api/tasks/:task',
    summary: 'One task with its steps and what can be done about it',
    answer: shape.taskWithSteps,
  }),
  'task log': endpoint({
    method: 'GET',
    path: '/api/tasks/:task/log',
    summary: 'A page of its log; `after` is the last number seen',
    query: z.strictObject({
      limit: z.coerce.number<string | number>().int().min(1).max(1000).default(200),
      after: z.coerce.number<string | number>().int().min(0).max(2_147_483_647).default(0),
    }),
    answer: page(shape.logged),
  }),
  'task stream': endpoint({
    method: 'GET',
    path: '/api/tasks/:task/stream',
    summary: 'The log as it grows, until the task ends; resumes behind Last-Event-ID',
    answer: shape.logged,
    stream: true,
  }),
  'task cancel': endpoint({
    method: 'POST',
    path: '/api/tasks/:task/cancel',
    summary: 'Cancel it: at once while it waits, between two steps while it runs',
    answer: shape.task,
  }),
  'task retry': endpoint({
    method: 'POST',
    path: '/api/tasks/:task/retry',
    summary: 'Ask again for a task that has ended; a stuck one goes on where it was',
    answer: shape.task,
    status: 202,
  }),
  'task settle': endpoint({
    method: 'POST',
    path: '/api/tasks/:task/settle',
    summary: 'Give a stuck task up: it counts as failed, and what it holds is free',
    answer: shape.task,
  }),
};
