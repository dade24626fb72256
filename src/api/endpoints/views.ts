import { z } from 'zod';
import { endpoint, listQuery, page } from '../endpoint.ts';
import * as text from '../text.ts';

const list = z
  .string()
  .regex(/^[a-z-]+ [a-z-]+$/, 'is not the name of a list')
  .max(64)
  .describe("The endpoint that answers it: 'site list'");
const view = z
  .object({
    id: z.string(),
    list: z.string(),
    name: z.string(),
    search: z.record(z.string(), z.string()),
    createdAt: z.string(),
  })
  .meta({ id: 'View' });

export const viewEndpoints = {
  'view list': endpoint({
    method: 'GET',
    path: '/api/views',
    summary: 'Your own views of lists',
    query: listQuery({ list: list.optional() }),
    answer: page(view),
  }),
  'view create': endpoint({
    method: 'POST',
    path: '/api/views',
    summary: 'Keep how a list is narrowed and sorted, under a name',
    body: z.strictObject({
      list,
      name: text.line(100),
      search: z
        .record(z.string().regex(/^[a-zA-Z]{1,32}$/), z.string().max(300))
        .refine((words) => Object.keys(words).length <= 20, 'holds more than 20 words')
        .describe('Filters, q, sort and columns, as the panel has them in its address'),
    }),
    answer: view,
    status: 201,
  }),
  'view delete': endpoint({
    method: 'DELETE',
    path: '/api/views/:view',
    summary: 'Forget a view of your own, by its number',
    answer: z.object({ deleted: z.string() }),
  }),
};
