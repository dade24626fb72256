import { sql } from 'kysely';
import type { Answer } from '../api/endpoints.ts';
import { type ComparedPackage, levels } from '../model/compare-package.ts';
import type { Comparison } from '../model/comparison.ts';
import { packageKey } from '../model/package.ts';
import { Problem } from '../model/problem.ts';
import { compareByRows } from './comparison.ts';
import type { Asked, Handler } from './hub.ts';
import { byName, contains, listPage, pageOf } from './list.ts';
import type { Subject } from './queue.ts';
import { resolve } from './resolve.ts';
import { one } from './rows.ts';
import { visible } from './visible.ts';

type Given = Parameters<Handler<'platform compare'>>[0];

const platformCompare: Handler<'platform compare'> = async (given, asked) => {
  const { site, from } = given.query;
  const platform = await resolve(asked, 'platform', given.params.name);
  if (site !== undefined && from === undefined) return withSite(given, asked, platform, site);
  if (from !== undefined && site === undefined) return withPlatform(given, asked, platform, from);
  throw new Problem('invalid', 'a platform is compared with one site, or with another platform', {
    hint: 'Give either --site or --from.',
    fields: [{ path: 'site', message: 'or from must be given, and not both' }],
  });
};

async function withSite(
  { query }: Given,
  asked: Asked,
  platform: Subject,
  named: string,
): Promise<Answer<'platform compare'>> {
  const { tx, hub } = asked;
  const { id } = await resolve(asked, 'site', named);
  const { comparisons } = await compareByRows(tx, hub, [id], { platformId: platform.id });
  const { site, comparison } = one(comparisons, `there is no site '${named}'`);
  const text = query.q?.toLowerCase();
  const wanted = comparison.packages.filter(
    (found) =>
      (query.type === undefined || found.type === query.type) &&
      (query.result === undefined || found.result === query.result) &&
      (text === undefined || [found.name, found.title].some((one) => one.toLowerCase().includes(text))),
  );
  const { items, ...page } = pageOf(wanted, positionOf, query);
  return {
    ...{ of: 'site', platform: platform.name, from: site.platform, site: site.name, ...judged(comparison), ...page },
    items: items.map(packageAnswer),
  };
}

/** As they are sorted: the weightiest first. */
const positionOf = (one: ComparedPackage): readonly [string, string] => [
  String(levels.length - levels.indexOf(one.level)),
  packageKey(one),
];

async function withPlatform(
  { query }: Given,
  asked: Asked,
  platform: Subject,
  named: string,
): Promise<Answer<'platform compare'>> {
  const { tx, hub, caller } = asked;
  const from = await resolve(asked, 'platform', named);
  const { items, ...page } = await listPage<{ readonly id: string }>(
    tx,
    {
      columns: sql`site.id`,
      from: sql`site`,
      where: [
        visible('site', caller),
        sql`site.platform_id = ${from.id} and site.status <> 'deleted' and site.copy_of is null`,
        contains(['site.name'], query.q),
      ],
      keys: byName('site'),
    },
    query,
  );
  const ids = items.map(({ id }) => id);
  const { comparisons } = await compareByRows(tx, hub, ids, { platformId: platform.id });
  return {
    ...{ of: 'platform', platform: platform.name, from: from.name, ...page },
    items: comparisons.map(({ site, comparison }) => ({ site: site.name, ...judged(comparison) })),
  };
}

const judged = ({ isPossible, problems, counts }: Comparison) => ({
  possible: isPossible,
  counts: { ...counts },
  problems: problems.map((reason) => ({ ...reason })),
});

const packageAnswer = ({
  isOwn,
  from,
  to,
  findings,
  ...compared
}: ComparedPackage): Extract<Answer<'platform compare'>, { of: 'site' }>['items'][number] => ({
  ...compared,
  own: isOwn,
  from: placeAnswer(from),
  to: to && placeAnswer(to),
  remarks: findings.map(({ text }) => text),
});

const placeAnswer = ({ schemaVersion, ...place }: ComparedPackage['from']) => ({
  ...place,
  schemaVersion: schemaVersion === null ? null : String(schemaVersion),
});

export const compareHandlers = { 'platform compare': platformCompare };
