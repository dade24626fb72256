import { z } from 'zod';
import { etag } from './shapes.ts';

/** The shapes of answers about who may what. */

export const role = z
  .object({
    id: z.string(),
    etag,
    name: z.string(),
    title: z.string(),
    permissions: z.array(z.string()).describe("See GET /api/permissions; '*' is all of them, also those to come"),
    builtIn: z.boolean().describe('Comes with Aegir, and stays'),
    accounts: z.int().describe('How many have it'),
    status: z.string(),
    createdAt: z.string(),
  })
  .meta({ id: 'Role' });

export const membership = z
  .object({
    id: z.string(),
    account: z.string(),
    role: z.string(),
    client: z.string().nullable().describe('For what it owns; null: for the whole hub'),
    createdAt: z.string(),
  })
  .meta({ id: 'Membership' });

export const permission = z
  .object({
    name: z.string(),
    about: z.string(),
    of: z.enum(['hub', 'client']).describe("'hub': it means nothing in a role that is given for one client"),
  })
  .meta({ id: 'Permission' });

export const audited = z
  .object({
    id: z.string(),
    at: z.string(),
    account: z.string().describe("Whose rights were used; 'local' through the socket of the machine"),
    by: z.string().nullable().describe('Who really was there, when signed in as that account'),
    address: z.string(),
    means: z.string().describe('What showed who it is: socket, token 3, session 7'),
    what: z.string().describe('What was asked for'),
    noun: z.string().nullable(),
    subjectId: z.string().nullable(),
    subject: z.string().nullable().describe('What it was about, as it was called then'),
    client: z.string().nullable().describe('Whose that was'),
    result: z.enum(['done', 'refused', 'failed']),
    code: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Audited' });
