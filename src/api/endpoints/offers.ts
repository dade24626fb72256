import { z } from 'zod';
import { customerName, hostPattern, keptVariables, offeredVariables } from '../../model/offer.ts';
import { accountName } from '../../model/owner.ts';
import { endpoint, listQuery, page } from '../endpoint.ts';
import * as shape from '../shapes.ts';
import * as text from '../text.ts';

const at = z.string();
const atOrNull = z.string().nullable();
const most = z.int().min(0).max(2_147_483_647).nullable();

/** Those of each customer who becomes a client. */
const quotas = {
  sitesMax: most.describe('How many sites a customer may have who becomes a client'),
  backupsMax: most.describe('How many backups'),
  diskMaxMb: most.describe('How much its sites and backups may take, in MB'),
};

const rules = {
  pattern: hostPattern.describe("How sites are called: '{name}.example.com', with what the customer chooses"),
  dailyMax: z.int().min(0).max(1_000_000).describe('How many sites are made in 24 hours at most'),
  variables: offeredVariables.describe(
    'What customers may give besides name, title and account: by name, the variable of the application',
  ),
  status: z.enum(['enabled', 'disabled']).describe('Disabled: nothing more is sold'),
  signUp: z.boolean().describe('Anybody can order on a page of the hub, who has confirmed the mail address'),
  origins: z
    .array(text.origin)
    .max(50)
    .describe('Web sites that may show that page in a frame: https://www.example.com'),
};

const offer = z
  .object({
    id: z.string(),
    etag: shape.etag,
    name: z.string(),
    title: z.string(),
    status: z.string(),
    reserve: z.string().describe('Where its sites come from: it says which template, and on which platform'),
    template: z.string(),
    platform: z.string(),
    application: z.string().nullable(),
    pattern: z.string(),
    client: z.string().nullable().describe('Whose its sites are; null: each customer becomes a client'),
    ...quotas,
    dailyMax: z.int(),
    variables: keptVariables,
    signUp: z.boolean(),
    origins: z.array(z.string()),
    signUpPage: z.string().nullable().describe('Where anybody can order; null: nowhere'),
    orders: z.object({ all: z.int(), lastDay: z.int(), failed: z.int(), unconfirmed: z.int() }),
    mailProblem: z.unknown().describe('Why a mail of its sign-up page is not sent'),
    createdAt: at,
  })
  .meta({ id: 'Offer' });

const order = z
  .object({
    id: z.string(),
    offer: z.string(),
    name: z.string(),
    title: z.string(),
    email: z.string(),
    url: z.string().describe('Where its customer finds the site'),
    status: z.enum(['working', 'ready', 'failed']),
    site: z.object({ id: z.string(), name: z.string(), status: z.string() }),
    client: z.string(),
    task: z.object({ id: z.string(), name: z.string(), status: z.string() }).nullable().describe('The last one'),
    loginLink: z.string().nullable().describe('When it is ready: leads in once; kept for a day. In lists always null'),
    by: z.string().nullable().describe('Account of the program that has ordered it'),
    createdAt: at,
    readyAt: atOrNull,
  })
  .meta({ id: 'Order' });

/** A line, or nothing; or a number, or yes and no. */
const value = z.union([z.literal(''), text.line(10_000), z.number(), z.boolean()]);

export const offerEndpoints = {
  'offer list': endpoint({
    method: 'GET',
    path: '/api/offers',
    summary: 'Offers: sites that are sold',
    query: listQuery({ status: z.enum(['enabled', 'disabled', 'deleted']).optional() }),
    answer: page(offer),
  }),
  'offer get': endpoint({ method: 'GET', path: '/api/offers/:name', summary: 'One offer', answer: offer }),
  'offer create': endpoint({
    method: 'POST',
    path: '/api/offers',
    summary: 'Sell sites of a reserve',
    body: z.strictObject({
      name: text.short,
      title: text.title.optional(),
      reserve: text.reference.describe('Where its sites come from'),
      pattern: rules.pattern,
      client: text.reference.optional().describe('Whose its sites are; unless given, each customer becomes a client'),
      sitesMax: quotas.sitesMax.optional().default(1),
      backupsMax: quotas.backupsMax.optional(),
      diskMaxMb: quotas.diskMaxMb.optional(),
      dailyMax: rules.dailyMax.default(100),
      variables: rules.variables.optional(),
      signUp: rules.signUp.default(false),
      origins: rules.origins.optional(),
    }),
    answer: z.object({ offer }),
    status: 201,
  }),
  'offer set': endpoint({
    method: 'PATCH',
    path: '/api/offers/:name',
    summary: 'Change the given rules, for what is ordered from then on; null resets',
    body: z.strictObject({
      title: text.title.nullable().optional(),
      status: rules.status.optional(),
      reserve: text.reference.optional(),
      pattern: rules.pattern.optional(),
      client: text.reference.nullable().optional(),
      sitesMax: quotas.sitesMax.optional(),
      backupsMax: quotas.backupsMax.optional(),
      diskMaxMb: quotas.diskMaxMb.optional(),
      dailyMax: rules.dailyMax.optional(),
      variables: rules.variables.optional(),
      signUp: rules.signUp.nullable().optional(),
      origins: rules.origins.optional(),
    }),
    answer: z.object({ offer }),
  }),
  'offer delete': endpoint({
    method: 'DELETE',
    path: '/api/offers/:name',
    summary: 'Sell no more of it, and revoke its tokens; sites that were sold stay',
    answer: z.object({ deleted: z.string() }),
  }),
  'order create': endpoint({
    method: 'POST',
    path: '/api/saas/sites',
    summary: 'Order a site of an offer for a customer: a spare one where there is one, else it is made',
    body: z.strictObject({
      offer: text.reference.optional().describe('A token that is for one offer means that one'),
      name: customerName.describe("What stands for {name} in the offer's pattern"),
      email: text.email.describe('Of the customer, the site and its first account'),
      title: text.title.optional().describe('What the site is called'),
      account: accountName.optional().describe("Name of the site's first account"),
      values: z
        .record(z.string().max(40), value)
        .optional()
        .describe('What else the offer takes: {"slogan": "Cakes and more"}'),
    }),
    answer: z.object({ order }),
    status: 201,
  }),
  'order get': endpoint({
    method: 'GET',
    path: '/api/saas/sites/:order',
    summary: 'How far an order is; when it is ready, with the one-time login link for its customer',
    answer: z.object({ order }),
  }),
  'order list': endpoint({
    method: 'GET',
    path: '/api/saas/sites',
    summary: 'Orders, the newest first',
    query: listQuery({
      offer: text.reference.optional(),
      status: z.enum(['working', 'ready', 'failed']).optional(),
    }),
    answer: page(order),
  }),
};
