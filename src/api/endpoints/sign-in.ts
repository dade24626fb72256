import { z } from 'zod';
import { endpoint, listQuery, page } from '../endpoint.ts';
import * as shape from '../sign-in-shapes.ts';
import * as text from '../text.ts';

const gone = z.object({ deleted: z.string() });
const secret = z.string().max(200).describe("What stands behind '#' in the link");

export const signInEndpoints = {
  'session create': endpoint({
    method: 'POST',
    path: '/api/session',
    summary: 'Sign in with name (or mail address) and password; the answer sets the cookie',
    body: z.strictObject({ name: z.string().min(1).max(254), password: text.givenPassword }),
    answer: shape.signingIn,
    status: 201,
    open: true,
    browser: true,
  }),
  'session second-factor': endpoint({
    method: 'POST',
    path: '/api/session/second-factor',
    summary: 'Show the second factor, one of three; the answer sets the cookie',
    body: z.strictObject({
      attempt: shape.attempt,
      code: shape.code.optional().describe('Of the authenticator app'),
      recoveryCode: z.string().max(100).optional(),
      passkey: shape.webauthnAnswer.optional(),
    }),
    answer: shape.signingIn,
    status: 201,
    open: true,
    browser: true,
  }),
  'session passkey-begin': endpoint({
    method: 'POST',
    path: '/api/session/passkey-begin',
    summary: 'What a browser asks an authenticator for, to sign in without a password (or to confirm who one is)',
    answer: z.object({ attempt: z.string(), options: shape.webauthn }),
    open: true,
    browser: true,
  }),
  'session passkey': endpoint({
    method: 'POST',
    path: '/api/session/passkey',
    summary: 'Sign in with a passkey that verifies its person; the answer sets the cookie',
    body: z.strictObject({ attempt: shape.attempt, passkey: shape.webauthnAnswer }),
    answer: shape.signingIn,
    status: 201,
    open: true,
    browser: true,
  }),
  'session ways': endpoint({
    method: 'GET',
    path: '/api/session/ways',
    summary: 'How one can sign in here',
    answer: z.object({ singleSignOn: z.object({ title: z.string() }).nullable() }),
    open: true,
    browser: true,
  }),
  'single-sign-on begin': endpoint({
    method: 'POST',
    path: '/api/session/single-sign-on',
    summary: 'Where to go to say who one is; one comes back to /sign-in/return with what to finish with',
    answer: z.object({ location: z.string() }),
    open: true,
    browser: true,
  }),
  'single-sign-on finish': endpoint({
    method: 'POST',
    path: '/api/session/single-sign-on/finish',
    summary: 'Sign in with what the provider has sent along; the answer sets the cookie',
    body: z.strictObject({
      search: z.string().max(8000).describe("What stands behind '?' in the address one came back to"),
    }),
    answer: shape.signingIn,
    status: 201,
    open: true,
    browser: true,
  }),
  'session get': endpoint({
    method: 'GET',
    path: '/api/session',
    summary: 'Who you are, and what you may',
    answer: shape.signedIn,
    early: true,
  }),
  'session set': endpoint({
    method: 'PATCH',
    path: '/api/session',
    summary: 'Change what your account says of you; null resets',
    body: z.strictObject({
      title: text.title.nullable().optional(),
      email: text.email.nullable().optional(),
      language: text.language.nullable().optional(),
      timeZone: text.timeZone.nullable().optional(),
    }),
    answer: shape.signedIn,
    browser: true,
    early: true,
  }),
  'session confirm': endpoint({
    method: 'POST',
    path: '/api/session/confirm',
    summary: 'Show once more who you are, before what needs it; the answer sets a new cookie',
    body: z
      .strictObject({
        password: text.givenPassword.optional(),
        attempt: shape.attempt.optional().describe('Of a passkey, as session passkey-begin answered it'),
        passkey: shape.webauthnAnswer.optional(),
      })
      .refine(
        ({ password, attempt, passkey }) =>
          password === undefined ? attempt !== undefined && passkey !== undefined : attempt === undefined,
        'needs a password, or attempt and passkey',
      ),
    answer: shape.confirmed,
    browser: true,
    early: true,
  }),
  'session end': endpoint({
    method: 'DELETE',
    path: '/api/session',
    summary: 'Sign out',
    answer: gone,
    browser: true,
    early: true,
  }),
  'session list': endpoint({
    method: 'GET',
    path: '/api/sessions',
    summary: 'Where an account is signed in: your own unless you name another',
    query: listQuery({ account: text.reference.optional() }),
    answer: page(shape.session),
  }),
  'session delete': endpoint({
    method: 'DELETE',
    path: '/api/sessions/:session',
    summary: 'End a session, by its number',
    answer: gone,
  }),
  'session end-others': endpoint({
    method: 'POST',
    path: '/api/sessions/end-others',
    summary: 'End all sessions of an account but the one that asks; your own unless you name another',
    body: z.strictObject({ account: text.reference.optional() }),
    answer: z.object({ ended: z.int() }),
  }),
  'password change': endpoint({
    method: 'POST',
    path: '/api/session/password',
    summary: 'Change your password; your other sessions end, and the answer sets a new cookie',
    body: z.strictObject({ old: text.givenPassword, new: text.newPassword }),
    answer: shape.confirmed,
    browser: true,
    early: true,
  }),
  'invitation get': endpoint({
    method: 'POST',
    path: '/api/invitation',
    summary: 'Whom a one-time link invites',
    body: z.strictObject({ secret }),
    answer: shape.invitation,
    open: true,
    browser: true,
  }),
  'invitation accept': endpoint({
    method: 'POST',
    path: '/api/invitation/accept',
    summary: 'Accept an invitation: choose a password, and be signed in; the answer sets the cookie',
    body: z.strictObject({ secret, password: text.newPassword, title: text.title.optional() }),
    answer: shape.signingIn,
    status: 201,
    open: true,
    browser: true,
  }),
};
