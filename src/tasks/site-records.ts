import { Problem } from '../model/problem.ts';
import { lookUntil } from '../services/db/patience.ts';
import type { Dns, Pointing } from '../services/dns/dns.ts';
import type { DnsService, SiteContext, SiteRecord } from './context.ts';
import type { Outcome } from './outcome.ts';
import type { Step } from './task-type.ts';

// The DNS records of a site: where its names lead. A task type that makes, moves or renames a site has `pointNames` once what they
// lead to has answered, and says in its outcome what `pointed` answers.

type RecordStep = Step<SiteContext, Record<string, never>>;

/** Whether there is anything to do for a site, be it to take away what is left of an earlier dns service. */
export const hasRecords = ({ dns }: Pick<SiteContext, 'dns'>): boolean =>
  dns.service !== null || dns.records.length > 0;

/** The step for a task that changes names or servers; none for a site whose names are not ours to care for. */
export const pointing = (context: Pick<SiteContext, 'dns'>): readonly RecordStep[] =>
  hasRecords(context) ? [pointNames] : [];

/** What is there when `pointNames` is done, for the hub to know. */
export const pointed = (context: SiteContext): Pick<NonNullable<Outcome['site']>, 'records'> =>
  hasRecords(context)
    ? { records: wanted(context).map(({ service, ...one }) => ({ service: service.id, ...one })) }
    : {};

/** For a check: whether they can lead anywhere, and are not somebody else's. */
export async function checkNames(context: SiteContext): Promise<void> {
  const { service, owner } = context.dns;
  if (service) await service.dns.demandOurs(owner, pointings(context));
}

const pointNames: RecordStep = {
  name: 'point its names to its server',
  run: async (context) => pointThem(context, (dns) => dns.waitMs),

  /** As they were, exactly: with the addresses of then. What somebody else has taken meanwhile is theirs. */
  async undo(context) {
    const { dns, report } = context;
    await putBack(context);
    const added = wanted(context).filter((one) => !dns.records.some((old) => isSame(one, old) && old.pointing));
    await removeRecords(context, added);
    await report.record({ site: { records: 'undone' } });
  },
};

/** Of a site that is verified: it heals, and proves what is there. */
export const repairNames: RecordStep = {
  name: 'repair DNS records',
  run: (context) => pointThem(context, (dns) => Math.min(dns.waitMs, repairWaitMs)),
  undo: 'nothing', // Verify heals: what it has put right stays right.
};
export const repairing = (context: Pick<SiteContext, 'dns'>): readonly RecordStep[] =>
  hasRecords(context) ? [repairNames] : [];
/** A verify is quick. */
const repairWaitMs = 20_000;

/** Of a site that goes. */
export const withdrawNames: RecordStep = {
  name: 'remove DNS records',
  run: (context) => removeRecords(context, context.dns.records),
  undo: putBack,
};
export const withdrawing = ({ dns }: Pick<SiteContext, 'dns'>): readonly RecordStep[] =>
  dns.records.length > 0 ? [withdrawNames] : [];

/** Makes them so, and removes what is not wanted any more. Waits for so long until everybody sees them, and fails if somebody does not. */
export async function pointThem(context: SiteContext, waitMs: (dns: Dns) => number): Promise<void> {
  const { dns, report } = context;
  const { service, owner } = dns;
  const all = pointings(context);
  // Before they are made: whoever takes over must know what to take away.
  if (service && all.length > 0)
    await report.record({ site: { records: all.map(({ name }) => ({ service: service.id, name })) } });
  if (service) {
    const { changes, outside } = await service.dns.put(owner, all);
    await report.changed(changes);
    if (outside.length > 0)
      await report.note(`in no zone of the dns service of ${service.server}: ${outside.join(', ')}`, 'warning');
    if (!report.isDryRun) await demandSeen(service, all, waitMs(service.dns));
  }
  const now = wanted(context);
  await removeRecords(
    context,
    dns.records.filter((old) => !now.some((one) => isSame(one, old))),
  );
}

/** What is still not to be seen then. */
export const untilSeen = (dns: Dns, all: readonly Pointing[], limitMs: number): Promise<readonly string[]> =>
  lookUntil(
    () => dns.missing(all),
    (missing) => missing.length === 0,
    limitMs,
  );

/** Waits until everybody who is asked answers with what was put. */
async function demandSeen({ dns, server }: DnsService, all: readonly Pointing[], limitMs: number): Promise<void> {
  if (limitMs === 0) return;
  const missing = await untilSeen(dns, all, limitMs);
  if (missing.length === 0) return;
  throw new Problem('timeout', `after ${Math.round(limitMs / 1000)} s ${missing[0]}`, {
    hint: `${missing.length > 1 ? `And ${missing.length - 1} more. ` : ''}Look at the zone and at the dns service of ${server}, then ask again.`,
  });
}

async function putBack(context: SiteContext): Promise<void> {
  const { dns, report } = context;
  for (const [service, records] of byService(dns.records)) {
    const before = records.flatMap((record) => record.pointing ?? []);
    if (before.length === 0) continue;
    const { changes, left } = await service.dns.put(dns.owner, before, 'leave');
    await report.changed(changes);
    if (left.length > 0)
      await report.note(`somebody else has made other records of ${left.join(', ')}: they stay`, 'warning');
  }
}

async function removeRecords(
  { dns, report }: SiteContext,
  records: readonly Pick<SiteRecord, 'service' | 'name'>[],
): Promise<void> {
  for (const [service, own] of byService(records))
    await report.changed(
      await service.dns.remove(
        dns.owner,
        own.map(({ name }) => name),
      ),
    );
}

const byService = <Of extends Pick<SiteRecord, 'service'>>(records: readonly Of[]): ReadonlyMap<DnsService, Of[]> =>
  Map.groupBy(records, ({ service }) => service);

const isSame = (one: Pick<SiteRecord, 'service' | 'name'>, other: Pick<SiteRecord, 'service' | 'name'>): boolean =>
  one.service.id === other.service.id && one.name === other.name;

function wanted(context: SiteContext) {
  const { service } = context.dns;
  return service ? pointings(context).map((one) => ({ service, name: one.name, pointing: one })) : [];
}

/** Throws Problem 'invalid' when nobody has said where its web server is reached. */
export function pointings({ site, http, server, dns }: SiteContext): readonly Pointing[] {
  if (!dns.service) return [];
  const { addresses, host } = http.reached;
  if (addresses.length === 0 && host === null)
    throw new Problem(
      'invalid',
      `nobody has said at which addresses the world reaches the web server of ${server.name}`,
      {
        hint: `Say so: aegir service set ${server.name} http --options '{"publicAddresses": ["192.0.2.1"]}'. Or make the records of ${site.name} yourself: aegir site set ${site.name} --no-dns.`,
      },
    );
  const ttlSeconds = Math.min(
    dns.ttlSeconds ?? dns.service.dns.ttlSeconds,
    dns.ttlSecondsMax ?? Number.POSITIVE_INFINITY,
  );
  return [site.name, ...site.aliases.map(({ name }) => name)].map((name) => ({ name, addresses, host, ttlSeconds }));
}
