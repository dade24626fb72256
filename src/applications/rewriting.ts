import { domainToUnicode } from 'node:url';
import type { CopiedAs, FormerPlace, InstalledSite } from './application.ts';

/** What the scripts are told of old and new: see php/rewrite-text.php. */
export interface Rewriting {
  readonly root: readonly [string, string];
  readonly directory: readonly [string, string];
  /** Names whose addresses become the site's. */
  readonly hosts: readonly string[];
  /** All names of both: a directory of the old name behind another host is none of ours. */
  readonly ours: readonly string[];
  /** Ports that such an address may name; one with another port is another service's. */
  readonly ports: readonly number[];
  readonly address: { readonly scheme: string; readonly host: string; readonly port: number | null };
}

/**
 * A site that was renamed keeps the addresses under names that it still has: they are its own. A new site speaks of none of the old
 * one's: whoever edits it must not find themselves on the other by a link, and what it shows must not change or end with the other.
 */
export function rewriting({ site, platform, address }: InstalledSite, before: FormerPlace, as: CopiedAs): Rewriting {
  const [now, then] = [new URL(address), new URL(before.address)];
  const kept = new Set([site.name, ...site.aliases.map(({ name }) => name)]);
  const gone = (name: string): boolean => {
    // Under the same name it may answer on another port, or with https.
    if (name === now.hostname) return name === then.hostname && now.origin !== then.origin;
    return as === 'new site' || name === then.hostname || !kept.has(name);
  };
  const formerNames = [...new Set([then.hostname, ...before.names])].filter((name) => !name.startsWith('*.'));
  return {
    root: [before.root, platform.root],
    directory: [before.directory, site.directory],
    hosts: formerNames.filter(gone).flatMap(spellings),
    ours: [...formerNames, ...kept].flatMap(spellings),
    ports: [...new Set([80, 443, portOf(then)])],
    address: {
      scheme: now.protocol.replace(':', ''),
      host: now.hostname,
      port: now.port === '' ? null : Number(now.port),
    },
  };
}

const portOf = ({ port, protocol }: URL): number => Number(port) || (protocol === 'https:' ? 443 : 80);

/** Punycode is how it is stored here; people may have written the letters. */
const spellings = (name: string): readonly string[] => [...new Set([name, domainToUnicode(name)])];
