import { z } from 'zod';
import { Secret } from '../model/secret.ts';
import type { SiteFound } from './application.ts';

/** What scripts answer. A site's code may have made these up, so they are bounded and nothing but data. */
const text = z.string().max(2_000);
const count = z.number().int().min(0);

export const nothing = z.unknown().transform(() => undefined);
export const installedAnswer = z.object({ installed: z.boolean() });
export const countsAnswer = z.object({ usersRegistered: count, usersActive: count, posts: count, comments: count });
export const pathAnswer = z.object({ path: z.string().regex(/^\/[\w./?=%-]{1,500}$/) });
export const linesAnswer = z.object({ lines: text });
export const leftAnswer = z.object({ left: count });

export const statusAnswer = z.object({
  title: text,
  version: text,
  profile: text.nullable(),
  maintenance: z.boolean(),
  packages: z
    .array(
      z.object({
        type: z.enum(['core', 'profile', 'module', 'theme', 'engine', 'plugin', 'mu-plugin']),
        name: text,
        enabled: z.boolean(),
        schemaVersion: z.number().int().nullable(),
        isDefault: z.boolean(),
      }),
    )
    .max(10_000),
});

export const updatesAnswer = z.object({
  updates: z.array(z.object({ package: text, update: text, description: text })).max(10_000),
});

export const wordpressUpdatesAnswer = updatesAnswer.extend({ wasClosed: z.boolean() });

export const rewrittenAnswer = z.object({
  rewritten: z.array(z.object({ what: text, rows: count })).max(100_000),
});
export const problemsAnswer = z.object({ problems: z.array(text).max(50) });
export const configAnswer = z.object({ config: z.record(z.string().max(500), z.string().regex(/^[0-9a-f]{16}$/)) });

export const sitesAnswer = z.object({
  sites: z.array(
    z.object({
      directory: text,
      database: z
        .object({
          driver: text,
          name: text,
          user: text,
          password: text,
          host: text,
          port: z.number().int().min(1).max(65_535).nullable(),
        })
        .nullable(),
      hashSalt: text.nullable(),
    }),
  ),
});

export const toSiteFound = ({
  directory,
  database,
  hashSalt,
}: z.infer<typeof sitesAnswer>['sites'][number]): SiteFound => ({
  directory,
  database: database && { ...database, password: new Secret(database.password) },
  hashSalt: hashSalt === null ? null : new Secret(hashSalt),
});
