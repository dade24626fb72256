import { z } from 'zod';
import { certificate } from '../certificate-shapes.ts';
import { endpoint, page, sortedQuery } from '../endpoint.ts';
import * as shape from '../shapes.ts';
import * as text from '../text.ts';
import { added, asked } from './tasks.ts';

const pem = z.string().min(1).max(100_000);
const names = z.array(text.hostOrStar).min(1).max(100).describe('Host names, also with a star: *.example.com');
const challenge = z.enum(['http', 'dns']);
const chain = pem.describe('One that you have: its certificate and those above it, in PEM');
const key = pem.describe('Its private key, in PEM without a password; it is kept sealed and told to nobody');

export const certificateEndpoints = {
  'certificate list': endpoint({
    method: 'GET',
    path: '/api/certificates',
    summary: 'Certificates for https',
    query: sortedQuery(
      {
        status: z.enum(['queued', 'enabled', 'failed', 'deleted']).optional(),
        client: text.reference.optional(),
        site: text.reference.optional().describe('Which this site uses'),
      },
      ['name', 'status', 'expires', 'created'],
    ),
    answer: page(certificate),
  }),
  'certificate get': endpoint({
    method: 'GET',
    path: '/api/certificates/:name',
    summary: 'One certificate',
    answer: certificate,
  }),
  'certificate create': endpoint({
    method: 'POST',
    path: '/api/certificates',
    summary: 'Obtain a certificate from the authority, or bring one with its key, and give it to sites',
    body: z.strictObject({
      name: text.short,
      client: text.reference.optional().describe("Whose it is; of its sites, or 'main', unless given"),
      sites: z.array(text.reference).max(1000).optional().describe('Those that use it from now on'),
      names: names.optional().describe('What it is to be for; the names of its sites unless given'),
      challenge: challenge
        .optional()
        .describe('How its names are proven: by a file of their web server, or by DNS, which names with a star need'),
      dns: text.reference.optional().describe('Server whose dns service makes the records; the only one unless given'),
      chain: chain.optional(),
      key: key.optional(),
    }),
    answer: z.object({ certificate, task: shape.task.nullable() }),
    status: 201,
  }),
  'certificate set': endpoint({
    method: 'PATCH',
    path: '/api/certificates/:name',
    summary: 'Change what it is for, or bring the next one of your own; its sites have it by themselves',
    body: z.strictObject({
      names: names.nullable().optional().describe('null: the names of the sites that use it'),
      challenge: challenge.optional(),
      dns: text.reference.nullable().optional(),
      chain: chain.optional(),
      key: key.optional(),
    }),
    answer: z.object({ certificate, task: shape.task.nullable() }),
  }),
  'certificate delete': endpoint({
    method: 'DELETE',
    path: '/api/certificates/:name',
    summary: 'Forget a certificate that no site uses',
    answer: z.object({ deleted: z.string() }),
  }),
  'certificate task': endpoint({
    method: 'POST',
    path: '/api/certificates/:name/tasks',
    summary: 'Ask for a task on a certificate',
    body: asked,
    answer: added,
    status: 202,
  }),
};
