import type { SiteContext } from './context.ts';

/**
 * A site that never was open is one of which nothing is on its server, or the rest of what a stuck task has made; and something
 * that is not ours may lie there under its name, which is why it could not be made. The hub knows which: `databaseIsOurs` of a
 * new site is true from before the first thing is made of it, which its check has found absent, until all of it is gone again.
 */
const isNew = ({ site }: Pick<SiteContext, 'site'>): boolean => site.status === 'queued' || site.status === 'failed';

/** Whether what lies on the server under its names is somebody else's, and so is left alone. */
export const isNotBegun = (context: Pick<SiteContext, 'site'>): boolean =>
  isNew(context) && !context.site.databaseIsOurs;

/** Comes before whatever is made first, in the same step. */
export async function begin(context: Pick<SiteContext, 'site' | 'report'>): Promise<void> {
  if (isNew(context)) await context.report.record({ site: { databaseIsOurs: true } });
}

/** Comes last in the undo of that step. */
export async function unbegin(context: Pick<SiteContext, 'site' | 'report'>): Promise<void> {
  if (isNew(context)) await context.report.record({ site: { databaseIsOurs: false } });
}
