import { z } from 'zod';
import { at, atOrNull, etag, possibleTask } from './shapes.ts';

export const certificate = z
  .object({
    id: z.string(),
    etag,
    name: z.string(),
    client: z.string(),
    status: z.string(),
    kind: z.enum(['own', 'acme']).describe('Brought by somebody, or obtained from an authority'),
    names: z.array(z.string()).nullable().describe('What it is to be for; null: the names of the sites that use it'),
    challenge: z.enum(['http', 'dns']).nullable().describe('How its names are proven'),
    dns: z.string().nullable().describe('Server whose dns service has the records of the proof'),
    covered: z.array(z.string()).describe('What the one that is there is for'),
    issuer: z.string().nullable(),
    notBefore: atOrNull,
    notAfter: atOrNull,
    renewAt: atOrNull.describe('When another one is obtained'),
    leftOut: z.array(z.object({ name: z.string(), why: z.string() })).describe('Names that could not be proven'),
    chain: z.string().nullable().describe('In PEM; its key is told to nobody'),
    sites: z.array(z.string()).describe('Those that use it'),
    createdAt: at,
    tasks: z.array(possibleTask),
  })
  .meta({ id: 'Certificate' });
