import type { CopiedAs } from '../../applications/application.ts';
import type { Page } from '../../applications/probe.ts';
import type { CopiedTree, CopyTree } from '../../applications/tree.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Json } from '../../model/json.ts';
import type { Programs } from '../../services/db/db.ts';
import type { CommonFiles, CopyContext, SiteContext } from '../context.ts';
import type { Step } from '../task-type.ts';

/**
 * A site comes to be somewhere else: on another platform, in another database, under another name, or only anew where it is.
 * One engine for `site clone`, `migrate`, `move`, `rename` and `update`, and for whatever else puts a site in the place of a
 * site (a restore): each is a list of the steps in this folder, in this order, with those left out that it does not need.
 *
 *     createDatabase, createDirectory   making.ts      beside the old ones, under names that the hub allocated
 *     copyFiles                         copying.ts     while the site is open; between servers: way.ts
 *     publishAside                      publishing.ts  the copy, under a name that nobody knows
 *     closeSite                         closing.ts     503 to everybody, and nobody is in its database any more
 *     copyClosed                        copying.ts     the database, and of the files what has changed meanwhile
 *     takePlace                         placing.ts     where the copy takes the directory of the site itself
 *     writeSettings, rewrite, runUpdates  fitting.ts   on the copy
 *     askAside                          asking.ts      the copy over HTTP, and what it thinks of itself
 *     switchOver                        publishing.ts  one reload: the site is open again, and is the copy
 *     askSite                           asking.ts      under its own name
 *     pointNames, letForget             ../site-records.ts, forgetting.ts  where names lead to another server
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
  /** Of its server and the one that it goes to. */
  readonly common: readonly CommonFiles[];
  /** Errors that the copy logs are told, and keep nobody from it. */
  readonly despiteErrors: boolean;
  readonly seen: Seen;
}

/**
 * How files of a site, and its database where that goes with them, come from where it is to where it will be. One more way is one
 * more object of this kind, chosen in way.ts.
 */
export interface Way {
  /** For the log; null: it goes without saying. */
  readonly told: string | null;
  /** As this user, null as ours: both sides are alike then, and asked again only what has changed since goes. */
  files(user: string | null, tree: Omit<CopyTree, 'links'>): Promise<CopiedTree>;
  /** Where the dump is made; it is loaded on the machine that the site will be on. */
  readonly dumpAt: Machine;
  pipe(dump: Programs, load: Programs): Promise<void>;
}

/** What this worker has done and seen itself. The next can do without, but takes nothing for done that only this one can be sure of. */
interface Seen {
  /** It has made the copy's database: nobody was at work in it before. */
  made?: boolean;
  /** It has copied the database, and the copy is as it was copied; or something was run in it since. */
  copy?: 'fresh' | 'touched';
  closedAtMs?: number;
  /** When it last began to send files to another server, by the clock of the one that has them; by the user who does it. */
  sent?: Map<string, number>;
  /** Chosen once, after a look whether it works. */
  way?: Promise<Way>;
  /** Of its files, as far as that was measured. */
  bytes?: number;
  before?: Pick<Page, 'status' | 'title'>;
}

export type MovingStep = Step<Moving, Record<string, Json>>;

/** For the context of a task type. */
export const moving = (
  copy: CopyContext,
  from: SiteContext,
  how: Partial<Pick<Moving, 'as' | 'isRehearsal' | 'linksFiles' | 'updatesFollow' | 'common' | 'despiteErrors'>> = {},
): Moving => ({
  ...{ ...copy, from, as: 'same site', isRehearsal: false, linksFiles: false, updatesFollow: false },
  ...{ again: null, common: [], despiteErrors: false, ...how, seen: {} },
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
