import { domainToASCII } from 'node:url';
import { Problem } from './problem.ts';

/** RFC 1035 allows 253 characters; the database columns and file names derived from it have room for that. */
const lengthMax = 253;
const label = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

/**
 * A host name as it is stored: lower case, ASCII (punycode), no trailing dot. `www.Exämple.com.` is invalid rather
 * than mended where the two could be taken for different names: only case and unicode are normalised.
 * At least two labels, because Drupal looks for `sites/com` when asked for `example.com`.
 * Throws Problem 'invalid'.
 */
export function hostName(given: string, more: { wildcard?: boolean } = {}): string {
  const bad = (why: string): Problem =>
    new Problem('invalid', `'${shorten(given)}' is not a host name: ${why}`, {
      hint: 'Use a name such as www.example.com.',
    });
  const wildcard = more.wildcard === true && given.startsWith('*.');
  const name = wildcard ? given.slice(2) : given;
  // domainToASCII would quietly drop or translate some of these; what a person typed and what we store must agree.
  if (/[\s\p{Cc}/\\:@?#%[\]<>^|"'`*_]/u.test(name)) throw bad('it holds a character that no host name has');
  const ascii = domainToASCII(name);
  if (ascii === '') throw bad('it cannot be written as a domain name');
  if (ascii.length > lengthMax) throw bad(`it is longer than ${lengthMax} characters`);
  const labels = ascii.split('.');
  if (labels.length < 2) throw bad('it has no dot');
  for (const part of labels)
    if (!label.test(part)) throw bad(part === '' ? 'it has an empty part' : `'${shorten(part)}' is not possible in it`);
  if (/^\d+$/.test(labels.at(-1) ?? '')) throw bad('it is an address, or ends like one');
  return wildcard ? `*.${ascii}` : ascii;
}

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}…` : text);
