import type { CertificateOrder, CertificateStatus, LeftOut } from '../../src/model/certificate.ts';
import type { Secret } from '../../src/model/secret.ts';
import type { Acme } from '../../src/services/acme/acme.ts';
import type { Http } from '../../src/services/http/http.ts';
import type { CertificateContext } from '../../src/tasks/context.ts';
import type { Found } from '../../src/tasks/outcome.ts';

/** What the hub knows of the one certificate of a farm in memory. */
export interface KnownCertificate {
  readonly status: CertificateStatus;
  readonly isThere: boolean;
  readonly order: CertificateOrder | null;
  readonly key: Secret | null;
  readonly leftOut: readonly LeftOut[];
}

export const noCertificate: KnownCertificate = {
  status: 'queued',
  isThere: false,
  order: null,
  key: null,
  leftOut: [],
};

/** What the hub would know after a step has recorded this. */
export function knownOf(known: KnownCertificate, found: Found['certificate']): KnownCertificate {
  if (!found) return known;
  const { leftOut = known.leftOut, order = known.order, comingKey = known.key, made } = found;
  return {
    status: made ? 'enabled' : known.status,
    isThere: known.isThere || made !== undefined,
    ...{ order, leftOut, key: found.order === null ? null : comingKey },
  };
}

/** Of the site's names, proven by files of its web server. */
export function certificateInMemory(
  id: string,
  known: KnownCertificate,
  names: readonly string[],
  { report, http, acme }: Pick<CertificateContext, 'report'> & { readonly http: Http; readonly acme: Acme | null },
): CertificateContext {
  const { status, order, key, leftOut, isThere } = known;
  return {
    ...{ report, acme, dns: null },
    certificate: { id, name: 'shop', status, names, challenge: 'http', isThere, order, comingKey: key },
    webOf: (name) => (names.includes(name) ? http : null),
    withdrawFile: (token) => http.putChallenge(token, null),
    state: { names: [], leftOut: order ? leftOut : [], order, key },
  };
}
