import { isIPv6 } from 'node:net';
import { type LeadingRecord, type LeadingType, leadingTypes, type NameRecords, type Pointing } from './dns.ts';

/** A record as a server of names has it; names without the dot at the end. */
export interface ServerRecord {
  readonly name: string;
  readonly type: string;
  readonly ttlSeconds: number;
  /** Of a TXT record its text without quotes. */
  readonly value: string;
}

/**
 * The name of the TXT record that says whose a name is: beside it, as a name with a CNAME may have nothing else. `*` would make
 * a wildcard of it.
 */
export const ownerName = (name: string): string => `_aegir.${name.replace(/^\*(?=\.)/, '_wildcard')}`;
export const ownerText = (owner: string): string => `aegir=${owner}`;

/** What of these records is of this name, and whose. */
export function namesRecords(name: string, all: readonly ServerRecord[]): NameRecords {
  const own = all.filter((one) => one.name === name && isLeading(one.type));
  const texts = all.filter((one) => one.name === ownerName(name) && one.type === 'TXT');
  const [text] = texts;
  // Each once, though it may answer several questions. Their types were looked at above.
  const records = new Map(
    own.map(({ type, value }) => [
      `${type} ${canonical(type, value)}`,
      { type: type as LeadingType, value: canonical(type, value) },
    ]),
  );
  return {
    name,
    records: inOrder([...records.values()]),
    ttlSeconds: own.length === 0 ? null : Math.min(...own.map(({ ttlSeconds }) => ttlSeconds)),
    owner: texts.length === 1 && text?.value.startsWith('aegir=') ? text.value.slice('aegir='.length) : null,
  };
}

const isLeading = (type: string): boolean => leadingTypes.some((one) => one === type);

/** The records that make a name lead there. At the top of a zone there can be no CNAME. */
export function recordsFor({ name, addresses, host }: Pointing, zone: string): readonly LeadingRecord[] {
  if (host !== null && name !== zone) return [{ type: 'CNAME', value: canonical('CNAME', host) }];
  const records = addresses.map((address): LeadingRecord => {
    const type = isIPv6(address) ? 'AAAA' : 'A';
    return { type, value: canonical(type, address) };
  });
  return inOrder(records);
}

const inOrder = (records: readonly LeadingRecord[]): readonly LeadingRecord[] =>
  records.toSorted((one, other) => (shown(one) < shown(other) ? -1 : 1));

/** One spelling, by which two are compared. */
function canonical(type: string, value: string): string {
  if (type === 'AAAA' && isIPv6(value)) return new URL(`http://[${value}]/`).hostname.slice(1, -1);
  return type === 'CNAME' ? withoutDot(value).toLowerCase() : value;
}

/** An authority looks once; Cloudflare takes no less than this. */
export const challengeTtlSeconds = 60;

export const withoutDot = (name: string): string => name.replace(/\.$/, '');
export const shown = ({ type, value }: LeadingRecord): string => `${type} ${value}`;
export const allShown = (records: readonly LeadingRecord[]): string => records.map(shown).join(', ');

/** Itself and what is above it, the longest first: where a zone could begin. 'www.example.com', 'example.com', 'com'. */
export function zonesAbove(name: string): readonly string[] {
  const labels = name.replace(/^\*\./, '').split('.');
  return labels.map((_, at) => labels.slice(at).join('.'));
}
