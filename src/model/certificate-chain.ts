import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { Problem } from './problem.ts';
import type { Secret } from './secret.ts';

export interface ReadChain {
  /** Small letters; may have '*.'. */
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** As a person reads it: "R11, Let's Encrypt". */
  readonly issuer: string;
}

const block = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
/** More than any authority has between itself and a site. */
const chainMax = 10;

/**
 * Looks whether these are a certificate for host names, those above it in their order, and its key. Throws Problem 'invalid' that
 * says what is wrong, with the field it is about: 'chain' or 'key'.
 */
export function readChain(chain: string, key: Secret, at: Date): ReadChain {
  const all = [...chain.matchAll(block)].map(([text]) => certificateIn(text));
  const [own, ...above] = all;
  if (!own || all.length > chainMax) throw wrong('chain', `has ${all.length} certificates, and not 1 to ${chainMax}`);
  for (const [index, issuer] of above.entries()) {
    const issued = all[index];
    if (!issued?.checkIssued(issuer) || !issued.verify(issuer.publicKey))
      throw wrong('chain', `is not in order: number ${index + 2} has not issued number ${index + 1}`);
  }
  if (!own.checkPrivateKey(keyIn(key))) throw wrong('key', 'does not belong to the certificate');
  const names = namesIn(own);
  if (names.length === 0) throw wrong('chain', 'is for no host name');
  const [notBefore, notAfter] = [new Date(own.validFrom), new Date(own.validTo)];
  if (notAfter.getTime() <= at.getTime()) throw wrong('chain', `has expired on ${notAfter.toISOString().slice(0, 10)}`);
  return { names, notBefore, notAfter, issuer: issuerOf(own) };
}

/** Both in one file, as web servers read it. */
export const pemOf = (chain: string, key: string): string => `${chain.trim()}\n${key.trim()}\n`;

function certificateIn(text: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (error) {
    throw wrong('chain', 'is no certificate', error);
  }
}

function keyIn(key: Secret): KeyObject {
  try {
    return createPrivateKey(key.reveal());
  } catch (error) {
    throw wrong('key', 'is no private key in PEM without a password', error);
  }
}

const namesIn = ({ subjectAltName = '' }: X509Certificate): readonly string[] => [
  ...new Set([...subjectAltName.matchAll(/DNS:([^,"\s]+)/g)].map(([, name = '']) => name.toLowerCase())),
];

function issuerOf({ issuer }: X509Certificate): string {
  const parts = Object.fromEntries(issuer.split('\n').map((line) => line.split(/=(.*)/s, 2) as [string, string]));
  return [parts['CN'], parts['O']].filter((part) => part !== undefined).join(', ') || issuer.replaceAll('\n', ', ');
}

const wrong = (path: 'chain' | 'key', message: string, cause?: unknown): Problem =>
  new Problem('invalid', `the ${path === 'key' ? 'key' : 'certificate'} ${message}`, {
    hint: 'Give the certificate with those above it as PEM, its own first, and the key of the same pair.',
    fields: [{ path, message }],
    ...(cause !== undefined && { cause }),
  });
