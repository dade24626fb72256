import { z } from 'zod';
import { endpoint, listQuery, page, someOf } from '../endpoint.ts';
import * as shape from '../role-shapes.ts';
import * as text from '../text.ts';

const filters = {
  account: text.reference.optional().describe('Who did it, or really was there when it was done'),
  client: text.reference.optional().describe('Whose it was done to'),
  noun: text.word.optional().describe("What it was done to: 'site', 'role', …"),
  subject: text.line(300).optional().describe('Name of that as it was called then, or with `noun` its id'),
  what: text.line(100).optional().describe("What was asked for: 'site create'"),
  result: someOf(['done', 'refused', 'failed']).optional().describe('Refused: one may not'),
  since: text.time.optional().describe('Not before this time: 2026-01-31T00:00:00Z'),
  until: text.time.optional().describe('Before this time'),
};

export const auditEndpoints = {
  'audit list': endpoint({
    method: 'GET',
    path: '/api/audit',
    summary: 'Who did what, from where, with which result, the newest first; `q` looks into names and addresses',
    query: listQuery(filters),
    answer: page(shape.audited),
  }),
  'audit export': endpoint({
    method: 'GET',
    path: '/api/audit/export',
    summary: 'All of it that matches, the oldest first, as a file',
    query: z.strictObject({
      ...filters,
      q: z.string().min(1).max(200).optional(),
      format: z.enum(['csv', 'jsonl']).default('csv').describe('A table, or a JSON object in each line'),
    }),
    answer: z.unknown(),
    file: true,
  }),
};
