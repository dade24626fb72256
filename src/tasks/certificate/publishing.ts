import { challengeName } from '../../model/certificate.ts';
import { Problem } from '../../model/problem.ts';
import { lookUntil } from '../../services/db/patience.ts';
import type { CertificateContext, DnsService } from '../context.ts';

/** What the order asks of us, where the authority will look. Twice is the same as once. */
export async function publishChallenges({ state, dns, webOf, report }: CertificateContext): Promise<void> {
  const challenges = state.order?.challenges ?? [];
  for (const { name, token, text } of challenges.filter(({ kind }) => kind === 'http')) {
    const web = webOf(name);
    if (!web) throw new Problem('not-found', `no site that uses the certificate has the name ${name} any more`);
    await web.putChallenge(token, text);
  }
  // A name and all names below it are proven by one record, with a text for each.
  const records = Map.groupBy(
    challenges.filter(({ kind }) => kind === 'dns'),
    ({ name }) => challengeName(name),
  );
  if (!dns) return;
  const texts = new Map([...records].map(([name, all]) => [name, all.map(({ text }) => text)]));
  for (const [name, all] of texts) await dns.dns.putTexts(name, all);
  for (const [name, all] of texts) await shownByAll(dns, name, all, report);
}

/** An authority may ask any of the zone's name servers, and counts what it does not find. */
async function shownByAll(
  { dns, server }: DnsService,
  name: string,
  texts: readonly string[],
  report: CertificateContext['report'],
): Promise<void> {
  const missing = await lookUntil(
    () => dns.missingTexts(name, texts),
    ({ elsewhere }) => elsewhere.length === 0,
    secondariesWaitMs,
  );
  if (missing.elsewhere.length > 0)
    throw new Problem(
      'timeout',
      `after ${secondariesWaitMs / 1000} s ${missing.elsewhere.join(', ')} still answers otherwise for ${name}`,
      {
        hint: `Does it copy the zone from the dns service of ${server} (NOTIFY, transfers)? Who is asked can be set: the option nameServers.`,
      },
    );
  if (missing.silent.length > 0)
    await report.note(`not known to show ${name}, as it does not answer us: ${missing.silent.join(', ')}`, 'warning');
}

/** Servers that copy a zone are told at once, or look every few minutes. */
const secondariesWaitMs = 3 * 60_000;

/** Absent is fine: also for one whose order was never begun. The order is over with it. */
export async function withdrawChallenges(context: CertificateContext): Promise<void> {
  const { certificate, state, dns, withdrawFile, report } = context;
  for (const { kind, token } of state.order?.challenges ?? []) if (kind === 'http') await withdrawFile(token);
  const names = (state.order?.challenges ?? []).filter(({ kind }) => kind === 'dns').map(({ name }) => name);
  for (const name of new Set(names.map(challengeName))) await dns?.dns.putTexts(name, []);
  state.order = null;
  state.key = null;
  if (!report.isDryRun) await report.record({ certificate: { id: certificate.id, order: null } });
}
