import type { z } from 'zod';
import type { Machine } from '../machine/machine.ts';
import { Problem } from '../model/problem.ts';
import type { Door } from '../services/http/http.ts';
import {
  configAnswer,
  countsAnswer,
  installedAnswer,
  leftAnswer,
  linesAnswer,
  nothing,
  pathAnswer,
  problemsAnswer,
  rewrittenAnswer,
  sitesAnswer,
  statusAnswer,
  toSiteFound,
  updatesAnswer,
} from './answers.ts';
import type { Application, InstalledSite, SiteFound } from './application.ts';
import { rewriting } from './rewriting.ts';
import type { Script } from './scripts.ts';
import { callTool, type ToolCall, toolScript, toolSite } from './tool.ts';

const shortMs = 60_000;
const longMs = 15 * 60_000;
/** A site of ten years has tables that take their time, and so do its updates. */
export const veryLongMs = 60 * 60_000;
const reads = { timeoutMs: shortMs, effect: 'reads' } as const;
// A token is written, which a dry run only pretends.
const makesLink = { timeoutMs: shortMs, effect: 'changes', dryAnswer: { path: '/dry-run' } } as const;
const changes = { timeoutMs: longMs, effect: 'changes' } as const;
/** Whatever a lost task has left running has ended by then, as scripts end themselves. */
const waitMs = veryLongMs + 60_000;
const aloneIn = (directory: string): Pick<ToolCall, 'alone'> => ({ alone: { directory, waitMs } });
/** These run beside any other, as visitors do; nothing that a task does to a site depends on them. */
const besideOthers: readonly string[] = [
  ...['status', 'counts', 'login link', 'cron', 'cron by web', 'problems', 'config'],
];

type Verbs = Pick<
  Application,
  | 'install'
  | 'isInstalled'
  | 'status'
  | 'loginLink'
  | 'cron'
  | 'cronScript'
  | 'counts'
  | 'setMaintenance'
  | 'handOver'
  | 'rebuildCaches'
  | 'pendingUpdates'
  | 'runUpdates'
  | 'rewrite'
  | 'problems'
  | 'config'
  | 'removeWritten'
>;

export interface ApplicationScripts {
  readonly name: 'drupal' | 'wordpress';
  readonly emptied: Application['emptied'];
  readonly refusesVariable: Application['refusesVariable'];
  /** Directories below the site's that hold text files which the application wrote and which may speak of its place. */
  readonly textFiles: readonly string[];
}

/** Runs a script as the site's user and tells it what the site is. No two that change a site as a whole run at once. */
export function callSite<Answer>(
  machine: Machine,
  site: InstalledSite,
  script: Script,
  shape: z.ZodType<Answer>,
  how: ToolCall,
  more: object = {},
): Promise<Answer> {
  const input = { site: toolSite(site), address: site.address, ...more };
  const [, verb = ''] = script.split(/ (.*)/);
  const alone = besideOthers.includes(verb) ? {} : aloneIn(`${site.platform.root}/sites/${site.site.directory}`);
  return callTool(machine, site.site.runUser, script, input, shape, { ...how, ...alone });
}

/** What every application does to a site by a script of ours that is named '<application> <verb>'. */
export function siteVerbs({ name: application, emptied, textFiles, refusesVariable }: ApplicationScripts): Verbs {
  const call = <Answer>(
    machine: Machine,
    site: InstalledSite,
    verb: string,
    shape: z.ZodType<Answer>,
    how: ToolCall,
    more: object = {},
  ): Promise<Answer> =>
    // Both applications have a script for each of these verbs; the table in scripts.ts is what the test goes through.
    callSite(machine, site, `${application} ${verb}` as Script, shape, how, more);
  const updates = async (machine: Machine, site: InstalledSite, run: boolean, how: ToolCall) =>
    (await call(machine, site, 'updates', updatesAnswer, how, { run, updating: true })).updates;
  const rebuildCaches = (machine: Machine, site: InstalledSite) => call(machine, site, 'caches', nothing, changes);
  return {
    async install(machine, installed) {
      const { title, profile, language, email } = installed.site;
      const want = { title, profile, language, email };
      await call(machine, installed, 'install', nothing, changes, { want, installing: true });
    },
    isInstalled: async (machine, site) => (await call(machine, site, 'is installed', installedAnswer, reads)).installed,
    status: (machine, site) => call(machine, site, 'status', statusAnswer, reads),
    async loginLink(machine, site, user) {
      const { path } = await call(machine, site, 'login link', pathAnswer, makesLink, { user: user ?? null });
      return `${site.address}${path}`;
    },
    ...cronVerbs(application),
    counts: (machine, site) => call(machine, site, 'counts', countsAnswer, reads),
    setMaintenance: (machine, site, on) =>
      call(machine, site, 'maintenance', nothing, { ...changes, timeoutMs: shortMs }, { on }),
    async handOver(machine, site, { account = null, variables = {} } = {}) {
      for (const name of Object.keys(variables)) demandVariable(name, refusesVariable(name, site.platform.version));
      const { title, email } = site.site;
      // PHP makes a list of an object without fields.
      const owner = { title, email, account, variables: Object.entries(variables) };
      const { path } = await call(machine, site, 'hand over', pathAnswer, makesLink, { owner });
      return `${site.address}${path}`;
    },
    rebuildCaches,
    pendingUpdates: (machine, site) => updates(machine, site, false, reads),
    runUpdates: (machine, site, timeoutMs = veryLongMs) =>
      updates(machine, site, true, { timeoutMs, effect: 'changes', dryAnswer: { updates: [] } }),
    async rewrite(machine, site, before, as, updatesFollow = false) {
      const how = { timeoutMs: veryLongMs, effect: 'changes', dryAnswer: { rewritten: [] } } as const;
      const place = { place: rewriting(site, before, as), emptied: emptied(site, as), files: textFiles };
      const { rewritten } = await call(machine, site, 'rewrite', rewrittenAnswer, how, {
        ...place,
        isNew: as === 'new site',
      });
      if (updatesFollow) return rewritten;
      // New code may not start with an old database, so whoever runs the updates makes the rest anew. Said to be a change, so that
      // a dry run does not ask a site that is not there.
      const asked = { ...changes, dryAnswer: { updates: [] } };
      const isOtherCode = before.root !== site.platform.root || before.version !== site.platform.version;
      const pending = isOtherCode ? await updates(machine, site, false, asked) : [];
      if (pending.length === 0) await rebuildCaches(machine, site);
      return rewritten;
    },
    problems: async (machine, site, sinceMs) =>
      (await call(machine, site, 'problems', problemsAnswer, reads, { since: Math.floor(sinceMs / 1_000) })).problems,
    config: async (machine, site) => (await call(machine, site, 'config', configAnswer, reads)).config,
    removeWritten,
  };
}

const cronVerbs = (application: ApplicationScripts['name']): Pick<Verbs, 'cron' | 'cronScript'> => {
  const scriptFor = (through: Door | null) => `${application} ${through ? 'cron by web' : 'cron'}` as const;
  return {
    async cron(machine, site, { through, timeoutMs }) {
      const how = { timeoutMs, effect: 'changes', dryAnswer: { lines: '' } } as const;
      return (await callSite(machine, site, scriptFor(through), linesAnswer, how, through ?? {})).lines;
    },
    cronScript: (site, { through, timeoutMs }) =>
      toolScript(scriptFor(through), { site: toolSite(site), address: site.address, ...through }, timeoutMs),
  };
};

function demandVariable(name: string, why: string | null): void {
  if (why === null) return;
  throw new Problem('invalid', `the variable ${name} ${why}`, {
    hint: 'Leave it out.',
    fields: [{ path: `variables.${name}`, message: why }],
  });
}

/** The site's directory, or one of the places it waits in to be removed ('.removed-<id>-<directory>', '.former-<id>'); nothing outside of them. */
async function removeWritten(machine: Machine, { site, platform }: InstalledSite, path: string): Promise<void> {
  const ways = [site.directory, `.removed-${site.id}-${site.directory}`.slice(0, 240), `.former-${site.id}`].map(
    (name) => `${platform.root}/sites/${name}`,
  );
  const inside = ways.find((way) => path === way || path.startsWith(`${way}/`));
  if (inside === undefined || path.split('/').includes('..'))
    throw new Problem('invalid', `${path} is not in the directory of ${site.name}`, {
      hint: `It must lie below ${platform.root}/sites/${site.directory}.`,
    });
  const how: ToolCall = { ...changes, ...aloneIn(inside), dryAnswer: { left: 0 } };
  await callTool(machine, site.runUser, 'remove', { path, inside }, leftAnswer, how);
}

/** Sites by their settings file; directories that are links are aliases of the old Aegir and no sites. */
export async function sitesBySettings(
  machine: Machine,
  root: string,
  settingsFile: string,
  runUser: string,
  except: readonly string[] = [],
): Promise<readonly SiteFound[]> {
  const found = await machine.find(`${root}/sites`, { names: [settingsFile], depthMax: 2 });
  const directories = found
    .filter(({ kind }) => kind === 'file')
    .map(({ path }) => path.split('/').at(-2) ?? '')
    .filter(
      (name) => /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) && !['all', 'default', 'sites', ...except].includes(name),
    )
    .toSorted();
  if (directories.length === 0) return [];
  const input = { root, directories, wordpress: settingsFile === 'wp-config.php' };
  const timeoutMs = shortMs + directories.length * 1_000;
  const { sites } = await callTool(machine, runUser, 'sites found', input, sitesAnswer, { timeoutMs, effect: 'reads' });
  // Only what was asked for: the answer comes from a process in which settings were evaluated.
  return sites.filter(({ directory }) => directories.includes(directory)).map(toSiteFound);
}
