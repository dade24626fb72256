/** As whom others keep files on a server: a user of its own, which may do nothing else. */
export const filesUser = 'aegir-files';

/** The line of authorized_keys for a private key in OpenSSH's own format (PROTOCOL.key); null where it is no such key. */
export function publicKeyOf(privateKey: string): string | null {
  const bytes = Buffer.from(privateKey.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');
  const magic = 'openssh-key-v1\0';
  if (bytes.toString('latin1', 0, magic.length) !== magic) return null;
  let at = magic.length;
  const next = (): Buffer => {
    const length = at + 4 <= bytes.length ? bytes.readUInt32BE(at) : 0;
    const field = bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    return field;
  };
  for (const _ of ['cipher', 'key derivation', 'its options']) next();
  at += 4; // How many keys there are: one.
  const open = next();
  const type = open.length > 4 ? open.toString('latin1', 4, 4 + open.readUInt32BE(0)) : '';
  return /^[a-z0-9@.-]+$/.test(type) ? `${type} ${open.toString('base64')}` : null;
}
