import { z } from 'zod';

const at = z.string();

/** Where somebody is signed in. */
export const session = z
  .object({
    id: z.string(),
    account: z.string(),
    by: z.string().nullable().describe('Who is really there, signed in as that account to help'),
    way: z.string(),
    address: z.string().nullable(),
    userAgent: z.string(),
    createdAt: at,
    lastSeenAt: at,
    current: z.boolean().describe('The one that asks'),
  })
  .meta({ id: 'Session' });

const way = z.enum(['passkey', 'totp', 'recovery-code']);
/** WebAuthn's own JSON forms: what navigator.credentials takes, and what it gives. */
export const webauthn = z.looseObject({ challenge: z.string() });
export const webauthnAnswer = z.looseObject({ id: z.string().min(1).max(2000) });
export const attempt = z.string().max(200).describe('As it was answered to what came before');
export const code = z.string().regex(/^\d{6}$/, 'is not six digits');
export const recoveryCodes = z.array(z.string()).describe('Each is good once, in the place of a second factor');

/** `next` is null when one is signed in, and the cookie is set: GET /api/session then says who one is. */
export const signingIn = z.object({
  next: way.nullable().describe('The second factor to show, or null: one is signed in'),
  attempt: attempt.optional(),
  ways: z.array(way).optional().describe('All that one has'),
  passkey: webauthn.nullable().optional().describe('For navigator.credentials.get, where one has a passkey'),
});

export const factors = z
  .object({
    totp: z.object({ createdAt: at }).nullable(),
    passkeys: z.array(
      z.object({ id: z.string(), title: z.string(), createdAt: at, lastUsedAt: z.string().nullable() }),
    ),
    recoveryCodes: z.int().describe('How many are left'),
    required: z.boolean(),
  })
  .meta({ id: 'Factors' });

/** There is a new cookie, and with it a new value for X-Aegir-Csrf. */
export const confirmed = z.object({ csrf: z.string(), confirmedUntil: at });

export const signedIn = z
  .object({
    account: z.object({ id: z.string(), name: z.string(), title: z.string(), email: z.string().nullable() }),
    language: z.string().nullable(),
    timeZone: z.string().nullable(),
    roles: z
      .array(z.object({ role: z.string(), client: z.string().nullable() }))
      .describe('For a client, or for the whole hub'),
    permissions: z.array(z.string()).describe('Names of the endpoints that one may ask, of something at all'),
    rights: z
      .array(z.object({ clients: z.array(z.string()).nullable(), permissions: z.array(z.string()) }))
      .describe("The same of what is these clients', and with null of what is the hub's own and of all other clients'"),
    session: z.string().nullable().describe('Its number; null for a token'),
    csrf: z.string().nullable().describe('For the header X-Aegir-Csrf; null for a token, which needs none'),
    confirmedUntil: at.nullable().describe('Until then factors can be changed without showing again who one is'),
    impersonation: z
      .object({ by: z.string(), until: at })
      .nullable()
      .describe('You are somebody else, signed in as this account'),
    helpers: z
      .array(z.object({ by: z.string(), startedAt: at, endedAt: at.nullable() }))
      .describe('Who was signed in as this account in the last month, the latest first'),
    secondFactor: z.object({
      ways: z.array(way),
      required: z.boolean(),
      missing: z.boolean().describe('Nothing else is answered before one is set up'),
    }),
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
