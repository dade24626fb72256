import type { MemoryFile } from '../machine/memory-world.ts';
import { modeText, Refused } from './user-files.ts';

export interface TarMember extends Pick<MemoryFile, 'mode' | 'owner' | 'group' | 'text'> {
  /** As it is written in the archive; that of a directory ends with '/'. */
  readonly name: string;
  /** 'hard' is a link to an earlier member. */
  readonly kind: 'file' | 'directory' | 'link' | 'hard' | 'other';
  readonly seconds: number;
}

const block = 512;
const types = { file: '0', hard: '1', link: '2', directory: '5', other: '6' } as const;
/** Numbers of those who are on every simulated server. */
const ids: Readonly<Record<string, number>> = { root: 0, 'www-data': 33, aegir: 999 };
export const idOf = (name: string): number => ids[name] ?? 1000;

/** An archive as GNU tar writes it with --format=pax. Texts are UTF-8 in it, and sizes are bytes. */
export function tarText(members: readonly TarMember[]): string {
  const pieces = members.flatMap((member) => {
    const isFile = member.kind === 'file';
    const [content, target] = isFile ? [member.text, ''] : ['', member.kind === 'directory' ? '' : member.text];
    const records = paxRecords({
      ...(Buffer.byteLength(member.name) > 100 && { path: member.name }),
      ...(Buffer.byteLength(target) > 100 && { linkpath: target }),
    });
    const head = {
      ...member,
      name: cut(member.name),
      size: Buffer.byteLength(content),
      type: types[member.kind],
      target: cut(target),
    };
    const before =
      records === ''
        ? []
        : [
            header({ ...head, name: 'PaxHeaders/x', size: Buffer.byteLength(records), type: 'x', target: '' }),
            padded(records),
          ];
    return [...before, header(head), padded(content)];
  });
  return `${pieces.join('')}${'\0'.repeat(2 * block)}`;
}

const cut = (text: string): string => (Buffer.byteLength(text) > 100 ? 'see-pax-header' : text);

const padded = (text: string): string => text + '\0'.repeat((block - (Buffer.byteLength(text) % block)) % block);

function paxRecords(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([key, value]) => {
      const rest = ` ${key}=${value}\n`;
      const bytes = Buffer.byteLength(rest);
      const digits = String(bytes + String(bytes).length).length;
      return `${bytes + digits}${rest}`;
    })
    .join('');
}

interface Head extends Pick<TarMember, 'name' | 'mode' | 'owner' | 'group' | 'seconds'> {
  readonly size: number;
  readonly type: string;
  readonly target: string;
}

function header({ name, mode, owner, group, size, seconds, type, target }: Head): string {
  const digits = (value: number, count: number): string => `${value.toString(8).padStart(count, '0')}\0`;
  const text = (value: string, bytes: number): string => value + '\0'.repeat(bytes - Buffer.byteLength(value));
  const id = (of: string): string => digits(idOf(of), 7);
  const start = [
    text(name, 100),
    digits(Number.parseInt(mode, 8), 7),
    id(owner),
    id(group),
    digits(size, 11),
    digits(seconds, 11),
  ];
  const end = [type, text(target, 100), 'ustar\x0000', text(owner, 32), text(group, 32), digits(0, 7), digits(0, 7)];
  const whole = (sum: string): string => text([...start, sum, ...end].join(''), block);
  const sum = Buffer.from(whole(' '.repeat(8))).reduce((total, byte) => total + byte, 0);
  return whole(`${digits(sum, 6)} `);
}

/** The members of an archive, from whoever wrote it. Refuses as tar does: what is none, and one that was cut off. */
export function tarMembers(text: string): readonly TarMember[] {
  const bytes = Buffer.from(text);
  const members: TarMember[] = [];
  let pax: Pax = new Map();
  for (let at = 0; at + block <= bytes.length; ) {
    const head = bytes.subarray(at, at + block);
    if (head.every((byte) => byte === 0)) return members;
    if (!isHeader(head)) throw new Refused('This does not look like a tar archive', 2);
    const size = Number(pax.get('size') ?? octal(head, 124, 12));
    const content = bytes.subarray(at + block, at + block + size);
    if (content.length < size) throw new Refused('Unexpected EOF in archive', 2);
    at += block + Math.ceil(size / block) * block;
    if (field(head, 156, 1) === 'x') pax = readPax(content);
    else {
      members.push(memberOf(head, content, pax));
      pax = new Map();
    }
  }
  if (members.length === 0) throw new Refused('This does not look like a tar archive', 2);
  return members;
}

type Pax = ReadonlyMap<string, string>;

const field = (head: Buffer, from: number, length: number): string =>
  head.toString('utf8', from, from + length).replace(/\0.*$/s, '');
const octal = (head: Buffer, from: number, length: number): number => Number.parseInt(field(head, from, length), 8);

function memberOf(head: Buffer, content: Buffer, pax: Pax): TarMember {
  const prefix = field(head, 345, 155);
  const name = field(head, 0, 100);
  const kind = kindOf(field(head, 156, 1));
  return {
    name: pax.get('path') ?? (prefix === '' ? name : `${prefix}/${name}`),
    kind,
    mode: modeText(octal(head, 100, 8) & 0o7777),
    owner: field(head, 265, 32) || field(head, 108, 8),
    group: field(head, 297, 32) || field(head, 116, 8),
    seconds: octal(head, 136, 12),
    text: kind === 'file' ? content.toString() : (pax.get('linkpath') ?? field(head, 157, 100)),
  };
}

function isHeader(head: Buffer): boolean {
  const said = Number.parseInt(head.subarray(148, 156).toString(), 8);
  const sum = head.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  return said === sum;
}

function kindOf(type: string): TarMember['kind'] {
  if (type === '' || type === '7') return 'file';
  for (const [kind, digit] of Object.entries(types)) if (digit === type) return kind as keyof typeof types;
  return 'other';
}

function readPax(content: Buffer): Pax {
  const records = new Map<string, string>();
  for (let at = 0; at < content.length; ) {
    const length = Number.parseInt(content.subarray(at).toString('latin1'), 10);
    if (!(length > 0)) throw new Refused('Malformed extended header: missing length', 2);
    const record = content.subarray(at, at + length - 1).toString();
    const [key = '', value = ''] = record.slice(record.indexOf(' ') + 1).split(/=(.*)/s);
    records.set(key, value);
    at += length;
  }
  return records;
}
