import { randomBytes } from 'node:crypto';
import type { Carry } from '../../applications/tree-travel.ts';
import { type Command, command, query } from '../../machine/command.ts';
import { Problem } from '../../model/problem.ts';
import type { CommonFiles } from '../context.ts';
import { atRest } from '../site-directory.ts';
import type { Moving } from './moving.ts';

/** A file service by which files go, with the words for it. */
export interface Relayed {
  readonly common: CommonFiles;
  readonly told: string;
}

type Given = Pick<Moving, 'common' | 'report' | 'seen' | 'machine'> & { readonly dns: Pick<Moving['dns'], 'owner'> };

/** The first that carries something from the one server to the other, and has room; what is wrong with those before it is told. */
export async function workingRelay(context: Given): Promise<Relayed | null> {
  const { common, report, seen } = context;
  for (const one of common) {
    const problem = report.isDryRun ? null : await problemOf(context, one, seen.bytes ?? 0);
    if (problem === null) return { common: one, told: toldOf(one) };
    await report.note(`files cannot go ${toldOf(one)}: ${problem}`, 'warning');
  }
  return null;
}

const toldOf = ({ from: { kind, place }, server }: CommonFiles): string =>
  kind === 'share'
    ? `by a share that both have mounted: ${place}, of the file service of ${server}`
    : `directly, by ssh to ${place}, the file service of ${server}`;

async function problemOf(context: Given, { from, to, demandRoom }: CommonFiles, bytes: number): Promise<string | null> {
  const mark = markOf(context);
  try {
    await from.clear(mark);
    const [name, proof] = [`${mark}-${fresh()}`, fresh()];
    const written = await from.write(name, [command`echo ${proof}`]);
    const found = (await to.read(name, written, [query`cat`])).trim();
    await from.clear(mark);
    if (found !== proof) return `what ${from.place} is given is not what is read at ${to.place}`;
    // What lies with one of the two may be on the disk that it is unpacked on.
    await demandRoom(from.kind === 'share' ? bytes : 2 * bytes);
    return null;
  } catch (error) {
    if (error instanceof Problem && error.code !== 'lost' && error.code !== 'bug') return error.message;
    throw error;
  }
}

/**
 * Written by the one server as a whole, then read by the other. A program that goes on without its worker would write into what the
 * next one has copied, so it holds the lock of the directory that it writes to.
 */
export async function relayedBy<T>(
  context: Given,
  { common: { from, to } }: Relayed,
  directory: string,
  send: (carry: Carry) => Promise<T>,
): Promise<T> {
  const own = `${markOf(context)}-${fresh()}`;
  await atRest(context.machine, directory);
  return send(async ({ sends }, { takes: [first, ...more] }) => {
    const name = `${own}-${fresh()}`;
    try {
      const bytes = await from.write(name, sends);
      await to.read(name, bytes, [locked(directory, first), ...more]);
    } finally {
      await from.clear(own);
    }
  });
}

const locked = (directory: string, one: Command): Command => ({ ...one, argv: ['flock', directory, ...one.argv] });

/** One that cannot be reached now keeps what is there until something goes by it again. */
export async function clearRelays(context: Given): Promise<void> {
  for (const { from } of context.common)
    try {
      await from.clear(markOf(context));
    } catch (error) {
      if (!(error instanceof Problem) || error.code === 'lost' || error.code === 'bug') throw error;
      const what = `what may have been on its way at ${from.place} goes with the next move by it`;
      await context.report.note(`${what}: ${error.message}`, 'warning');
    }
}

/** Two hubs may have one share. */
const markOf = ({ dns }: Given): string => dns.owner.replace(/[^A-Za-z0-9]/g, '-');
const fresh = (): string => randomBytes(9).toString('hex');
