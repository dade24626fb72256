import { z } from 'zod';
import { period } from '../../model/period.ts';
import { retention } from '../../model/retention.ts';
import { endpoint, listQuery, page, someOf, sortedQuery } from '../endpoint.ts';
import { drift, driftQuery, webLogLine } from '../look-shapes.ts';
import * as shape from '../shapes.ts';
import * as text from '../text.ts';

const tls = z.enum(['off', 'on', 'required']);
const aliases = z
  .array(z.union([text.host, z.strictObject({ name: text.host, redirect: z.boolean().default(false) })]))
  .max(500)
  .describe('Other names of the site; { name, redirect: true } redirects to the canonical one');

export const siteEndpoints = {
  'site list': endpoint({
    method: 'GET',
    path: '/api/sites',
    summary: 'Sites; `q` looks into names, aliases and titles',
    query: sortedQuery(
      {
        status: someOf(['queued', 'enabled', 'disabled', 'failed', 'deleted']).optional(),
        platform: text.reference.optional(),
        client: text.reference.optional(),
        server: text.reference.optional(),
        dbServer: text.reference.optional(),
        profile: text.profile.optional(),
        drifted: z.enum(['true', 'false']).optional().describe('Whether something differs from what the hub wrote'),
      },
      ['name', 'status', 'platform', 'client', 'profile', 'verified', 'created'],
    ),
    answer: page(shape.site),
  }),
  'site get': endpoint({ method: 'GET', path: '/api/sites/:name', summary: 'One site', answer: shape.site }),
  'site create': endpoint({
    method: 'POST',
    path: '/api/sites',
    summary: 'Make a site and install it',
    body: z.strictObject({
      name: text.host.describe('Its canonical host name'),
      platform: text.reference,
      profile: text.profile.optional().describe("'standard', or the platform's first, unless given"),
      language: text.language.default('en'),
      title: text.title.optional(),
      email: text.email.optional().describe('Of the site and its first account'),
      client: text.reference.optional().describe("Whose it is; 'main' unless given"),
      dbServer: text.reference.optional().describe("Whose db service it uses; the platform's server, or the only one"),
      dns: text.reference
        .nullable()
        .optional()
        .describe("Server whose dns service makes its records, null: none; the platform's server, if it has one"),
      aliases: aliases.optional(),
      redirection: text.host.optional(),
      tls: tls.default('off'),
      certificate: text.reference.optional().describe('The certificate that it uses; a self-signed one unless given'),
      certificatePath: text.path.optional(),
      keyPath: text.path.optional(),
      data: text.data.optional(),
      import: z.boolean().default(false).describe('It lies in the platform already: take it over'),
      backup: text.id.optional().describe('Of an imported site: number of the backup that it is made of'),
      update: z.boolean().default(false).describe("With a backup: run the updates that the platform's code wants"),
      directory: text.directory.optional().describe('Of an imported site, below sites/; its name unless given'),
      dryRun: z.boolean().default(false).describe('Only say what the task would do'),
    }),
    answer: z.object({ site: shape.site, task: shape.task }),
    status: 201,
  }),
  'site clone': endpoint({
    method: 'POST',
    path: '/api/sites/:name/clone',
    summary: 'Make a new site that begins as this one is; this one stays open',
    body: z.strictObject({
      name: text.host.describe('Canonical host name of the new site'),
      platform: text.reference.optional().describe('Where it is made; the platform of this one unless given'),
      dbServer: text.reference.optional().describe('Whose db service it uses; that of this one unless given'),
      client: text.reference.optional().describe('Whose it is; the client of this one unless given'),
      title: text.title.optional(),
      email: text.email.optional(),
      tls: tls.optional().describe('As this one has it unless given, with a certificate of its own'),
      dryRun: z.boolean().default(false).describe('Only say what the task would do'),
    }),
    answer: z.object({ site: shape.site, task: shape.task }),
    status: 201,
  }),
  'site set': endpoint({
    method: 'PATCH',
    path: '/api/sites/:name',
    summary: 'Change the given fields of a site and verify it; null resets',
    body: z.strictObject({
      title: text.title.nullable().optional(),
      email: text.email.nullable().optional(),
      client: text.reference.nullable().optional(),
      dns: text.reference.nullable().optional().describe('Server whose dns service makes its records; null: none'),
      dnsTtl: z
        .int()
        .min(60)
        .max(604_800)
        .nullable()
        .optional()
        .describe('For how many seconds others may remember its records; null: as its dns service says'),
      aliases: aliases.nullable().optional(),
      redirection: text.host.nullable().optional(),
      tls: tls.nullable().optional(),
      hsts: z
        .int()
        .min(0)
        .max(63_072_000)
        .nullable()
        .optional()
        .describe(
          'With https required: for how many seconds browsers come by https only (HSTS). 0 ends that; null: they are told nothing',
        ),
      certificate: text.reference
        .nullable()
        .optional()
        .describe('The certificate that it uses; null: a self-signed one'),
      certificatePath: text.path.nullable().optional(),
      keyPath: text.path.nullable().optional(),
      data: text.data.nullable().optional(),
      cron: period
        .nullable()
        .optional()
        .describe("How often it runs its cron: 15m, 1h, 1d, or 'off'; as the setting cron.every says unless given"),
      cronBy: z.enum(['web', 'command']).nullable().optional().describe('Over the web, or by command line'),
      backup: period
        .nullable()
        .optional()
        .describe("How often it is backed up: 6h, 1d, or 'off'; as the queue backup says unless given"),
      retention: retention
        .nullable()
        .optional()
        .describe('Which of its backups are kept: last, daily, weekly, monthly; as the setting backup.retention says'),
    }),
    answer: z.object({ site: shape.site, task: shape.task.nullable() }),
  }),
  'site discard': endpoint({
    method: 'DELETE',
    path: '/api/sites/:name',
    summary: 'Forget a site on which no task was ever run for real; any other is deleted by the task site delete',
    answer: z.object({ deleted: z.string() }),
  }),
  'site login-link': endpoint({
    method: 'GET',
    path: '/api/sites/:name/login-link',
    summary:
      'The one-time login link that its last task made which makes one (`site install`, `site login`, `site hand-over`); kept for a day',
    query: z.strictObject({ task: text.id.optional() }),
    answer: z.object({ link: z.string(), task: z.string(), createdAt: z.string() }),
  }),
  'site drift': endpoint({
    method: 'GET',
    path: '/api/sites/:name/drift',
    summary: 'What on its server differs from what the hub wrote; nothing is changed by it, a verify puts it right',
    query: driftQuery,
    answer: drift,
  }),
  'site web-log': endpoint({
    method: 'GET',
    path: '/api/sites/:name/web-log',
    summary: 'The last lines of its web server that are about it, the newest first; what could let one in is hidden',
    query: z.strictObject({
      log: z.enum(['access', 'error']).default('access').describe('Requests, or what went wrong with them'),
      limit: z.coerce.number<string | number>().int().min(1).max(1000).default(200),
      q: text.line(200).optional().describe('Only lines with this in them, in small or capital letters'),
    }),
    answer: z.object({ items: z.array(webLogLine) }),
  }),
  'alias list': endpoint({
    method: 'GET',
    path: '/api/aliases',
    summary: 'Every host name that is taken',
    query: listQuery({
      site: text.reference.optional(),
      kind: someOf(['canonical', 'alias', 'redirect']).optional(),
    }),
    answer: page(shape.alias),
  }),
};
