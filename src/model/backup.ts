import { z } from 'zod';
import { hostName } from './host-name.ts';
import { packageTypes } from './package.ts';
import { platformRoot } from './platform.ts';
import { Problem } from './problem.ts';

export type BackupStatus = 'queued' | 'enabled' | 'failed' | 'deleted';

/**
 * What a backup is made of, in the order in which it is written and read:
 * database: a dump; files, private: what the site writes, as tar; code: the rest of its directory, as tar; settings: what
 * the hub knows of it and its generated settings without secrets, as JSON. See docs/backup-format.md.
 */
export const partNames = ['database', 'files', 'private', 'code', 'settings'] as const;
export type PartName = (typeof partNames)[number];

/** Why there is this backup. */
export const backupReasons = ['request', 'schedule', 'before delete', 'before restore', 'import'] as const;
export type BackupReason = (typeof backupReasons)[number];

/** Of the manifest. A change that an older Aegir would misread needs the next number. */
export const manifestFormat = 1;

const bytes = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const line = (lengthMax: number) => z.string().max(lengthMax);
const name = z.string().transform((given, context) => {
  try {
    return hostName(given);
  } catch {
    context.addIssue({ code: 'custom', message: 'is not a host name' });
    return z.NEVER;
  }
});

/** How a part lies in its store, with the sum over every byte of it. */
export const stored = z.discriminatedUnion('as', [
  z.object({ as: z.literal('zstd'), bytes, blake2b: z.string().regex(/^[0-9a-f]{128}$/) }),
  /** The id of a restic snapshot is a SHA-256 over all that is below it; `bytes` are those that were given to it. */
  z.object({ as: z.literal('restic'), bytes, snapshot: z.string().regex(/^[0-9a-f]{8,64}$/) }),
]);
export type StoredAs = z.output<typeof stored>;

/** A copy of a backup on another server. A type and not an interface, so that it can be stored as it is. */
export type KeptElsewhere = {
  /** Name of the server whose file service keeps it. */
  readonly server: string;
  /** What a person looks for there. */
  readonly place: string;
  /** Why it is not there; null: it is. */
  readonly problem: string | null;
};

/** What a backup says of itself. It may come from anywhere: nothing in it is ever taken for a path to write to. */
export const manifest = z.object({
  format: z.int().min(1).max(manifestFormat),
  /** Its name among all backups of a server. */
  key: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,299}$/),
  site: z.object({
    name,
    aliases: z.array(z.object({ name, redirect: z.boolean() })).max(1000),
    title: line(1000),
    profile: line(100),
    language: line(40),
    email: line(300),
    /** Where it was: what a restore at another place has to rewrite. */
    address: z.url({ protocol: /^https?$/ }).max(400),
    root: z.string().max(1000).regex(platformRoot),
    directory: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/),
    /** How its front page answered; null where it was not asked. What is made of the backup is compared with it. */
    front: z.object({ status: z.int().min(100).max(999), title: line(2000).nullable() }).nullable(),
  }),
  application: z.object({ name: line(63), version: line(63).nullable() }),
  /** Null where the site could not be asked. */
  packages: z
    .array(
      z.object({
        type: z.enum(packageTypes),
        name: line(255),
        version: line(255).nullable(),
        /** It lies in the directory of the site, so that the backup brings it. */
        isOwn: z.boolean(),
        enabled: z.boolean(),
        isDefault: z.boolean(),
        schemaVersion: z.int().nullable(),
      }),
    )
    .max(50_000)
    .nullable(),
  engines: z.object({ http: line(63), db: line(63), dbVersion: line(255).nullable(), backup: line(63) }),
  made: z.object({
    at: z.iso.datetime(),
    ms: z.int().min(0),
    server: line(63),
    by: line(255).nullable(),
    why: z.enum(backupReasons).catch('request'),
    note: line(1000),
  }),
  parts: z
    .array(
      z.object({
        name: z.enum(partNames),
        /** What it takes when it is restored, as it was measured just before: for the look whether there is room for it. */
        restoredBytes: bytes,
        stored,
      }),
    )
    .max(partNames.length)
    .refine((parts) => new Set(parts.map((part) => part.name)).size === parts.length, 'names a part twice')
    .refine((parts) => parts.some((part) => part.name === 'database'), 'has no database'),
});
export type Manifest = z.output<typeof manifest>;
export type ManifestPart = Manifest['parts'][number];

/** A site with thousands of packages has half a megabyte. */
export const manifestBytesMax = 8 * 1024 * 1024;

/** Throws Problem 'invalid' for what is no manifest, or one of a newer Aegir. */
export function readManifest(text: string, whose: string): Manifest {
  const bad = (why: string, hint: string, cause?: unknown): Problem =>
    new Problem('invalid', `the manifest of ${whose} ${why}`, { hint, ...(cause !== undefined && { cause }) });
  const broken = 'The backup is damaged, or was not made by Aegir.';
  if (text.length > manifestBytesMax) throw bad(`is larger than ${manifestBytesMax} bytes`, broken);
  const given = parsed(text);
  const format = z.object({ format: z.int().min(1) }).safeParse(given);
  if (!format.success) throw bad('is not one', broken, format.error);
  if (format.data.format > manifestFormat)
    throw bad(
      `has the format ${format.data.format}, and this Aegir knows formats up to ${manifestFormat}`,
      'It was made by a newer Aegir: update this one first.',
    );
  const found = manifest.safeParse(given);
  if (found.success) return found.data;
  const [issue] = found.error.issues;
  throw bad(`is not valid: ${issue?.path.join('.')} ${issue?.message}`, broken, found.error);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // What is not JSON is no manifest; the caller says so.
  }
}

/** As it is written: indented, so that a person can read it. */
export const manifestText = (written: Manifest): string => `${JSON.stringify(written, null, 2)}\n`;

/**
 * The name of a backup on its server and in its repository, in the order of time and never twice:
 * 'example.com-20260801T120000Z-12'.
 */
export const backupKey = (site: string, at: Date, id: string): string =>
  `${site}-${at.toISOString().replace(/[-:]|\.\d+/g, '')}-${id}`.toLowerCase();

/** What was found when somebody looked. */
export interface Looked {
  /** ISO 8601. */
  readonly at: string;
  readonly ok: boolean;
  /** Why not. */
  readonly why: string | null;
  readonly seconds: number;
}

export interface Backup {
  readonly id: string;
  /** Its key in its store. */
  readonly name: string;
  readonly status: BackupStatus;
  /** Null: it came from elsewhere and belongs to no site here. */
  readonly siteId: string | null;
  readonly siteName: string;
  readonly reason: BackupReason;
  readonly note: string;
  readonly pinned: boolean;
  /** Who asked for it. */
  readonly by: string | null;
  readonly manifest: Manifest | null;
  /** Name of the uploaded file that it is, or was, made of; null: it was not, or that is long ago. */
  readonly upload: string | null;
}
