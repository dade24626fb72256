import type { CopiedAs } from '../../applications/application.ts';
import type { Page } from '../../applications/probe.ts';
import type { Json } from '../../model/json.ts';
import type { CopyContext, SiteContext } from '../context.ts';
import type { Step } from '../task-type.ts';

/**
 * A site comes to be somewhere else: on another platform, in another database, under another name, or only anew where it is.
 * One engine for `site clone`, `migrate`, `move`, `rename` and `update`, and for whatever else puts a site in the place of a
 * site (a restore): each is a list of the steps in this folder, in this order, with those left out that it does not need.
 *
 *     createDatabase, createDirectory   making.ts      beside the old ones, under names that the hub allocated
 *     copyFiles                         copying.ts     while the site is open
 *     publishAside                      publishing.ts  the copy, under a name that nobody knows
 *     closeSite                         closing.ts     503 to everybody, and nobody is in its database any more
 *     copyClosed                        copying.ts     the database, and of the files what has changed meanwhile
 *     takePlace                         placing.ts     where the copy takes the directory of the site itself
 *     writeSettings, rewrite, runUpdates  fitting.ts   on the copy
 *     askAside                          asking.ts      the copy over HTTP, and what it thinks of itself
 *     switchOver                        publishing.ts  one reload: the site is open again, and is the copy
 *     askSite                           asking.ts      under its own name
 *     withdrawAside, dropDatabase, removeFiles  removing.ts  what was the site; only forward from here
 *
 * Until `switchOver` nothing of the site has changed but that it is closed, and every step is undone by taking away what is
 * the copy's: so whatever fails, the site is as it was. Nothing of it is removed before its copy has answered in its place.
 *
 * The context is the site as it will be (`load.copy`, or for a clone `load.site`); `from` is the site as it is.
 * Data that comes from elsewhere: put a step of your own in the place of `copyFiles` and `copyClosed`. It fills the
 * directory `siteDirectory(draftOf(context))` and the database `draftOf(context).installed.database`, and says in `again` how to do
 * so once more.
 */
export interface Moving extends CopyContext {
  /** As it is now; of a clone the one that it is made of. */
  readonly from: SiteContext;
  readonly as: CopiedAs;
  /** The copy is only tried, and thrown away. */
  readonly isRehearsal: boolean;
  /**
   * Files may be in both under one name each, which needs neither time nor room: where nobody but we and a look at the front page
   * is at work in the copy before the former files are removed. Code that updates itself may write into them.
   */
  readonly linksFiles: boolean;
  /** Its pending updates are run once it is fitted to its place, so until then nobody needs to start it. */
  readonly updatesFollow: boolean;
  /**
   * Makes a copy that is in its place anew, and fits it to that: a worker that was lost may have left half an update in it. Null: it is
   * copied from the site.
   */
  readonly again: (() => Promise<void>) | null;
  /** Errors that the copy logs are told, and keep nobody from it. */
  readonly despiteErrors: boolean;
  readonly seen: Seen;
}

/** What this worker has done and seen itself. The next can do without, but takes nothing for done that only this one can be sure of. */
interface Seen {
  /** It has made the copy's database: nobody was at work in it before. */
  made?: boolean;
  /** It has copied the database, and the copy is as it was copied; or something was run in it since. */
  copy?: 'fresh' | 'touched';
  closedAtMs?: number;
  before?: Pick<Page, 'status' | 'title'>;
}

export type MovingStep = Step<Moving, Record<string, Json>>;

/** For the context of a task type. */
export const moving = (
  copy: CopyContext,
  from: SiteContext,
  how: Partial<Pick<Moving, 'as' | 'isRehearsal' | 'linksFiles' | 'updatesFollow' | 'despiteErrors'>> = {},
): Moving => ({
  ...{ ...copy, from, as: 'same site', isRehearsal: false, linksFiles: false, updatesFollow: false },
  ...{ again: null, despiteErrors: false, ...how, seen: {} },
});

/** The copy where it is made. For most the same as the context; where it takes the place of the site itself, hidden before. */
export function draftOf(context: Moving): SiteContext {
  const { draft, db, platform } = context;
  if (draft === context.site.directory) return context;
  const site = { ...context.site, directory: draft };
  const database = db.address(site.database, `${platform.root}/sites/${draft}`);
  return { ...context, site, installed: { ...context.installed, site, database } };
}

/** Whether anything that the site knows of itself is different in the copy. */
export const isElsewhere = ({ from, platform, site, installed }: Moving): boolean =>
  platform.root !== from.platform.root ||
  site.directory !== from.site.directory ||
  site.name !== from.site.name ||
  installed.address !== from.installed.address;

/** Whether the copy takes the place of the site's own directory, sooner or later. */
export const isInPlace = ({ draft, site }: Moving): boolean => draft !== site.directory;
