import { z } from 'zod';
import type { Alias, Site } from '../model/site.ts';
import { taskType } from './define.ts';
import { host, movingMs } from './moving/args.ts';
import { askAside, askBefore, askSite } from './moving/asking.ts';
import { checkMoving } from './moving/check.ts';
import { closeSite } from './moving/closing.ts';
import { copyClosed, copyFiles } from './moving/copying.ts';
import { rewrite, writeSettings } from './moving/fitting.ts';
import { createDatabase, createDirectory } from './moving/making.ts';
import { isInPlace, type Moving, moving } from './moving/moving.ts';
import { copyOwnLines } from './moving/own-lines.ts';
import { takePlace } from './moving/placing.ts';
import { publishAside, switchOver } from './moving/publishing.ts';
import { dropDatabase, removeFiles, withdrawAside } from './moving/removing.ts';
import type { Moved } from './outcome.ts';
import { checkNames, pointed, pointing } from './site-records.ts';

const keepOld = z
  .enum(['redirect', 'alias', 'no'])
  .default('redirect')
  .describe('What its old name does: lead to the new one, show the site too, or be free again');
type KeepOld = z.output<typeof keepOld>;

/** A new canonical name, and a directory that is called like it. */
export const siteRename = taskType({
  name: 'site rename',
  title: 'Rename site',
  args: z.strictObject({
    name: host.describe('Its new name; may be one of its aliases'),
    keepOld,
    keepDirectory: z.boolean().default(false).describe('Leave its directory where it is'),
  }),
  from: ['enabled', 'disabled'],
  timeoutMs: movingMs,
  copy: ({ name, keepDirectory }) => ({ name, directory: keepDirectory ? 'aside' : 'named' }),
  async context(load, id, args) {
    const from = await load.site(id);
    const copy = await load.copy(id, (site) => renamed(site, from.site.name, args.keepOld));
    return moving(copy, from, { linksFiles: true });
  },
  async check(context) {
    await checkMoving(context);
    await checkNames(context);
  },
  steps: (context) => [
    createDatabase,
    createDirectory,
    askBefore,
    copyFiles,
    copyOwnLines,
    publishAside,
    closeSite,
    copyClosed,
    ...(isInPlace(context) ? [takePlace] : []),
    writeSettings,
    rewrite,
    askAside,
    switchOver,
    askSite,
    ...pointing(context),
    withdrawAside,
    dropDatabase,
    removeFiles,
  ],
  done: (context) => ({
    site: { moved: { database: true, oldName: oldNameOf(context) }, verified: true, ...pointed(context) },
  }),
  failed: () => ({}),
});

function oldNameOf({ site, from }: Moving): NonNullable<Moved['oldName']> {
  const old = site.aliases.find(({ name }) => name === from.site.name);
  return old === undefined ? 'none' : old.redirect ? 'redirect' : 'alias';
}

/** It already has its new name, which is none of its aliases any more. The hub writes the same into its rows in the end. */
function renamed(site: Site, oldName: string, kept: KeepOld): Site {
  const old: readonly Alias[] = kept === 'no' ? [] : [{ name: oldName, redirect: kept === 'redirect' }];
  const aliases = [...site.aliases, ...old].toSorted((one, other) => (one.name < other.name ? -1 : 1));
  return { ...site, aliases, redirection: site.redirection === oldName ? site.name : site.redirection };
}
