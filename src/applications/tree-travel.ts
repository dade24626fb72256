import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { asUser } from '../machine/as-user.ts';
import { type Command, command } from '../machine/command.ts';
import { fault, faultCode, isFull } from '../machine/fault.ts';
import type { Machine, Pipe } from '../machine/machine.ts';
import { pipeBetween } from '../machine/pipe-between.ts';
import { Problem } from '../model/problem.ts';
import { callTool } from './tool.ts';
import type { CopiedTree, CopyTree } from './tree.ts';

/** A tree on its way from one server to another, with what the passes before this one know. */
export interface TravellingTree extends Omit<CopyTree, 'links'> {
  readonly source: Machine;
  readonly target: Machine;
  /**
   * When the pass before this one began, by the clock of the source: what was changed since may differ though it looks the same.
   * Null: nobody knows, so all of it is sent.
   */
  readonly since: number | null;
  /** How bytes come from the one to the other; through us unless it is given. */
  readonly carry?: Carry;
}

/** What the last of `sends` writes on the source is what the first of `takes` reads on the target, or it fails. */
export type Carry = (
  from: { readonly from: Machine; readonly sends: Pipe['commands'] },
  to: { readonly to: Machine; readonly takes: Pipe['commands'] },
) => Promise<unknown>;

/** In seconds by the clock of the source, for the pass after this one. */
export interface Travelled extends CopiedTree {
  readonly begun: number;
}

/** What is known of one file, directory or link. */
export interface Entry {
  /** All that must be alike on both sides, but for the group and times of links and of what is somebody else's. */
  readonly facts: string;
  readonly kind: string;
  readonly bytes: number;
  /** When its text was last changed. */
  readonly modifiedS: number;
  readonly isFresh: boolean;
  readonly isOwn: boolean;
  readonly link: string;
}

interface Listing {
  readonly now: number;
  readonly user: string;
  readonly skipped: readonly string[];
  readonly entries: ReadonlyMap<string, Entry>;
}

interface Difference {
  /** Of what is to go or to give way, the topmost. */
  readonly gone: readonly string[];
  /** What is to be sent, with the directories around it, whose times it changes. */
  readonly sent: readonly string[];
  readonly links: readonly (readonly [string, string])[];
}

/** As for a copy on one server: a very large site is on its way for hours. */
const travelMs = 6 * 60 * 60_000;
const lookMs = 30 * 60_000;

/**
 * As `copyTree`, from one server to another: tar on the one writes what tar on the other reads. Only what differs goes.
 * Throws 'application-failed' with names where what has not changed meanwhile is not there as it was sent.
 */
export async function sendTree(user: string | null, tree: TravellingTree): Promise<Travelled> {
  const [from, to] = await bothSides(user, tree, tree.since);
  const difference = differenceOf(from.entries, to.entries);
  const sent = difference.sent.filter((path) => from.entries.get(path)?.kind !== 'l');
  await fitTree(
    user,
    tree,
    difference,
    sent.filter((path) => from.entries.get(path)?.kind === 'd'),
  );
  if (sent.length > 0) await packTree(user, tree, sent, to.user);
  await demandArrived(user, tree, from.now);
  const files = sent.flatMap((path) => {
    const entry = from.entries.get(path);
    return entry?.kind === 'f' ? [entry.bytes] : [];
  });
  return {
    files: files.length,
    bytes: files.reduce((sum, bytes) => sum + bytes, 0),
    removed: difference.gone.length,
    skipped: from.skipped,
    begun: from.now,
  };
}

const bothSides = (user: string | null, tree: TravellingTree, since: number | null): Promise<[Listing, Listing]> =>
  Promise.all([listTree(tree.source, user, tree.from, tree, since), listTree(tree.target, user, tree.to, tree, 0)]);

const listShape = z.object({
  now: z.number().int(),
  user: z.string().regex(/^[\w.-]+:\d+$/),
  skipped: z.array(z.string()).max(20),
  lines: z.base64(),
});

export async function listTree(
  machine: Machine,
  user: string | null,
  path: string,
  { only, except, within }: Pick<CopyTree, 'only' | 'except'> & { readonly within?: readonly string[] },
  since: number | null,
): Promise<Listing> {
  const input = { path, only, except, since, within };
  const said = await callTool(machine, user, 'list tree', input, listShape, { timeoutMs: lookMs, effect: 'reads' });
  const entries = new Map<string, Entry>();
  for (const line of linesOf(said)) {
    const [kind, bytes, time, mode, group, fresh, own, name, link] = line.split(' ');
    if (kind === undefined || name === undefined || link === undefined) continue;
    demandInside(name, machine, path);
    const facts = kind === 'l' ? `l ${link}` : `${kind} ${bytes} ${time} ${mode} ${group}`;
    entries.set(name, {
      facts,
      kind,
      bytes: Number(bytes),
      modifiedS: Number(time),
      isFresh: fresh === '1',
      isOwn: own === '1',
      link,
    });
  }
  return { now: said.now, user: said.user, skipped: said.skipped, entries };
}

/** What another server says is not a way out of the directory that it is for. */
function demandInside(name: string, { name: server }: Machine, path: string): void {
  if (/^\.(?:\/(?!\.{1,2}(?:\/|$))[\w.@\\-]+)+$/.test(name)) return;
  throw new Problem('invalid', `${server} has named '${name.slice(0, 200)}' in ${path}, which is no name of a file`);
}

const linesOf = ({ lines }: { readonly lines: string }): readonly string[] =>
  gunzipSync(Buffer.from(lines, 'base64')).toString('latin1').split('\n');

/** Of each directory below the path, by its name, and of the path itself ('.'): what has another one differs in what is right in it. */
export async function digestTree(
  machine: Machine,
  user: string | null,
  path: string,
  except: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const how = { timeoutMs: lookMs, effect: 'reads' } as const;
  const said = await callTool(machine, user, 'digest tree', { path, except }, z.object({ lines: z.base64() }), how);
  const digests = new Map<string, string>();
  for (const line of linesOf(said)) {
    const [digest, name] = line.split(' ');
    if (digest === undefined || name === undefined) continue;
    if (name !== '.') demandInside(name, machine, path);
    digests.set(name, digest);
  }
  return digests;
}

function differenceOf(from: Listing['entries'], to: Listing['entries']): Difference {
  const gone: string[] = [];
  const isGone = (path: string): boolean => gone.length > 0 && aboveOf(path).some((above) => above === gone.at(-1));
  // Directories come before what is in them.
  for (const [path, there] of to) if (from.get(path)?.kind !== there.kind && !isGone(path)) gone.push(path);
  const sent = new Set<string>();
  const links: [string, string][] = [];
  const around = (path: string): void => {
    for (const above of aboveOf(path)) if (from.has(above) && to.get(above)?.isOwn !== false) sent.add(above);
  };
  for (const path of gone) around(path);
  for (const [path, entry] of from) {
    if (isAlike(entry, to.get(path)) && !(entry.kind === 'f' && entry.isFresh)) continue;
    around(path);
    if (entry.kind === 'l') links.push([path, entry.link]);
    else sent.add(path);
  }
  return { gone, links, sent: [...sent] };
}

/** A directory that somebody else has made there has its own mode, and is left alone. */
const isAlike = (from: Entry, to: Entry | undefined): boolean =>
  to !== undefined && (from.facts === to.facts || (from.kind === 'd' && to.kind === 'd' && !to.isOwn));

/** './a/b/c': './a', './a/b'. */
export function aboveOf(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(2).map((_, at) => parts.slice(0, at + 2).join('/'));
}

export async function fitTree(
  user: string | null,
  { target, to }: Pick<TravellingTree, 'target' | 'to'>,
  { gone, links }: Pick<Difference, 'gone' | 'links'>,
  directories: readonly string[],
): Promise<void> {
  if (gone.length + links.length === 0) return;
  await callTool(target, user, 'fit tree', { path: to, gone, links, directories }, z.array(z.never()), {
    timeoutMs: lookMs,
    effect: 'changes',
    dryAnswer: [],
  });
}

/** As this user on both sides, who owns what arrives. Names come as they are escaped; holes stay holes. */
export async function packTree(
  user: string | null,
  {
    source,
    target,
    from,
    to,
    carry = pipeBetween,
  }: Pick<TravellingTree, 'source' | 'target' | 'from' | 'to' | 'carry'>,
  names: readonly string[],
  owner: string,
): Promise<void> {
  const options = ['--no-recursion', '--sparse', '--hard-dereference', '--ignore-failed-read', `--owner=${owner}`];
  const sends: Command = {
    ...command`tar --create --file=- --directory=${from} ${options} --files-from=-`,
    stdin: `${names.join('\n')}\n`,
    // 1: what changed or went while it was read; the next pass sees that.
    ...{ timeoutMs: travelMs, allow: [0, 1], effect: 'reads' },
  };
  const how = ['--preserve-permissions', '--same-owner', '--delay-directory-restore'];
  const takes: Command = {
    ...command`tar --extract --file=- --directory=${to} ${how}`,
    timeoutMs: travelMs,
  };
  const as = (machine: Machine, one: Command): Promise<Command> =>
    user === null ? Promise.resolve(one) : asUser(machine, user, one);
  await carry(
    { from: source, sends: [await as(source, sends)] },
    { to: target, takes: [await as(target, takes)] },
  ).catch((error: unknown) => {
    throw isOfFullDisk(error) ? fault(target.name, 'unpack in', to, 'ENOSPC', error) : error;
  });
}

/** Only who unpacks writes to a disk. Where a part of what it writes still has room, tar says how much, and not why no more. */
const isOfFullDisk = (error: unknown): boolean =>
  error instanceof Problem && (isFull(faultCode(error.message)) || / Wrote only \d+ of \d+ bytes/.test(error.message));

/** What nobody has changed since this pass began is there as it is here. */
async function demandArrived(user: string | null, tree: TravellingTree, begun: number): Promise<void> {
  const [from, to] = await bothSides(user, tree, begun);
  const wrong = [...from.entries].filter(([path, entry]) => !entry.isFresh && !isAlike(entry, to.entries.get(path)));
  if (wrong.length === 0) return;
  const names = wrong
    .slice(0, 3)
    .map(([path, { facts }]) => `${path} (${facts}, there ${to.entries.get(path)?.facts ?? 'nothing'})`);
  throw new Problem(
    'application-failed',
    `of what went from ${tree.from} on ${tree.source.name} to ${tree.to} on ${tree.target.name}, ${wrong.length} did not arrive as they are: ${names.join('; ')}`,
    { hint: 'Look whether groups and file systems of the two servers are alike, then run the task again.' },
  );
}
