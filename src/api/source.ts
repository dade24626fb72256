import { z } from 'zod';
import { isPath } from '../model/platform-source.ts';
import * as text from './text.ts';

/** Sources of a platform's code, as model/platform-source.ts has them. */

/** No credentials: an address is in the log and in the list of processes. */
function problemOf(address: string, protocols: readonly string[]): string | null {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !protocols.includes(url.protocol) || !/^[a-z]+:\/\//.test(address))
    return `is neither an address (${protocols.map((one) => `${one}//…`).join(' or ')}) nor an absolute path`;
  if (url.username !== '' || url.password !== '') return 'holds a name or password, which Aegir would show in its log';
  if (url.hash !== '') return "holds a '#'";
  return null;
}

const located = (protocols: readonly string[], about: string) =>
  z
    .string()
    .max(2000)
    .regex(/^[!$%&'()*+,./0-9:;=?@A-Z_a-z~[\]-]+$/, 'holds a character that an address spells with %')
    .superRefine((given, context) => {
      const message = isPath(given)
        ? (text.path.safeParse(given).error?.issues[0]?.message ?? null)
        : problemOf(given, protocols);
      if (message !== null) context.addIssue({ code: 'custom', message });
    })
    .describe(about);

/** A directory in the tree. */
const docroot = z
  .string()
  .max(255)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/, 'is not a path below the tree')
  .describe('Directory in it that holds index.php, where it is not found by itself');

const archive = z
  .strictObject({
    type: z.literal('archive'),
    location: located(['https:', 'http:'], 'A tar or zip file: address, or path on the server'),
    sha256: z
      .string()
      .regex(/^[0-9a-fA-F]{64}$/, 'is not a SHA-256 of 64 hexadecimal digits')
      .optional()
      .describe('What the file must have; needed for http'),
    docroot: docroot.optional(),
  })
  .refine(({ location, sha256 }) => !location.startsWith('http:') || sha256 !== undefined, {
    path: ['sha256'],
    message: 'must be given for http, where anybody on the way can change the file',
  });

const git = z.strictObject({
  type: z.literal('git'),
  repository: located(['https:'], 'Address, or path on the server'),
  ref: z
    .string()
    .regex(/^(?![-/.])(?!.*(?:\.\.|\/\/|@\{))[A-Za-z0-9._/-]{1,200}(?<![/.])$/, 'is no branch, tag or commit')
    .optional()
    .describe("Branch, tag or whole commit; the repository's own choice unless given"),
  composer: z.boolean().optional().describe('Install what its composer.json asks for (without --dev)'),
  docroot: docroot.optional(),
});

const composer = z.strictObject({
  type: z.literal('composer'),
  package: z
    .string()
    .max(200)
    .regex(/^[a-z0-9](?:[_.-]?[a-z0-9]+)*\/[a-z0-9](?:[_.-]{0,2}[a-z0-9]+)*$/, 'is not a package: vendor/name')
    .describe('A project such as drupal/recommended-project'),
  version: z
    .string()
    .regex(/^(?!-)[A-Za-z0-9^~<>=!|,.*@ _+-]{1,100}$/, 'is not a version of Composer')
    .optional()
    .describe('Such as ^10 or 10.1.8; the newest unless given'),
  repository: located(['https:'], 'Composer repository of the project: address, or directory of zip files').optional(),
});

const debian = z.strictObject({
  type: z.literal('debian'),
  package: z
    .string()
    .regex(/^[a-z0-9][a-z0-9+.-]{1,99}$/, 'is not the name of a Debian package')
    .describe('An installed Debian package such as wordpress'),
});

const makefile = z.strictObject({
  type: z.literal('makefile'),
  makefile: located(['https:'], 'Drush make file: address, or path on the server'),
});

export const platformSource = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('path') }),
  ...[archive, git, composer, debian, makefile],
]);
