import type { Secret } from './secret.ts';

export type CertificateStatus = 'queued' | 'enabled' | 'failed' | 'deleted';
export type CertificateKind = 'own' | 'acme';
/** How one shows that a name is one's own: by a file of its web server, or by a record in the DNS. */
export type ChallengeKind = 'http' | 'dns';

/** A name that is not in it, and why. */
export interface LeftOut {
  readonly name: string;
  readonly why: string;
}

/** What the authority wants to find before it believes us. */
export interface Challenge {
  /** As it stands in the certificate: also '*.example.com'. */
  readonly name: string;
  readonly kind: ChallengeKind;
  /** Name of the file. */
  readonly token: string;
  /** What is in the file, or in the TXT record. */
  readonly text: string;
}

/** What was asked of the authority. Kept by the hub, so that who takes the task over goes on with it. */
export interface CertificateOrder {
  readonly url: string;
  readonly challenges: readonly Challenge[];
}

/** One that is obtained from an authority. */
export interface Certificate {
  readonly id: string;
  readonly name: string;
  readonly status: CertificateStatus;
  /** What it is to be for, in small letters and punycode; may have '*.'. */
  readonly names: readonly string[];
  readonly challenge: ChallengeKind;
  /** Whether there is one, from before. */
  readonly isThere: boolean;
  readonly order: CertificateOrder | null;
  /** The key that it will have. */
  readonly comingKey: Secret | null;
}

export const isWildcard = (name: string): boolean => name.startsWith('*.');
/** Where the record of a challenge stands; the same for a name and for all names below it. */
export const challengeName = (name: string): string => `_acme-challenge.${name.replace(/^\*\./, '')}`;

/** Whether one of these names is for this host: itself, or a star in the place of its first label. */
export const covers = (names: readonly string[], host: string): boolean =>
  names.includes(host) || names.includes(host.replace(/^[^.]+/, '*'));

/** When it is time for another one: a third of its life is left, so that there is time to mend what may be wrong. */
export const renewAt = (notBefore: Date, notAfter: Date): Date =>
  new Date(notAfter.getTime() - (notAfter.getTime() - notBefore.getTime()) / 3);
