import { covers } from '../model/certificate.ts';
import type { CertificateContext } from '../tasks/context.ts';
import { openDns } from './load-dns.ts';
import { type Loading, openWhereItIs } from './load-rows.ts';

/** One that comes from an authority, with the web servers of all sites that use it. */
export async function loadCertificate(loading: Loading, id: string): Promise<CertificateContext> {
  const row = await loading.rows.certificate(id);
  const { name, status, challenge, isThere, order, comingKey, sites, leftOut } = row;
  const webs = new Map(row.webs.map((web) => [web.id, openWhereItIs(loading, 'http', web).service]));
  const names = row.names ?? [...new Set(sites.flatMap((site) => site.names))];
  return {
    report: loading.report,
    certificate: { id, name, status, names, challenge, isThere, order, comingKey },
    acme: row.account && loading.openAcme(row.account),
    dns: row.dns && openDns(loading, row.dns),
    webOf(wanted) {
      const site = sites.find((one) => covers(one.names, wanted));
      return (site && webs.get(site.httpServiceId)) ?? null;
    },
    async withdrawFile(token) {
      for (const web of webs.values()) await web.putChallenge(token, null);
    },
    // What was left out counts for an order that is under way; another one tries all names.
    state: { names: [], leftOut: order ? leftOut : [], order, key: comingKey },
  };
}
