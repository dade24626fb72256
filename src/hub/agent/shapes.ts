import { z } from 'zod';
import { id } from '../../api/text.ts';
import { manifest } from '../../model/backup.ts';
import { packageTypes } from '../../model/package.ts';
import { problemCodes } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';

/** What an agent may say, whoever it really is: nothing else is read, and nothing that is longer. */

const text = (most: number) => z.string().max(most);
const name = text(300);
const count = z.int().min(-2_147_483_648).max(2_147_483_647);
const json = z.json();

const problem = z.strictObject({
  code: z.enum(Object.keys(problemCodes) as [keyof typeof problemCodes]),
  message: text(100_000),
  hint: text(100_000).optional(),
  causes: z.array(text(100_000)).max(100),
  fields: z
    .array(z.strictObject({ path: name, message: text(1000) }))
    .max(1000)
    .optional(),
  retryAfterMs: z.int().optional(),
});

/** Those that a worker writes while it has the task; how it ended is said by `ending`. */
const event = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('task.started'),
    worker: name,
    attempt: count,
    steps: z.array(name).max(1000),
  }),
  z.strictObject({ type: z.literal('check.done') }),
  z.strictObject({ type: z.literal('step.started'), step: name }),
  z.strictObject({ type: z.literal('step.done'), step: name, result: json }),
  z.strictObject({ type: z.literal('step.failed'), step: name, problem }),
  z.strictObject({ type: z.literal('task.stopped'), problem }),
  z.strictObject({ type: z.literal('undo.started'), step: name }),
  z.strictObject({ type: z.literal('undo.done'), step: name }),
  z.strictObject({ type: z.literal('undo.failed'), step: name, problem }),
  z.strictObject({ type: z.literal('command.started'), server: name, command: text(200_000) }),
  z.strictObject({
    type: z.literal('command.output'),
    stream: z.enum(['stdout', 'stderr']),
    text: text(200_000),
  }),
  z.strictObject({ type: z.literal('command.done'), exitCode: count, ms: z.number().min(0) }),
  z.strictObject({ type: z.literal('changed'), what: text(200_000) }),
  z.strictObject({ type: z.literal('note'), level: z.enum(['info', 'warning']), text: text(200_000) }),
]);

const ending = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('done'), result: json }),
  z.strictObject({ status: z.enum(['failed', 'cancelled', 'stuck']), problem }),
]);

const secret = z.instanceof(Secret);
const packageType = z.enum(packageTypes);
const packagesOnSite = z
  .array(
    z.strictObject({
      ...{ type: packageType, name, enabled: z.boolean(), isDefault: z.boolean() },
      schemaVersion: z.int().nullable(),
    }),
  )
  .max(20_000);
const scan = z.strictObject({
  packages: z
    .array(
      z.strictObject({
        ...{ type: packageType, name, title: text(1000), version: name.nullable(), php: name.nullable() },
        ...{ schemaVersion: z.int().nullable(), lastRemovedUpdate: z.int().nullable(), ofProfile: name.nullable() },
        ...{ coreCompatibility: name.nullable(), dependencies: z.array(name).max(1000), path: text(4096) },
        ...{ hidden: z.boolean(), precedence: count },
      }),
    )
    .max(20_000),
  scanner: name,
  seen: z.record(text(4096), text(1000).nullable()),
  files: z.record(text(4096), json),
});
const looked = z.strictObject({
  ...{ at: z.iso.datetime(), ok: z.boolean(), why: text(100_000).nullable(), seconds: z.number().min(0) },
});
const pointing = z.strictObject({
  ...{ name, addresses: z.array(name).max(100), host: name.nullable(), ttlSeconds: z.int().min(0) },
});
const siteNames = z.array(z.strictObject({ service: id, name })).max(1000);

const found = z.strictObject({
  platform: z
    .strictObject({
      ...{ root: text(4096), application: name, version: name },
      scan,
      sitesFound: z.array(z.strictObject({ directory: text(300) })).max(20_000),
    })
    .partial()
    .optional(),
  site: z
    .strictObject({
      ...{ packages: packagesOnSite, scan, profile: name, databaseIsOurs: z.boolean(), hashSalt: secret },
      database: z.strictObject({ name, user: name, password: secret }),
      records: z.union([siteNames, z.literal('undone')]),
    })
    .partial()
    .optional(),
  backup: z
    .strictObject({
      id,
      status: z.enum(['failed', 'deleted']).optional(),
      made: z.strictObject({ manifest, bytes: z.int().min(0) }).optional(),
      ...{ verified: looked.optional(), tested: looked.optional() },
    })
    .optional(),
  copy: z.strictObject({ packages: packagesOnSite, profile: name.optional() }).optional(),
});

const outcome = z.strictObject({
  platform: z
    .strictObject({
      status: z.enum(['enabled', 'failed', 'locked', 'deleted']),
      ...{ verified: z.boolean(), root: text(4096), application: name, version: name, built: z.literal(true) },
    })
    .partial()
    .optional(),
  site: z
    .strictObject({
      status: z.enum(['enabled', 'disabled', 'failed', 'deleted']),
      ...{ verified: z.boolean(), databaseIsOurs: z.boolean() },
      records: z.array(z.strictObject({ service: id, name, pointing })).max(1000),
      moved: z.strictObject({
        database: z.boolean(),
        oldName: z.enum(['redirect', 'alias', 'none']).optional(),
      }),
    })
    .partial()
    .optional(),
  backup: z.strictObject({ status: z.enum(['failed', 'deleted']) }).optional(),
});

/** A process of an agent, as it calls itself. */
const instance = z.string().regex(/^[0-9a-f]{12}$/);
const claim = { instance, attempt: count };

export const agentBodies = {
  claim: z.strictObject({
    instance,
    /** See `editionOf`. */
    edition: name,
    holds: z.array(id).max(100),
    waiting: name.nullable(),
    waitMs: z.int().min(0).max(25_000),
  }),
  leave: z.strictObject({ instance }),
  log: z.strictObject(claim),
  beat: z.strictObject(claim),
  append: z.strictObject({ ...claim, first: count.min(1), events: z.array(event).min(1).max(500) }),
  rows: z.strictObject({
    ...claim,
    what: z.enum(['platform', 'site', 'copy', 'backup', 'newBackup']),
    id: id.nullable(),
  }),
  keep: z.strictObject({ ...claim, name: z.literal('loginLink'), secret }),
  record: z.strictObject({ ...claim, found }),
  end: z.strictObject({ ...claim, seq: count.min(1), ending, outcome }),
};
