import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { api } from '../../api/endpoints.ts';
import * as text from '../../api/text.ts';
import { periodOf, secondsOf } from '../../model/period.ts';
import { type FieldProblem, Problem } from '../../model/problem.ts';
import type { Io } from '../io.ts';

// A field that may be null can be taken away again. All others are as they are while they are left out: what a hub fills in by
// itself cannot be told from what somebody has chosen, and a file that is applied twice must change nothing.

const client = api['client set'].body.shape;
const create = api['site create'].body.shape;
const set = api['site set'].body.shape;
const server = api['server create'].body.shape;
const platform = api['platform create'].body.shape;

const absent = z.boolean().default(false).describe('It is to be deleted; needs --delete too');
const periodAsAnswered = (given: string | null | undefined) => given && periodOf(secondsOf(given));
const byName = (one: { readonly name: string }, other: { readonly name: string }): number =>
  one.name < other.name ? -1 : 1;

const clientItem = z.strictObject({
  title: text.title.optional(),
  email: text.email.nullable().optional(),
  status: client.status,
  sitesMax: client.sitesMax,
  backupsMax: client.backupsMax,
  diskMaxMb: client.diskMaxMb,
  absent,
});

const serviceItem = z.strictObject({
  engine: text.word.optional(),
  options: z.record(z.string().max(63), z.unknown()).default({}),
  publishTo: z.enum(['sites', 'servers']).optional(),
  absent,
});

const serverItem = z.strictObject({
  title: text.title.optional(),
  host: server.host,
  sshPort: server.sshPort,
  root: server.root,
  data: server.data,
  services: z.record(text.word, serviceItem).default({}),
  absent,
});

const platformItem = z.strictObject({
  root: platform.root.optional(),
  server: text.short.optional(),
  title: text.title.optional(),
  clients: z
    .array(text.clientName)
    .max(1000)
    .transform((names) => names.toSorted())
    .optional(),
  source: platform.source.unwrap().optional(),
  absent,
});

const siteItem = z.strictObject({
  platform: text.short.optional(),
  profile: create.profile,
  language: text.language.optional(),
  title: text.title.optional(),
  email: create.email,
  client: text.clientName.optional(),
  dbServer: text.short.optional(),
  dns: text.short.nullable().optional(),
  dnsTtl: set.dnsTtl,
  aliases: create.aliases
    .unwrap()
    .transform((all) =>
      all.map((one) => (typeof one === 'string' ? { name: one, redirect: false } : one)).toSorted(byName),
    )
    .optional(),
  redirection: set.redirection,
  tls: create.tls.unwrap().optional(),
  hsts: set.hsts,
  certificate: text.short.nullable().optional(),
  certificatePath: set.certificatePath,
  keyPath: set.keyPath,
  data: create.data,
  cron: set.cron.transform(periodAsAnswered),
  cronBy: set.cronBy.unwrap().unwrap().optional(),
  backup: set.backup.transform(periodAsAnswered),
  retention: set.retention,
  status: z.enum(['enabled', 'disabled']).optional(),
  absent,
});

const farm = z.strictObject({
  clients: z.record(text.clientName, clientItem).default({}),
  servers: z.record(text.short, serverItem).default({}),
  platforms: z.record(text.short, platformItem).default({}),
  sites: z.record(text.host, siteItem).default({}),
});

/** What a file says that there is to be. */
export type Farm = z.output<typeof farm>;
export type ServiceItem = z.output<typeof serviceItem>;

export interface FarmFile {
  readonly farm: Farm;
  /** For messages: the path as it was given. */
  readonly name: string;
  /** Reads `{ file: path }`, from where the farm's file is, and `{ env: NAME }`; anything else is the secret itself. */
  secret(given: unknown): unknown;
}

/** From a path, or '-' for standard input. Throws Problem 'invalid' with every mistake and where it is. */
export async function readFarm(io: Pick<Io, 'stdin' | 'env'>, path: string): Promise<FarmFile> {
  const name = path === '-' ? 'standard input' : path;
  const given = parsed(name, path === '-' ? await io.stdin() : readText(path, 'the farm'));
  const checked = farm.safeParse(given);
  if (!checked.success)
    throw new Problem('invalid', `${name} is not valid`, {
      hint: 'Correct what is named; docs/apply.md has every field.',
      fields: checked.error.issues.flatMap(fieldsOf).slice(0, 50),
    });
  const directory = path === '-' ? '.' : dirname(path);
  return { farm: checked.data, name, secret: (one) => secretFrom(io, directory, one) };
}

function parsed(name: string, source: string): unknown {
  const document = parseDocument(source, { prettyErrors: true, uniqueKeys: true });
  const [wrong] = document.errors;
  if (wrong)
    throw new Problem('invalid', `${name} is not YAML`, {
      hint: 'Correct it at the line that is named.',
      fields: [{ path: `line ${wrong.linePos?.[0].line ?? 1}`, message: wrong.message.split('\n')[0] ?? wrong.code }],
    });
  // A file with many references to one large part could fill the memory.
  return document.toJS({ maxAliasCount: 100 }) ?? {};
}

function fieldsOf({ path, message, ...issue }: z.core.$ZodIssue): FieldProblem[] {
  const at = path.map(String);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...at, key].join('.'), message: 'is not known here' }));
  if (issue.code === 'invalid_key')
    return issue.issues.map((inner) => ({ path: at.join('.'), message: inner.message }));
  return [{ path: at.join('.'), message }];
}

const pointer = z.union([z.strictObject({ file: z.string().min(1) }), z.strictObject({ env: z.string().min(1) })]);

function secretFrom(io: Pick<Io, 'env'>, directory: string, given: unknown): unknown {
  const found = pointer.safeParse(given);
  if (!found.success) return given;
  if ('file' in found.data) return readText(resolve(directory, found.data.file), 'a secret').trimEnd();
  const value = io.env[found.data.env];
  if (value === undefined)
    throw new Problem('invalid', `the environment has no ${found.data.env}`, {
      hint: 'Set it, or name a file: { file: path }.',
    });
  return value;
}

function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(path, what, error);
  }
}

const unreadable = (path: string, what: string, cause: unknown): Problem =>
  new Problem('invalid', `${what} cannot be read from ${path}`, { hint: 'Is the path right?', cause });
