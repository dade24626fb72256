import { z } from 'zod';
import { endpoint } from '../endpoint.ts';
import * as shape from '../sign-in-shapes.ts';
import * as text from '../text.ts';

const gone = z.object({ deleted: z.string() });
const own = { browser: true, early: true } as const;

/** Second factors: one's own, changed by who has just confirmed who they are. */
export const factorEndpoints = {
  'factor list': endpoint({
    method: 'GET',
    path: '/api/factors',
    summary: 'Your second factors',
    answer: shape.factors,
    ...own,
  }),
  'totp begin': endpoint({
    method: 'POST',
    path: '/api/factors/totp/begin',
    summary: 'A secret for an authenticator app; it is in force once a code of it has been shown',
    answer: z.object({ attempt: z.string(), secret: z.string(), uri: z.string().describe('For a QR code') }),
    once: true,
    ...own,
  }),
  'totp create': endpoint({
    method: 'POST',
    path: '/api/factors/totp',
    summary:
      'Set up an authenticator app, in the place of another; with the first factor come recovery codes, shown once',
    body: z.strictObject({ attempt: shape.attempt, code: shape.code }),
    answer: z.object({ recoveryCodes: shape.recoveryCodes.nullable() }),
    status: 201,
    once: true,
    ...own,
  }),
  'totp delete': endpoint({
    method: 'DELETE',
    path: '/api/factors/totp',
    summary: 'Remove the authenticator app',
    answer: gone,
    ...own,
  }),
  'passkey begin': endpoint({
    method: 'POST',
    path: '/api/factors/passkeys/begin',
    summary: 'What a browser asks an authenticator for, to make a passkey',
    answer: z.object({ attempt: z.string(), options: shape.webauthn }),
    once: true,
    ...own,
  }),
  'passkey create': endpoint({
    method: 'POST',
    path: '/api/factors/passkeys',
    summary: 'Add a passkey; with the first factor come recovery codes, shown once',
    body: z.strictObject({ attempt: shape.attempt, title: text.title, passkey: shape.webauthnAnswer }),
    answer: z.object({ id: z.string(), recoveryCodes: shape.recoveryCodes.nullable() }),
    status: 201,
    once: true,
    ...own,
  }),
  'passkey delete': endpoint({
    method: 'DELETE',
    path: '/api/factors/passkeys/:passkey',
    summary: 'Remove a passkey, by its number',
    answer: gone,
    ...own,
  }),
  'recovery-code create': endpoint({
    method: 'POST',
    path: '/api/factors/recovery-codes',
    summary: 'New recovery codes in the place of all others, shown once',
    answer: z.object({ recoveryCodes: shape.recoveryCodes }),
    status: 201,
    once: true,
    ...own,
  }),
};
