import { query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import { Problem } from '../../model/problem.ts';

/**
 * A self-signed certificate for these names with its key, in one PEM text so that the two are always of one pair.
 * The one at `path` is kept while it is for the same names: a browser that was told to trust it goes on doing so.
 * Neither is ever a file of openssl's: the key stands in no directory but ours, and never with wider rights.
 */
export async function selfSigned(machine: Machine, path: string, names: readonly string[]): Promise<string> {
  const heading = `# Self-signed by Aegir for ${names.toSorted().join(' ')}\n`;
  const old = await machine.read(path);
  if (old?.startsWith(heading)) return old;
  const alternatives = `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`;
  // A common name has at most 64 characters; browsers read the alternatives only.
  const subject = `/CN=${(names[0] ?? 'aegir').slice(-64).replace(/^[.*]+/, '')}`;
  // Without a configuration file openssl writes the key to its standard output, and to no file.
  const made = query`openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -config /dev/null
    -subj ${subject} -addext ${alternatives} -addext basicConstraints=CA:FALSE`;
  const { stdout } = await machine.run({ ...made, quiet: true });
  const key = /-----BEGIN (?:RSA )?PRIVATE KEY-----[^-]+-----END (?:RSA )?PRIVATE KEY-----\n/.exec(stdout)?.[0];
  const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/.exec(stdout)?.[0];
  if (key && certificate) return `${heading}${certificate}${key}`;
  throw new Problem('command-failed', `openssl made no certificate for ${names[0]} on ${machine.name}`, {
    hint: 'Install openssl 3 on the server.',
  });
}
