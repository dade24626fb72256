import { query } from '../../machine/command.ts';
import { Gate } from '../../machine/gate.ts';
import type { Machine } from '../../machine/machine.ts';
import { Problem } from '../../model/problem.ts';
import { Secret } from '../../model/secret.ts';
import { type ServerRecord, withoutDot } from './records.ts';

export interface Asked {
  /** null: the resolver of the machine. */
  readonly server: string | null;
  readonly port: number;
  /** A resolver finds out what it does not know; a server of zones is asked what it has. */
  readonly recurse?: boolean;
}

/** The machine's own. */
export const resolver: Asked = { server: null, port: 53, recurse: true };

export interface Question {
  readonly name: string;
  readonly type: string;
}

/** More questions than this are read by dig from its input: an argument list has its limits, and so has a log. */
const shownMax = 100;
/** So many questions in one go. */
const questionsMax = 5000;
/** So many zones in one go, and so many goes at once. */
const [zonesMax, goesMax] = [100, 4];

/** All that is answered, without what others have told the server. Throws Problem 'server-unreachable'. */
export async function ask(
  machine: Machine,
  { server, port, recurse = false }: Asked,
  questions: readonly Question[],
): Promise<readonly ServerRecord[]> {
  const records: ServerRecord[] = [];
  for (let from = 0; from < questions.length; from += questionsMax) {
    const some = questions.slice(from, from + questionsMax).map(({ name, type }) => ['-q', name, '-t', type]);
    const isShown = some.length <= shownMax;
    const how = [recurse ? '+recurse' : '+norecurse', '+noall', '+comments', '+answer', '+noidnin', '+noidnout'];
    const { exitCode, stdout, stderr } = await machine.run({
      ...query`dig ${server === null ? [] : [`@${server}`, '-p', String(port)]} +time=3 +tries=2 ${how} ${isShown ? some.flat() : ['-f', '-']}`,
      ...{ allow: [0, 1, 8, 9, 10, 127], quiet: true, timeoutMs: 60_000 + some.length * 10 },
      ...(!isShown && { stdin: linesOf(some) }),
    });
    const refused = /status: (SERVFAIL|REFUSED)/.exec(stdout)?.[1];
    if (exitCode !== 0)
      throw unreachable(machine, server, exitCode === 127 ? 'dig is not installed' : said(stdout + stderr));
    if (refused === 'SERVFAIL') throw unreachable(machine, server, 'it answers SERVFAIL');
    records.push(...recordsIn(stdout, recurse));
  }
  return records;
}

/**
 * All records of those of these zones that the server transfers to whom this key belongs; those that it does not, or not whole, are
 * left out. `key` is 'hmac-sha256:name:secret', as dig takes it.
 */
export async function transfer(
  machine: Machine,
  { server, port }: Asked,
  key: Secret,
  zones: readonly string[],
): Promise<ReadonlyMap<string, readonly ServerRecord[]>> {
  const how = ['+time=5', '+tries=1', '+noall', '+answer', '+noidnin', '+noidnout'];
  const found = new Map<string, readonly ServerRecord[]>();
  const gate = new Gate(goesMax);
  const go = async (some: readonly string[]): Promise<void> => {
    const lines = some.map((zone) => ['-y', key.reveal(), '-q', zone, '-t', 'AXFR']);
    const { stdout } = await machine.run({
      ...query`dig ${server === null ? [] : [`@${server}`, '-p', String(port)]} ${how} -f -`,
      ...{ allow: [0, 1, 8, 9, 10, 127], quiet: true, timeoutMs: 120_000, stdin: new Secret(linesOf(lines)) },
    });
    for (const [zone, records] of transfersIn(stdout)) found.set(zone, records);
  };
  const all = Array.from({ length: Math.ceil(zones.length / zonesMax) }, (_, at) =>
    gate.through(() => go(zones.slice(at * zonesMax, (at + 1) * zonesMax))),
  );
  await Promise.all(all);
  return found;
}

const linesOf = (lines: readonly (readonly string[])[]): string =>
  lines.map((words) => `${words.join(' ')}\n`).join('');

/** A transfer begins and ends with the SOA record of its zone: one that broke off has it once. */
export function transfersIn(text: string): ReadonlyMap<string, readonly ServerRecord[]> {
  const found = new Map<string, readonly ServerRecord[]>();
  let current: { readonly zone: string; readonly records: ServerRecord[] } | undefined;
  for (const one of text.split('\n').flatMap(record)) {
    if (one.type !== 'SOA') current?.records.push(one);
    else if (current?.zone === one.name) {
      found.set(current.zone, current.records);
      current = undefined;
    } else current = { zone: one.name, records: [] };
  }
  return found;
}

function unreachable(machine: Machine, server: string | null, why: string): Problem {
  return new Problem(
    'server-unreachable',
    `the name server ${server ?? 'that it asks by itself'} does not answer ${machine.name}: ${why}`,
    {
      hint: 'Is it running, does it listen there, and is dig (Debian: bind9-dnsutils) installed on that machine?',
    },
  );
}

const said = (text: string): string =>
  text
    .replace(/^;+ */gm, '')
    .trim()
    .split('\n')
    .find((line) => line !== '')
    ?.slice(0, 200) ?? 'no word';

/** Of each message those below its header; of a server of zones only where it says that it is their authority. */
export function recordsIn(text: string, recurse = false): readonly ServerRecord[] {
  return text.split(/^;; ->>HEADER/m).flatMap((message) => {
    const flags = /^;; flags: ([a-z ]*);/m.exec(message)?.[1]?.split(' ') ?? [];
    return recurse || flags.includes('aa') ? message.split('\n').flatMap(record) : [];
  });
}

function record(line: string): readonly ServerRecord[] {
  const [, name, ttl, type, value] = /^([^;\s]\S*)\s+(\d+)\s+IN\s+([A-Z0-9]+)\s+(.*)$/.exec(line) ?? [];
  if (name === undefined || type === undefined || value === undefined) return [];
  // A quoted text may come in pieces.
  const plain = type === 'TXT' ? [...value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, piece]) => piece).join('') : value;
  return [
    {
      name: withoutDot(name).toLowerCase(),
      type,
      ttlSeconds: Number(ttl),
      value: type === 'TXT' ? plain : withoutDot(plain),
    },
  ];
}
