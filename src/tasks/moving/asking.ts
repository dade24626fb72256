import { type Page, probe, probeLogin } from '../../applications/probe.ts';
import { Problem } from '../../model/problem.ts';
import type { Door } from '../../services/http/http.ts';
import type { SiteContext } from '../context.ts';
import { spreadFiles } from '../spread/spread.ts';
import { demandNothingPending } from './fitting.ts';
import type { Moving, MovingStep } from './moving.ts';
import { asideVhost } from './publishing.ts';

/** The first page of a site whose caches are cold can take many seconds. */
const firstPageMs = 3 * 60_000;
const redirectsMax = 5;

/** So that the copy can be compared with it. A site that does not answer well can be moved all the same: it may be why it is. */
export const askBefore: MovingStep = {
  name: 'ask the site',
  async run({ from, report, seen }) {
    const through = from.site.status === 'enabled' ? from.http.door(from.site) : null;
    if (!through) return report.note('nobody sees the site now, so its copy is compared with nothing');
    seen.before = await frontPage(from, through);
    const { status } = seen.before;
    if (status >= 400) await report.note(`its front page answers ${status} as it is`, 'warning');
    return { before: shown(seen.before) };
  },
  undo: 'nothing', // It only looks.
};

/** The copy of a site whose code stays what it is. */
export const askAside: MovingStep = {
  name: 'ask the copy',
  run: async (context) => void (await askFrontPage(context, context.http.door(asideVhost(context)))),
  undo: 'nothing', // Only the copy was asked.
};

/**
 * The copy that other code runs now: people can log in, nothing is left to update, and it has logged no error. What it has
 * enabled is kept for when the site is the copy. The front page comes first, alone: it fills the caches for all the others.
 */
export const askUpdated: MovingStep = {
  name: 'ask the copy',
  async run(context) {
    const { application, machine, installed, seen, site, report, isRehearsal } = context;
    const sinceMs = seen.closedAtMs ?? Date.now();
    const door = context.http.door(asideVhost(context));
    await askFrontPage(context, door);
    if (report.isDryRun) return;
    const login = door ? probeLogin(machine, application, installed, door) : Promise.resolve();
    const status = application.status(machine, installed);
    const pending = application.pendingUpdates(machine, installed);
    await Promise.allSettled([login, status, pending]);
    demandNothingPending(await pending, site.name);
    await login;
    await demandSilence(await application.problems(machine, installed, sinceMs), context);
    const { packages, profile } = await status;
    if (!isRehearsal) await report.record({ copy: { packages, ...(profile !== null && { profile }) } });
  },
  undo: 'nothing', // Only the copy was asked, and what was recorded of it goes with it.
};

/** Under its own name. Until it has answered, what it was is kept. */
export const askSite: MovingStep = {
  name: 'ask the site under its own name',
  async run(context) {
    const { site, from, http, report } = context;
    if (from.site.status === 'disabled' && site.status === 'disabled') return;
    await askFrontPage(context, http.door(site));
    await report.note(`${site.name} answers`);
  },
  undo: 'nothing', // It only looks.
};

async function askFrontPage(context: Moving, through: Door | null): Promise<void> {
  const { site, seen, report } = context;
  if (!through) return report.note('no web server of ours publishes it, so it was not asked over HTTP', 'warning');
  await report.changed(await spreadFiles(context));
  const page = await frontPage(context, through);
  if (report.isDryRun) return;
  const isAsBefore = page.status === seen.before?.status;
  if (/\/install\.php/.test(page.location ?? page.path) || (page.status >= 400 && !isAsBefore))
    throw new Problem('application-failed', `the front page of ${site.name} answers ${answerText(page)}`, {
      hint: page.words === '' ? 'Look into the log of the site and of PHP.' : `It says: ${page.words}`,
    });
  if (seen.before && page.title !== seen.before.title)
    await report.note(`its front page is called ${nameOf(page)} now, and was ${nameOf(seen.before)}`, 'warning');
}

export const frontPage = ({ machine, installed }: SiteContext, through: Door): Promise<Page> =>
  probe(machine, installed, { through, path: '/', follow: redirectsMax, timeoutMs: firstPageMs });

export const answerText = ({ status, location, path }: Page): string =>
  `${status}${location === null ? '' : ` to ${location}`}${path === '/' ? '' : ` (${path})`}`;
const nameOf = ({ title }: Pick<Page, 'title'>): string => (title === null ? 'nothing' : `'${title}'`);
const shown = ({ status, title }: Pick<Page, 'status' | 'title'>) => ({ status, title });

async function demandSilence(problems: readonly string[], { site, report, despiteErrors }: Moving): Promise<void> {
  if (problems.length === 0) return;
  for (const one of problems) await report.note(`the copy has logged: ${one}`, 'warning');
  if (despiteErrors) return;
  throw new Problem(
    'application-failed',
    `the copy of ${site.name} has logged ${problems.length} errors: ${problems.slice(0, 3).join('; ')}`,
    { hint: 'Mend what they speak of, and try it with --rehearse first; or go on with --despite-errors.' },
  );
}
