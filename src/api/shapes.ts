import { z } from 'zod';
import { siteBackup, siteCron } from './queue-shapes.ts';
import { platformSource } from './source.ts';

/** The shapes of answers. Ids are decimal strings, times are ISO 8601 in UTC, null is known to be absent. */

export const at = z.string();
export const atOrNull = z.string().nullable();
/** What is given as If-Match to change this only if nobody else has. */
export const etag = z.string().describe('For If-Match: stays as long as nobody sets anything of it');

/** A task that could be asked for, and why it cannot be just now. */
export const possibleTask = z
  .object({ name: z.string(), title: z.string(), possible: z.boolean(), reason: z.string().optional() })
  .meta({ id: 'PossibleTask' });

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    hint: z.string().optional(),
    causes: z.array(z.string()),
    fields: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    retryAfterMs: z.int().optional(),
  })
  .meta({ id: 'Problem' });

export const client = z
  .object({
    id: z.string(),
    etag,
    name: z.string(),
    title: z.string(),
    email: z.string().nullable(),
    status: z.string(),
    sites: z.int(),
    sitesMax: z.int().nullable(),
    backupsMax: z.int().nullable(),
    diskMaxMb: z.int().nullable(),
    usage: z
      .object({ sites: z.int(), backups: z.int(), bytes: z.number() })
      .describe('What it has; bytes of backups, and of each site as it was when last backed up'),
    lockBatch: z.string().nullable().describe('The batch that disables its sites since it was locked, or enables them'),
    accounts: z.array(z.object({ account: z.string(), role: z.string() })).describe('Who has which role for it'),
    createdAt: at,
  })
  .meta({ id: 'Client' });

export const account = z
  .object({
    id: z.string(),
    etag,
    name: z.string(),
    title: z.string(),
    email: z.string().nullable(),
    status: z.string(),
    hasPassword: z.boolean(),
    secondFactor: z.boolean().describe('It has one'),
    secondFactorRequired: z.boolean().describe('Of itself, or for one of its roles'),
    invitedUntil: atOrNull.describe('A one-time link can still be used'),
    roles: z
      .array(z.object({ role: z.string(), client: z.string().nullable() }))
      .describe('For a client, or for the whole hub'),
    createdAt: at,
  })
  .meta({ id: 'Account' });

export const token = z
  .object({
    id: z.string(),
    account: z.string(),
    title: z.string(),
    scopes: z.array(z.string()).nullable().describe('Null: it may what its account may'),
    offer: z.string().nullable().describe('It is for the orders of this offer, and nothing else'),
    expiresAt: atOrNull,
    revokedAt: atOrNull,
    lastUsedAt: atOrNull,
    createdAt: at,
  })
  .meta({ id: 'Token' });

export const service = z
  .object({
    id: z.string(),
    etag,
    server: z.string(),
    type: z.string(),
    engine: z.string(),
    options: z.record(z.string(), z.unknown()),
    secretsSet: z.array(z.string()).describe('Names of the options that are kept sealed and never answered'),
    publishTo: z
      .enum(['sites', 'servers'])
      .describe('Of a web server: whether platforms can be on its server, or it serves clusters only'),
    status: z.string(),
    createdAt: at,
  })
  .meta({ id: 'Service' });

export const server = z
  .object({
    id: z.string(),
    etag,
    name: z.string(),
    context: z.string(),
    title: z.string(),
    host: z.string(),
    sshPort: z.int().describe('Of its sshd'),
    status: z.string(),
    root: z.string(),
    data: z.record(z.string(), z.unknown()),
    diagnosis: z.unknown(),
    services: z.array(service),
    tasksMax: z.number().nullable(),
    hostKeys: z.array(z.string()).describe('Fingerprints of those that its first verify has pinned'),
    hostKeysAt: atOrNull,
    verifiedAt: atOrNull,
    createdAt: at,
    tasks: z.array(possibleTask),
  })
  .meta({ id: 'Server' });

export const platform = z
  .object({
    id: z.string(),
    etag,
    name: z.string(),
    context: z.string(),
    title: z.string(),
    root: z.string().describe('The document root'),
    source: platformSource.nullable().describe('Null: it is not for you to see'),
    tree: z.string().nullable().describe('The directory that the source is built in; the document root is in it'),
    builtAt: atOrNull.describe('When Aegir built it; null for code that is not its own to remove'),
    server: z.string(),
    engine: z.string().describe('Engine of the http service that publishes it'),
    status: z.string(),
    application: z.string().nullable(),
    version: z.string().nullable(),
    profiles: z.array(z.string()),
    sites: z.int().describe('How many it carries, of those one may see'),
    clients: z.array(z.string()).describe('Those that may use it; none: all'),
    sitesFound: z.array(z.object({ directory: z.string() })),
    driftedSince: atOrNull.describe(
      'Since when something differs from what the hub wrote; null: nothing, as last seen',
    ),
    verifiedAt: atOrNull,
    createdAt: at,
    tasks: z.array(possibleTask),
  })
  .meta({ id: 'Platform' });

export const site = z
  .object({
    id: z.string(),
    etag,
    name: z.string(),
    context: z.string(),
    url: z.string(),
    status: z.string(),
    title: z.string(),
    client: z.string(),
    platform: z.string(),
    server: z.string(),
    database: z.object({ server: z.string(), engine: z.string(), name: z.string(), user: z.string() }),
    dns: z.string().nullable().describe('Server whose dns service has its records; null: somebody else makes them'),
    dnsTtl: z
      .int()
      .nullable()
      .describe('For how many seconds others may remember its records; null: as its dns service says'),
    directory: z.string(),
    profile: z.string(),
    language: z.string(),
    email: z.string(),
    aliases: z.array(z.object({ name: z.string(), redirect: z.boolean() })),
    redirection: z.string().nullable(),
    tls: z.string(),
    hsts: z
      .int()
      .nullable()
      .describe('For how many seconds a browser that was told so comes by https only; null: it is told nothing'),
    certificate: z.string().nullable().describe('The certificate of the hub that it uses; null: none'),
    certificatePath: z.string().nullable(),
    keyPath: z.string().nullable(),
    runUser: z.string(),
    data: z.record(z.string(), z.unknown()),
    cron: siteCron,
    backup: siteBackup,
    driftedSince: atOrNull.describe(
      'Since when something differs from what the hub wrote; null: nothing, as last seen',
    ),
    verifiedAt: atOrNull,
    createdAt: at,
    tasks: z.array(possibleTask),
  })
  .meta({ id: 'Site' });

export const task = z
  .object({
    id: z.string(),
    name: z.string(),
    title: z.string(),
    subject: z.object({ noun: z.string(), id: z.string(), name: z.string() }),
    args: z.record(z.string(), z.unknown()),
    dryRun: z.boolean(),
    status: z.string(),
    priority: z.int(),
    attempt: z.int(),
    worker: z.string().nullable(),
    account: z.string().nullable(),
    runAt: at,
    createdAt: at,
    startedAt: atOrNull,
    endedAt: atOrNull,
    result: z.unknown(),
    problem: z.unknown(),
  })
  .meta({ id: 'Task' });

export const taskWithSteps = task
  .extend({
    steps: z.array(z.object({ name: z.string(), status: z.string() })),
    actions: z.array(z.object({ name: z.string(), possible: z.boolean(), reason: z.string().optional() })),
    plan: z
      .array(z.object({ name: z.string(), usualMs: z.number().nullable() }))
      .describe('Steps that the last such task had, each with its median time over the last 20'),
    waitsFor: z.array(z.string()).describe('Ids of the tasks that hold what it needs'),
    waits: z
      .object({
        why: z.enum(['later', 'paused', 'no worker', 'tasks', 'server limit', 'load', 'busy']),
        until: atOrNull.describe('Of later'),
        about: z.string().nullable().describe('Of load: what the worker says; of server limit: which server'),
        tasks: z.array(z.object({ id: z.string(), name: z.string(), subject: z.string() })),
      })
      .nullable()
      .describe('Why it is not begun yet'),
    cancelRequested: z.boolean(),
  })
  .meta({ id: 'TaskWithSteps' });

export const agent = z
  .object({
    id: z.string(),
    server: z.string(),
    processes: z.int().describe('How many of it live just now'),
    createdAt: at,
    lastUsedAt: atOrNull,
    revokedAt: atOrNull,
  })
  .meta({ id: 'Agent' });

/** One line of a task's log; `event` is a TaskEvent of model/event.ts. */
export const logged = z
  .object({ seq: z.int(), at, event: z.looseObject({ type: z.string() }) })
  .meta({ id: 'LoggedEvent' });

export const alias = z
  .object({ name: z.string(), site: z.string(), kind: z.enum(['canonical', 'alias', 'redirect']) })
  .meta({ id: 'Alias' });

/** What was found when somebody looked: at its checksums, or whether a site can be made of it. */
const looked = z.object({ at, ok: z.boolean(), why: z.string().nullable(), seconds: z.number() }).nullable();

export const backup = z
  .object({
    id: z.string(),
    name: z.string(),
    site: z.string().nullable().describe('Site here that it is one of; null: it came from elsewhere'),
    siteName: z.string().describe('As the site was called then'),
    application: z.string().nullable(),
    version: z.string().nullable(),
    server: z.string(),
    engine: z.string(),
    status: z.string(),
    reason: z.string().describe('request, schedule, before delete, before restore or import'),
    note: z.string(),
    pinned: z.boolean(),
    bytes: z.number().nullable().describe('What it takes in its store'),
    elsewhere: z
      .object({ server: z.string(), place: z.string(), problem: z.string().nullable() })
      .nullable()
      .describe('Its copy with the file service of another server, or why there is none; null: none was wanted'),
    by: z.string().nullable(),
    task: z.string().nullable().describe('The task that makes it'),
    verified: looked,
    tested: looked,
    createdAt: at,
    tasks: z.array(possibleTask),
  })
  .meta({ id: 'Backup' });

export const backupWithManifest = backup
  .extend({ manifest: z.looseObject({ format: z.int() }).nullable() })
  .meta({ id: 'BackupWithManifest' });
