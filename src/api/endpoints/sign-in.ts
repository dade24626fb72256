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
  'session get': endpoint({
    method: 'GET',
    path: '/api/session',
    summary: 'Who you are, and what you may',
    answer: shape.signedIn,
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
  }),
  'session confirm': endpoint({
    method: 'POST',
    path: '/api/session/confirm',
    summary: 'Show once more who you are, before what needs it; the answer sets a new cookie',
    body: z.strictObject({ password: text.givenPassword }),
    answer: shape.confirmed,
    browser: true,
  }),
  'session end': endpoint({
    method: 'DELETE',
    path: '/api/session',
    summary: 'Sign out',
    answer: gone,
    browser: true,
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
