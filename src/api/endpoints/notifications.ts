import { z } from 'zod';
import { endpoint, listQuery, page, someOf } from '../endpoint.ts';
import * as text from '../text.ts';

const at = z.string();
const account = text.reference.optional().describe('Whose; your own unless you name another');
const choice = z.enum(['default', 'always', 'never']);

const notification = z
  .object({
    id: z.string(),
    kind: z.string(),
    task: z.string().nullable().describe('Id of the task that it is about'),
    batch: z.string().nullable(),
    subject: z.string().nullable(),
    account: z.string(),
    way: z.enum(['mail', 'webhook']),
    webhook: z.string().nullable(),
    status: z.string().describe('waiting, sent or failed'),
    attempts: z.int(),
    problem: z
      .object({ message: z.string(), hint: z.string().nullable(), causes: z.array(z.string()) })
      .nullable()
      .describe('Why the last attempt failed'),
    createdAt: at,
    nextAt: at.nullable().describe('Of one that waits: not sent before'),
    endedAt: at.nullable(),
  })
  .meta({ id: 'Notification' });

const choices = z
  .object({
    items: z.array(
      z.object({
        kind: z.string(),
        about: z.string(),
        default: z.string().describe('Whom it concerns by default, in words'),
        mail: choice,
        webhook: choice,
      }),
    ),
    email: z.string().nullable().describe('Where mails go'),
    notByMail: z.string().nullable().describe('Why none is sent, or null'),
    notByWebhook: z.string().nullable(),
  })
  .meta({ id: 'NotificationChoices' });

const webhook = z
  .object({
    id: z.string(),
    account: z.string(),
    title: z.string(),
    url: z.string(),
    status: z.enum(['enabled', 'disabled']),
    note: z.string().nullable().describe('Why it was disabled'),
    failures: z.int().describe('In a row'),
    createdAt: at,
    lastSentAt: at.nullable(),
  })
  .meta({ id: 'Webhook' });

export const notificationEndpoints = {
  'notification list': endpoint({
    method: 'GET',
    path: '/api/notifications',
    summary: 'What was sent in the last 30 days, and what became of it',
    query: listQuery({
      account,
      status: someOf(['waiting', 'sent', 'failed']).optional(),
      kind: z.string().max(63).optional(),
      webhook: text.id.optional(),
    }).omit({ q: true }),
    answer: page(notification),
  }),
  'notification choices': endpoint({
    method: 'GET',
    path: '/api/notification-choices',
    summary: 'What you are told of, and how',
    query: z.strictObject({ account }),
    answer: choices,
  }),
  'notification choose': endpoint({
    method: 'PATCH',
    path: '/api/notification-choices',
    summary: 'Choose whether you are told of a kind of happening, by mail and by webhooks',
    body: z.strictObject({
      kind: z.string().max(63).describe("'task failed', 'task stuck', 'drift found' or 'batch failed'"),
      mail: choice.optional().describe('always: of all that you may see'),
      webhook: choice.optional(),
      account,
    }),
    answer: choices,
  }),
  'notification test': endpoint({
    method: 'POST',
    path: '/api/notifications/test',
    summary: 'Send one to yourself by each way, now, and say what became of it',
    body: z.strictObject({ account }),
    answer: z.object({ items: z.array(notification) }),
    status: 201,
  }),
  'webhook list': endpoint({
    method: 'GET',
    path: '/api/webhooks',
    summary: 'Webhooks: addresses of your own programs that are told',
    query: listQuery({ account }),
    answer: page(webhook),
  }),
  'webhook create': endpoint({
    method: 'POST',
    path: '/api/webhooks',
    summary: 'Make a webhook; the secret that its requests are signed with is shown once, here',
    body: z.strictObject({ url: text.webhookUrl, title: text.title.optional(), account }),
    answer: z.object({ secret: z.string(), about: webhook }),
    status: 201,
    once: true,
  }),
  'webhook set': endpoint({
    method: 'PATCH',
    path: '/api/webhooks/:webhook',
    summary: 'Change the given fields of a webhook; enabling clears its note',
    body: z.strictObject({
      url: text.webhookUrl.optional(),
      title: text.title.optional(),
      status: z.enum(['enabled', 'disabled']).optional(),
    }),
    answer: webhook,
  }),
  'webhook delete': endpoint({
    method: 'DELETE',
    path: '/api/webhooks/:webhook',
    summary: 'Delete a webhook, with what waits for it',
    answer: z.object({ deleted: z.string() }),
  }),
};
