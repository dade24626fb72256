import { z } from 'zod';
import { endpoint, listQuery, page } from '../endpoint.ts';
import * as text from '../text.ts';

const filters = {
  site: text.reference.optional(),
  client: text.reference.optional().describe('Whose the sites were then'),
  since: text.time.optional(),
};
const figures = {
  usersRegistered: z.int(),
  usersActive: z.int().describe('Who was there within 30 days; of WordPress: who has a session'),
  posts: z.int(),
  comments: z.int(),
  diskBytes: z.number().describe("Of the site's directory"),
  databaseBytes: z.number(),
  requests: z
    .int()
    .nullable()
    .describe('To its names on that day (UTC), as far as the log was read; null: nobody counts them'),
};

/** In this order wherever they stand beside each other: in the table of the command line, and in a file. */
export const figureNames = Object.keys(figures) as readonly (keyof typeof figures)[]; // of the table just above

export const statisticEndpoints = {
  'statistic list': endpoint({
    method: 'GET',
    path: '/api/statistics',
    summary: 'What sites had, the newest first: users, posts, comments, disk, database, requests',
    query: listQuery(filters),
    answer: page(
      z.object({ site: z.string(), client: z.string(), at: z.string(), ...figures }).meta({ id: 'Statistic' }),
    ),
  }),
  'statistic days': endpoint({
    method: 'GET',
    path: '/api/statistics/days',
    summary: 'The same of all together, day by day (UTC), the newest first',
    query: listQuery(filters),
    answer: page(z.object({ day: z.string(), sites: z.int(), ...figures }).meta({ id: 'StatisticDay' })),
  }),
  'statistic export': endpoint({
    method: 'GET',
    path: '/api/statistics/export',
    summary: 'The same as CSV, the oldest first; the newest 100,000 rows',
    query: z.strictObject(filters),
    answer: z.string(),
    text: true,
  }),
};
