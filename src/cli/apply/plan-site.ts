import type { Answer } from '../../api/endpoints.ts';
import { type Change, differences, given, type Step, type Values, valuesOf } from './change.ts';
import type { Farm } from './farm-file.ts';
import { deleting, fixed, type Planning, recovery, setting, task } from './plan-owners.ts';

/** Fields that can only be set of a site that is there. */
const afterwards: ReadonlySet<string> = new Set(['cron', 'cronBy', 'backup', 'retention', 'dnsTtl', 'hsts']);

/** Another platform is reached by `site migrate`, a status by `site disable` and `site enable`. */
export function planSite(
  planning: Planning,
  name: string,
  { absent, ...wanted }: Farm['sites'][string],
): Change | null {
  const now = planning.found.site.get(name);
  if (absent) return now ? deleting('site', name, ...removal(now)) : null;
  if (!now) return newSite(planning, name, wanted);
  const { platform, status, profile, language, dbServer, ...settable } = wanted;
  const before = asInFile(now);
  fixed(planning, 'site', name, { profile, language, dbServer }, before);
  const changed = differences(settable, before);
  const moved = differences({ platform }, before);
  const again = recovery('site', now, ['site install', 'site verify']);
  // What is not made yet, or failed to be, is made first; whether it is closed is told then.
  const switched = again.steps.length > 0 ? [] : differences({ status }, before);
  const steps = [
    ...again.steps,
    ...moved.map(({ to }) => task('site', name, 'site migrate', { platform: to })),
    ...switched.map(({ to }) => task('site', name, to === 'disabled' ? 'site disable' : 'site enable')),
  ];
  const how = moved.length + switched.length > 0 ? 'change' : again.how;
  const change = setting('site set', now, changed, { how, steps });
  return change && { ...change, fields: [...changed, ...moved, ...switched] };
}

/** An open site is closed first, as a person would have to. */
const removal = ({ name, status }: Answer<'site get'>): readonly Step[] => [
  ...(status === 'enabled' ? [task('site', name, 'site disable')] : []),
  task('site', name, 'site delete'),
];

function newSite({ complain }: Planning, name: string, wanted: Omit<Farm['sites'][string], 'absent'>): Change {
  if (wanted.platform === undefined) complain(`site ${name} is new and has no platform`);
  const { status, ...fields } = wanted;
  const all = given({ ...fields });
  const later = valuesOf(all.filter(({ field, to }) => afterwards.has(field) && to !== null));
  const create = valuesOf(all.filter(({ field, to }) => !afterwards.has(field) && (to !== null || field === 'dns')));
  const steps: Step[] = [
    { ask: 'site create', input: { body: { name, ...create } } },
    ...(Object.keys(later).length > 0 ? [{ ask: 'site set', input: { params: { name }, body: later } } as const] : []),
    ...(status === 'disabled' ? [task('site', name, 'site disable')] : []),
  ];
  return { noun: 'site', name, how: 'add', fields: given({ ...wanted }), steps };
}

/** What the hub answers, as the file would say it. */
function asInFile(site: Answer<'site get'>): Values {
  const { cron, backup, aliases, database } = site;
  return {
    ...site,
    dbServer: database.server,
    aliases: aliases.toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    cron: cron.isOwn ? cron.every : null,
    cronBy: cron.by,
    backup: backup.isOwn ? backup.every : null,
    retention: backup.retention,
  };
}
