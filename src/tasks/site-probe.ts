import { z } from 'zod';
import { Problem } from '../model/problem.ts';
import type { Seen } from '../model/staged-move.ts';
import type { Pointing } from '../services/dns/dns.ts';
import type { DnsService, SiteContext } from './context.ts';
import { taskType } from './define.ts';
import { answerText, frontPage } from './moving/asking.ts';
import { hasRecords, pointed, pointings, pointThem, untilSeen } from './site-records.ts';
import type { Step } from './task-type.ts';

interface Context extends SiteContext {
  readonly strict: boolean;
  readonly before: number | undefined;
}
type ProbeStep = Step<Context, Seen>;

/**
 * A site as the world sees it: where its names lead and how long that is remembered, and what its front page answers. Makes the
 * records right, and changes nothing else. What is not to be seen yet is its result, and no failure: somebody may have to make it.
 */
export const siteProbe = taskType({
  name: 'site probe',
  title: 'Probe site',
  args: z.strictObject({
    strict: z.boolean().default(false).describe('Fail when its front page does not answer well, or does not answer'),
    before: z
      .int()
      .min(100)
      .max(999)
      .optional()
      .describe('With strict: the status that its front page answered before, which is well enough'),
  }),
  from: ['enabled', 'disabled'],
  timeoutMs: 10 * 60_000,
  coalesce: true,
  context: async (load, id, args): Promise<Context> => ({
    ...(await load.site(id)),
    ...{ strict: args.strict, before: args.before },
  }),
  check: async () => {},
  steps: (context): readonly ProbeStep[] => [...(hasRecords(context) ? [lookAtNames] : []), askSite],
  done: (context) => ({ site: pointed(context) }),
  failed: () => ({}),
});

/** Those who copy a zone need a moment; whoever needs a person is asked again later. */
const seenWithinMs = 10_000;

const lookAtNames: ProbeStep = {
  name: 'repair its DNS records and look at them',
  async run(context) {
    const { dns, report } = context;
    const { service } = dns;
    const all = pointings(context);
    const ttlBefore = service ? await ttlOf(service, all) : null;
    await pointThem(context, () => 0);
    if (!service || report.isDryRun) return { ttlBefore, ttl: ttlBefore, missing: [] };
    const missing = await untilSeen(service.dns, all, Math.min(service.dns.waitMs, seenWithinMs));
    for (const one of missing) await report.note(one, 'warning');
    const ttl = await ttlOf(service, all);
    const wanted = Math.max(...all.map(({ ttlSeconds }) => ttlSeconds));
    if (ttl !== null && ttl > wanted)
      await report.note(`its records may be remembered for ${ttl} s, and not ${wanted}`, 'warning');
    return { ttlBefore, ttl, missing: [...missing] };
  },
  undo: 'nothing', // It heals: what it has put right stays right.
};

/** Of those that are in its zones, the longest; null: there are none yet. */
async function ttlOf({ dns }: DnsService, all: readonly Pointing[]): Promise<number | null> {
  const found = await dns.look(all.map(({ name }) => name));
  const each = [...found.values()].flatMap(({ ttlSeconds }) => ttlSeconds ?? []);
  return each.length === 0 ? null : Math.max(...each);
}

const askSite: ProbeStep = {
  name: 'ask the site under its own name',
  looks: true,
  async run(context) {
    const { site, http, report, strict, before } = context;
    const through = site.status === 'enabled' ? http.door(site) : null;
    if (!through) {
      await report.note('nobody sees the site now, so it was not asked');
      return { frontPage: null };
    }
    try {
      const page = await frontPage(context, through);
      const isWell = page.status < 400 || page.status === before;
      await report.note(`its front page answers ${answerText(page)}`, isWell ? 'info' : 'warning');
      if (isWell || !strict) return { frontPage: page.status };
      throw new Problem('application-failed', `the front page of ${site.name} answers ${answerText(page)}`, {
        hint: page.words === '' ? 'Look into the log of the site and of PHP.' : `It says: ${page.words}`,
      });
    } catch (error) {
      if (strict || !(error instanceof Problem) || error.code !== 'application-failed') throw error;
      await report.note(error.message, 'warning');
      return { frontPage: null };
    }
  },
  undo: 'nothing', // It only looks.
};
