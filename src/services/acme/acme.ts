import type { CertificateOrder, ChallengeKind, LeftOut } from '../../model/certificate.ts';
import type { Secret } from '../../model/secret.ts';

/** Which authority, and who we are for it. */
export interface AcmeAccount {
  readonly directory: string;
  /** Private key in PEM. */
  readonly key: Secret;
  readonly email: string | null;
  /** Certificate of a private authority's own server, in PEM; null: one that the system trusts. */
  readonly trust: string | null;
}

/**
 * A certification authority (RFC 8555). All throw Problem 'server-unreachable' when it does not answer, 'conflict' when it
 * refuses, with what it says.
 */
export interface Acme {
  /** A new order for these names. Names that it believes to be ours still have no challenge. */
  order(names: readonly string[], kind: ChallengeKind): Promise<CertificateOrder>;
  /** Has it look at the challenges, which are answered. Those that it did not find; none: all are proven. */
  prove(order: CertificateOrder): Promise<readonly LeftOut[]>;
  /** The certificate with those above it, for this key. An order is good for one key. */
  obtain(order: CertificateOrder, names: readonly string[], key: Secret): Promise<string>;
  /** What a name answers at port 80, as the authority would ask it; a short text, or why there is none. */
  reach(name: string, path: string): Promise<{ readonly text: string } | { readonly why: string }>;
}
