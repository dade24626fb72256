import { query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import { Problem } from '../../model/problem.ts';
import { type ServerRecord, withoutDot } from './records.ts';

export interface Asked {
  /** null: the resolver of the machine. */
  readonly server: string | null;
  readonly port: number;
  /** A resolver finds out what it does not know; a server of zones is asked what it has. */
  readonly recurse?: boolean;
}

export interface Question {
  readonly name: string;
  readonly type: string;
}

/** So many questions in one go: an argument list has its limits. */
const questionsMax = 100;

/** All that is answered, without what others have told the server. Throws Problem 'server-unreachable'. */
export async function ask(
  machine: Machine,
  { server, port, recurse = false }: Asked,
  questions: readonly Question[],
): Promise<readonly ServerRecord[]> {
  const records: ServerRecord[] = [];
  for (let from = 0; from < questions.length; from += questionsMax) {
    const some = questions.slice(from, from + questionsMax).flatMap(({ name, type }) => ['-q', name, '-t', type]);
    const how = [recurse ? '+recurse' : '+norecurse', '+noall', '+comments', '+answer', '+noidnin', '+noidnout'];
    const { exitCode, stdout, stderr } = await machine.run({
      ...query`dig ${server === null ? [] : [`@${server}`, '-p', String(port)]} +time=3 +tries=2 ${how} ${some}`,
      ...{ allow: [0, 1, 8, 9, 10, 127], quiet: true },
    });
    const refused = /status: (SERVFAIL|REFUSED)/.exec(stdout)?.[1];
    if (exitCode !== 0)
      throw unreachable(machine, server, exitCode === 127 ? 'dig is not installed' : said(stdout + stderr));
    if (refused === 'SERVFAIL') throw unreachable(machine, server, 'it answers SERVFAIL');
    records.push(...recordsIn(stdout, recurse));
  }
  return records;
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
