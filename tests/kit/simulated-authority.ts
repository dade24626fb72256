import { createPrivateKey, createPublicKey } from 'node:crypto';
import 'reflect-metadata';
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';
import type { MemoryWorld } from '../../src/machine/memory-world.ts';
import type { CertificateOrder, Challenge, LeftOut } from '../../src/model/certificate.ts';
import { Problem } from '../../src/model/problem.ts';
import type { Secret } from '../../src/model/secret.ts';
import type { Acme } from '../../src/services/acme/acme.ts';

const dayMs = 24 * 3600_000;

/** Names that no authority would believe: their DNS leads here, and something in between answers it otherwise. */
const unbelieved = (name: string): boolean => name.startsWith('unbelieved.');

/** An authority that looks for its challenges among the files of the web servers in this world. What it signs is real, and signed by itself. */
export function simulatedAuthority(world: MemoryWorld): Acme {
  const orders = new Map<string, readonly Challenge[]>();
  const fileIn = (token: string): string | null => {
    const path = [...world.files.keys()].find((one) => one.endsWith(`/acme/${token}`));
    return path === undefined ? null : world.text(path);
  };
  return {
    async order(names, kind): Promise<CertificateOrder> {
      const url = `https://authority.invalid/order/${orders.size + 1}`;
      const challenges = names.map((name, at): Challenge => {
        const token = `token-${orders.size + 1}-${at}`;
        return { name, kind, token, text: `${token}.thumb` };
      });
      orders.set(url, challenges);
      return { url, challenges };
    },
    async prove(order): Promise<readonly LeftOut[]> {
      return order.challenges
        .filter(({ name, token, text }) => unbelieved(name) || fileIn(token) !== text)
        .map(({ name }) => ({ name, why: 'there is no such file' }));
    },
    obtain: (order, names, key) => signed(orders, order, names, key),
    async reach(name, path) {
      const text = fileIn(path.split('/').at(-1) ?? '');
      if (name.startsWith('elsewhere.')) return { why: 'the DNS has no address for it' };
      return text === null ? { why: 'it answers 404' } : { text };
    },
  };
}

async function signed(
  orders: ReadonlyMap<string, readonly Challenge[]>,
  { url }: CertificateOrder,
  names: readonly string[],
  key: Secret,
): Promise<string> {
  if (!orders.has(url)) throw new Problem('conflict', `the authority does not know the order ${url}`);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const crypted = createPrivateKey(key.reveal());
  const keys = {
    privateKey: crypted.toCryptoKey(algorithm, false, ['sign']),
    publicKey: createPublicKey(crypted).toCryptoKey(algorithm, true, ['verify']),
  };
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...{ name: 'CN=Authority of the tests', keys, signingAlgorithm: algorithm },
    ...{ notBefore: new Date(Date.now() - dayMs), notAfter: new Date(Date.now() + 89 * dayMs) },
    extensions: [new SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value })))],
  });
  return `${certificate.toString('pem')}\n`;
}
