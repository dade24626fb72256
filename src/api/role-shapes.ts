import { z } from 'zod';

/** The shapes of answers about who may what. */

export const role = z
  .object({
    id: z.string(),
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
