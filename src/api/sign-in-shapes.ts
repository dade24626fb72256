import { z } from 'zod';

const at = z.string();

/** Where somebody is signed in. */
export const session = z
  .object({
    id: z.string(),
    account: z.string(),
    way: z.string(),
    address: z.string().nullable(),
    userAgent: z.string(),
    createdAt: at,
    lastSeenAt: at,
    current: z.boolean().describe('The one that asks'),
  })
  .meta({ id: 'Session' });

/** `next` is null when one is signed in, and the cookie is set: GET /api/session then says who one is. */
export const signingIn = z.object({ next: z.null() });

/** There is a new cookie, and with it a new value for X-Aegir-Csrf. */
export const confirmed = z.object({ csrf: z.string(), confirmedUntil: at });

export const signedIn = z
  .object({
    account: z.object({ id: z.string(), name: z.string(), title: z.string(), email: z.string().nullable() }),
    language: z.string().nullable(),
    timeZone: z.string().nullable(),
    permissions: z.array(z.string()).describe('Names of the endpoints that one may ask'),
    session: z.string().nullable().describe('Its number; null for a token'),
    csrf: z.string().nullable().describe('For the header X-Aegir-Csrf; null for a token, which needs none'),
    confirmedUntil: at.nullable().describe('Until then factors can be changed without showing again who one is'),
  })
  .meta({ id: 'SignedIn' });

export const oneTimeLink = z.object({ link: z.string(), expiresAt: at });

export const invitation = z
  .object({
    kind: z.enum(['invitation', 'password']),
    account: z.object({ name: z.string(), title: z.string(), email: z.string().nullable() }),
    expiresAt: at,
  })
  .meta({ id: 'Invitation' });
