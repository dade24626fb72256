import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';

interface Options {
  readonly challenge: string;
}
type Answer = Readonly<Record<string, unknown>> & { readonly id: string };

/** An authenticator as WebAuthn level 2 describes it, without attestation: one passkey of ES256. */
export interface Authenticator {
  create(options: Options, how?: How): Answer;
  get(options: Options, how?: How): Answer;
}
interface How {
  /** The page that asks. */
  readonly origin?: string;
  /** It has seen a finger, a face or a PIN. */
  readonly verified?: boolean;
  /** What it says of how often it was used. */
  readonly counter?: number;
}

export function authenticator(home = 'http://localhost:8460'): Authenticator {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const id = randomBytes(32);
  let used = 0;
  const parts = (type: string, { challenge }: Options, { origin = home, verified = true, counter }: How) => {
    used += 1;
    const client = Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
    const flags = 0x01 | (verified ? 0x04 : 0);
    return { client, flags, head: headOf(new URL(home).hostname, counter ?? used) };
  };
  const answer = (response: Record<string, Buffer>): Answer => ({
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key',
    clientExtensionResults: {},
    response: Object.fromEntries(Object.entries(response).map(([key, value]) => [key, value.toString('base64url')])),
  });
  return {
    create(options, how = {}) {
      const { client, flags, head } = parts('webauthn.create', options, how);
      const credential = Buffer.concat([Buffer.alloc(16), Buffer.of(0, id.length), id, coseKey(publicKey)]);
      const data = Buffer.concat([head(flags | 0x40), credential]);
      const attestation = Buffer.concat([
        ...[Buffer.of(0xa3), text('fmt'), text('none'), text('attStmt'), Buffer.of(0xa0)],
        ...[text('authData'), bytes(data)],
      ]);
      return answer({ clientDataJSON: client, attestationObject: attestation });
    },
    get(options, how = {}) {
      const { client, flags, head } = parts('webauthn.get', options, how);
      const data = head(flags);
      const signed = Buffer.concat([data, createHash('sha256').update(client).digest()]);
      const signature = createSign('sha256').update(signed).sign(privateKey);
      return answer({ clientDataJSON: client, authenticatorData: data, signature });
    },
  };
}

const headOf =
  (rp: string, counter: number) =>
  (flags: number): Buffer => {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    return Buffer.concat([createHash('sha256').update(rp).digest(), Buffer.of(flags), count]);
  };

// As much of CBOR as there is in it.
const text = (value: string): Buffer => Buffer.concat([Buffer.of(0x60 + value.length), Buffer.from(value)]);
const bytes = (value: Buffer): Buffer =>
  Buffer.concat([Buffer.of(0x59, value.length >> 8, value.length & 0xff), value]);

/** {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y} */
function coseKey(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const coordinate = (value: string) => Buffer.concat([Buffer.of(0x58, 32), Buffer.from(value, 'base64url')]);
  return Buffer.concat([
    Buffer.of(0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21),
    ...[coordinate(x), Buffer.of(0x22), coordinate(y)],
  ]);
}
