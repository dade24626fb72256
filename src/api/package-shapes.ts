import { z } from 'zod';
import { page } from './endpoint.ts';

/** The shapes of answers about packages: where they lie, which sites use them, and what a platform would mean for a site. */

export const packageFound = z
  .object({
    type: z.string(),
    name: z.string(),
    title: z.string(),
    version: z.string().nullable(),
    schemaVersion: z.string().nullable().describe('What the code would note in the database of a site'),
    coreCompatibility: z.string().nullable(),
    php: z.string().nullable().describe('The least PHP it asks for'),
    path: z.string(),
    hidden: z.boolean(),
    ofProfile: z.string().nullable().describe('Only sites of this profile see it'),
    sites: z.int().describe('How many sites of the platform have it enabled'),
  })
  .meta({ id: 'PackageOnPlatform' });

export const packageOnSite = z
  .object({
    type: z.string(),
    name: z.string(),
    title: z.string(),
    enabled: z.boolean(),
    default: z.boolean().describe('The theme of its pages or of its administration'),
    version: z.string().nullable().describe('Of the code that it uses'),
    schemaVersion: z.string().nullable().describe('As noted in its database'),
    path: z.string().nullable().describe('Null: the code is missing'),
    own: z.boolean().describe("It lies in the site's own directory"),
  })
  .meta({ id: 'PackageOnSite' });

/** A package anywhere. */
export const packageAnywhere = z
  .object({
    application: z.string(),
    type: z.string(),
    name: z.string(),
    title: z.string(),
    versions: z.array(z.string()).describe('That lie somewhere'),
    platforms: z.int().describe('How many have it'),
    sites: z.int().describe('How many have it enabled'),
  })
  .meta({ id: 'Package' });

export const siteWithPackage = packageOnSite
  .omit({ name: true, title: true })
  .extend({ site: z.string(), platform: z.string(), application: z.string() })
  .meta({ id: 'SiteWithPackage' });

const counts = z.object({ same: z.int(), upgrade: z.int(), downgrade: z.int(), missing: z.int() });
const reasons = z
  .array(z.object({ code: z.string(), message: z.string(), hint: z.string() }))
  .describe('Why it cannot be moved there; none: it can');
const packagePlace = z.object({
  version: z.string().nullable(),
  schemaVersion: z.string().nullable(),
  path: z.string(),
});

export const comparedPackage = z
  .object({
    result: z.enum(['same', 'upgrade', 'downgrade', 'missing']),
    level: z.enum(['fine', 'note', 'warning', 'error']),
    type: z.string(),
    name: z.string(),
    title: z.string(),
    enabled: z.boolean(),
    own: z.boolean().describe("It lies in the site's own directory and goes with it"),
    from: packagePlace.describe('Of the site, with the schema of its database'),
    to: packagePlace.nullable(),
    remarks: z.array(z.string()),
  })
  .meta({ id: 'ComparedPackage' });

export const comparedSite = z
  .object({ site: z.string(), possible: z.boolean(), counts, problems: reasons })
  .meta({ id: 'ComparedSite' });

/** What a platform would mean for one site, package by package; or for each site of another platform. */
export const comparison = z.discriminatedUnion('of', [
  page(comparedPackage)
    .extend({
      of: z.literal('site'),
      platform: z.string(),
      from: z.string().describe('The platform that it is on'),
      site: z.string(),
      possible: z.boolean(),
      counts,
      problems: reasons,
    })
    .meta({ id: 'SiteComparison' }),
  page(comparedSite)
    .extend({ of: z.literal('platform'), platform: z.string(), from: z.string() })
    .meta({ id: 'PlatformComparison' }),
]);
