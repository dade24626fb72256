import { z } from 'zod';
import { endpoint, listQuery, page, someOf, sortedQuery } from '../endpoint.ts';
import * as shape from '../shapes.ts';
import { oneTimeLink } from '../sign-in-shapes.ts';
import * as text from '../text.ts';

const state = someOf(['enabled', 'locked', 'deleted']).optional();
const most = z.int().min(0).max(2_147_483_647);
const quotas = {
  sitesMax: most.nullable().optional().describe('How many sites it may have; as many as it likes unless given'),
  backupsMax: most.nullable().optional().describe('How many backups'),
  diskMaxMb: most.nullable().optional().describe('How much its sites and backups may take, in MB'),
};
const gone = z.object({ deleted: z.string() });

export const peopleEndpoints = {
  'client list': endpoint({
    method: 'GET',
    path: '/api/clients',
    summary: 'Clients: who owns sites',
    query: sortedQuery({ status: state }, ['name', 'status', 'sites', 'created']),
    answer: page(shape.client),
  }),
  'client get': endpoint({
    method: 'GET',
    path: '/api/clients/:name',
    summary: 'One client',
    answer: shape.client,
  }),
  'client create': endpoint({
    method: 'POST',
    path: '/api/clients',
    summary: 'Make a client',
    body: z.strictObject({
      name: text.clientName,
      title: text.title.optional(),
      email: text.email.optional(),
      ...quotas,
    }),
    answer: shape.client,
    status: 201,
  }),
  'client set': endpoint({
    method: 'PATCH',
    path: '/api/clients/:name',
    summary: 'Change the given fields of a client; null resets',
    body: z.strictObject({
      title: text.title.nullable().optional(),
      email: text.email.nullable().optional(),
      status: z
        .enum(['enabled', 'locked'])
        .optional()
        .describe('Locking disables its sites with a notice; unlocking enables those again'),
      ...quotas,
    }),
    answer: shape.client,
  }),
  'client delete': endpoint({
    method: 'DELETE',
    path: '/api/clients/:name',
    summary: 'Delete a client that owns no sites',
    answer: gone,
  }),
  'account list': endpoint({
    method: 'GET',
    path: '/api/accounts',
    summary: 'Accounts: who may call the API',
    query: sortedQuery({ status: state }, ['name', 'status', 'created']),
    answer: page(shape.account),
  }),
  'account get': endpoint({
    method: 'GET',
    path: '/api/accounts/:name',
    summary: 'One account',
    answer: shape.account,
  }),
  'account create': endpoint({
    method: 'POST',
    path: '/api/accounts',
    summary: 'Make an account',
    body: z.strictObject({
      name: text.short,
      email: text.email.optional(),
      title: text.title.optional(),
      role: text.reference.optional().describe('Give it this role at once'),
      client: text.reference.optional().describe('With a role: for this client; for the whole hub unless given'),
      invite: z.boolean().optional().describe('Answer a link with which its person chooses a password'),
    }),
    answer: shape.account.extend({ invitation: oneTimeLink.nullable() }).meta({ id: 'AccountCreated' }),
    status: 201,
    once: true,
  }),
  'account invite': endpoint({
    method: 'POST',
    path: '/api/accounts/:name/invitation',
    summary: 'Make a link, shown once, with which who has no password yet chooses one',
    answer: oneTimeLink,
    status: 201,
    once: true,
  }),
  'account reset-password': endpoint({
    method: 'POST',
    path: '/api/accounts/:name/password',
    summary: 'Make a link, shown once, with which its person chooses another password',
    answer: oneTimeLink,
    status: 201,
    once: true,
  }),
  'account set': endpoint({
    method: 'PATCH',
    path: '/api/accounts/:name',
    summary: 'Change the given fields of an account; a locked one cannot log in',
    body: z.strictObject({
      title: text.title.nullable().optional(),
      email: text.email.nullable().optional(),
      status: z.enum(['enabled', 'locked']).optional(),
      secondFactorRequired: z.boolean().optional(),
    }),
    answer: shape.account,
  }),
  'account reset-factors': endpoint({
    method: 'DELETE',
    path: '/api/accounts/:name/factors',
    summary: 'Remove all second factors of an account whose person has lost them; its sessions end',
    answer: gone,
  }),
  'account impersonate': endpoint({
    method: 'POST',
    path: '/api/accounts/:name/impersonation',
    summary: 'Sign in as this account for a while, to help; both of you are told. The answer sets a new cookie',
    answer: z.object({ account: z.string(), csrf: z.string(), until: z.string() }).meta({ id: 'Impersonation' }),
    status: 201,
    once: true,
    browser: true,
  }),
  'account delete': endpoint({
    method: 'DELETE',
    path: '/api/accounts/:name',
    summary: 'Delete an account and revoke its tokens',
    answer: gone,
  }),
  'token list': endpoint({
    method: 'GET',
    path: '/api/tokens',
    summary: 'Tokens, without what they are made of',
    query: listQuery({ account: text.reference.optional() }),
    answer: page(shape.token),
  }),
  'token create': endpoint({
    method: 'POST',
    path: '/api/tokens',
    summary: 'Make a token; it is shown once, here',
    body: z.strictObject({
      account: text.reference
        .optional()
        .describe("Whose it is; one's own unless given. Through the socket: 'admin', made on demand"),
      title: text.title.optional(),
      expiresAt: text.time
        .nullable()
        .optional()
        .describe('In 90 days (setting token.valid-days) unless given; null: never'),
      scopes: z
        .array(text.permission.or(z.literal('read')))
        .max(500)
        .optional()
        .describe("What it is limited to: permissions as a role has them, or 'read'; to nothing unless given"),
      offer: text.reference
        .optional()
        .describe(
          "It is for the orders of this offer, and nothing else; its account needs the permission 'offer order'",
        ),
    }),
    answer: z.object({ token: z.string(), about: shape.token }),
    status: 201,
    once: true,
  }),
  'token delete': endpoint({
    method: 'DELETE',
    path: '/api/tokens/:token',
    summary: 'Revoke a token, by its number',
    answer: gone,
  }),
};
