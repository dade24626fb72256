import { z } from 'zod';
import { filesUser } from '../../model/ssh-key.ts';

/** Everything of it becomes an argument or a word for ssh, which hands it to a shell over there: nothing that could mean more. */
const path = /^(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/;
export const directory = z.string().max(500).regex(path, 'must be an absolute path of plain characters');

const hostKey = z
  .string()
  .max(4200)
  .regex(
    /^(?:ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521)|ssh-rsa) [A-Za-z0-9+/]{40,4000}={0,2}$/,
    "must be a type and a key, as 'ssh-ed25519 AAAA…'",
  );

/** Of engines that keep files as files. */
export const farDirectory = directory.default(`/var/${filesUser}/kept`).describe('Where they are kept over there');

/** How another machine is logged in to. */
export const loginOptions = z.object({
  host: z
    .string()
    .max(253)
    .regex(/^[A-Za-z0-9:][A-Za-z0-9.:-]*$/, 'must be an address or a host name')
    .describe('Where its sshd answers, as the servers that use it reach it'),
  port: z.int().min(1).max(65_535).default(22),
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be the name of a user')
    .default(filesUser)
    .describe('As whom: one who may do nothing else'),
  privateKey: z
    .string()
    .max(20_000)
    .regex(
      /^-----BEGIN OPENSSH PRIVATE KEY-----\n[A-Za-z0-9+/=\n]+-----END OPENSSH PRIVATE KEY-----\n?$/,
      'must be a private key without a passphrase, as ssh-keygen writes it',
    )
    .describe('A key of its own for this service, without a passphrase: @FILE'),
  hostKeys: z
    .array(hostKey)
    .min(1)
    .max(10)
    .describe('What it is known by: ssh-keyscan HOST shows them, to be compared over there with ssh-keygen -lf'),
});
export type LoginOptions = z.output<typeof loginOptions>;

/** Of engines whose place may be on the server of the service itself as well. */
export const maybeLogin = loginOptions.partial();

/** Null: it is on the server of the service. Throws where only a part of it was given. */
export function loginOf(given: z.output<typeof maybeLogin>): LoginOptions | null {
  return given.host === undefined ? null : loginOptions.parse(given);
}

export const isWholeLogin = ({ host, privateKey, hostKeys }: z.output<typeof maybeLogin>): boolean =>
  new Set([host, privateKey, hostKeys].map((one) => one === undefined)).size === 1;
export const wholeLogin = 'host, privateKey and hostKeys belong together';
