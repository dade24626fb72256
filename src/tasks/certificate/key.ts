import { generateKeyPairSync } from 'node:crypto';
import { Secret } from '../../model/secret.ts';

/** Of a curve that every browser of the last ten years knows: small and quick, and as strong as RSA of 3072 bits. */
export function newKey(): Secret {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
}
