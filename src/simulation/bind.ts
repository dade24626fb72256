import type { Output } from '../machine/machine.ts';
import { reveal } from '../machine/scrub.ts';
import { simulated } from './world.ts';

interface Kept {
  readonly name: string;
  readonly type: string;
  readonly ttl: string;
  readonly value: string;
}

interface State {
  zones: string[];
  records: Kept[];
}

/** As much of BIND as Aegir asks of it: dynamic updates by nsupdate, with their conditions, and dig. It has these zones, and believes any key. */
export const bind = (zones: readonly string[], records: readonly (readonly [string, string, string])[] = []) =>
  simulated<State>({
    name: 'bind',
    fresh: () => ({
      zones: [...zones],
      records: records.map(([name, type, value]) => ({ name, type, ttl: '300', value })),
    }),
    programs: (state) => ({
      named: () => ({ stdout: 'BIND 9.18.49-1~deb12u3-Debian (Extended Support Version) <id:>\n' }),
      nsupdate: ({ stdin = '' }) => update(state, reveal(stdin)),
      dig: ({ argv, stdin = '' }) => dig(state, argv.includes('-f') ? reveal(stdin).split(/\s+/) : argv),
    }),
    snapshot: ({ records: all }) => all.map(shown).toSorted().join('\n'),
  });

const shown = ({ name, type, ttl, value }: Kept): string => `${name}. ${ttl} IN ${type} ${value}`;
const bare = (name: string): string => name.replace(/\.$/, '').toLowerCase();
const failed = (why: string): Partial<Output> => ({ exitCode: 2, stderr: `update failed: ${why}\n` });

function update(state: State, text: string): Partial<Output> {
  const lines = text.split('\n').map((line) => line.split(' '));
  const zone = bare(lines.find(([word]) => word === 'zone')?.[1] ?? '');
  if (!state.zones.includes(zone)) return failed('NOTAUTH');
  const refused = lines.map((line) => demanded(state.records, line)).find((why) => why !== null);
  if (refused !== undefined) return failed(refused);
  state.records = lines.reduce(updated, state.records);
  return {};
}

/** Why the condition on this line is not met; null: it is, or there is none on it. */
function demanded(
  records: readonly Kept[],
  [word, what, name = '', , type = '', ...values]: readonly string[],
): string | null {
  if (word !== 'prereq') return null;
  const own = records.filter((one) => one.name === bare(name));
  const set = own.filter((one) => one.type === type);
  if (what === 'nxdomain') return own.length > 0 ? 'YXDOMAIN' : null;
  if (what === 'nxrrset') return set.length > 0 ? 'YXRRSET' : null;
  return set.some(({ value }) => value === values.join(' ')) ? null : 'NXRRSET';
}

function updated(records: Kept[], [word, what, name = '', ...rest]: readonly string[]): Kept[] {
  if (word !== 'update') return records;
  if (what === 'delete') return records.filter((one) => one.name !== bare(name) || one.type !== rest[1]);
  const [ttl = '', , type = '', ...value] = rest;
  return added(records, { name: bare(name), ttl, type, value: value.join(' ') });
}

/** RFC 2136, 3.4.2.2: what a CNAME forbids is passed over without a word. */
function added(records: readonly Kept[], one: Kept): Kept[] {
  const others = records.filter(({ name }) => name === one.name);
  const isForbidden = others.some(({ type }) => (type === 'CNAME') !== (one.type === 'CNAME'));
  return isForbidden ? [...records] : [...records, one];
}

function dig(state: State, argv: readonly string[]): Partial<Output> {
  const names = argv.flatMap((word, at) => (word === '-q' ? [[argv[at + 1] ?? '', argv[at + 3] ?? ''] as const] : []));
  const messages = names.map(([name, type]) => {
    if (type === 'AXFR') return transferred(state, name);
    const isOurs = state.zones.some((zone) => name === zone || name.endsWith(`.${zone}`));
    const soa = type === 'SOA' && state.zones.includes(name) ? [`${name}. 300 IN SOA ns1. h. 1 60 60 600 1`] : [];
    const found = answersTo(state, name).filter((one) => one.type === type || one.type === 'CNAME');
    const status = isOurs ? 'NOERROR' : 'REFUSED';
    const lines = isOurs ? [...soa, ...found.map(shown)] : [];
    return `;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: ${status}, id: 1\n;; flags: qr${isOurs ? ' aa' : ''}; QUERY: 1\n\n${lines.join('\n')}\n`;
  });
  return { stdout: messages.join('\n') };
}

function transferred({ zones, records }: State, zone: string): string {
  if (!zones.includes(zone)) return '; Transfer failed.';
  const soa = `${zone}. 300 IN SOA ns1. h. 1 60 60 600 1`;
  const zoneOf = (name: string): string | undefined =>
    zones
      .filter((one) => name === one || name.endsWith(`.${one}`))
      .toSorted((one, other) => other.length - one.length)[0];
  return [soa, ...records.filter(({ name }) => zoneOf(name) === zone).map(shown), soa].join('\n');
}

/** A name that is not there, nor anything below it, is answered by the wildcard above it. */
function answersTo({ records }: State, name: string): readonly Kept[] {
  const own = records.filter((one) => one.name === name);
  if (own.length > 0 || records.some((one) => one.name.endsWith(`.${name}`))) return own;
  const wildcard = name.replace(/^[^.]+/, '*');
  return records.filter((one) => one.name === wildcard).map((one) => ({ ...one, name }));
}
