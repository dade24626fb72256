import { createHash } from 'node:crypto';
import { PassThrough, type TransformCallback } from 'node:stream';
import { Problem } from '../model/problem.ts';
import { command, query } from './command.ts';
import type { FileMode, Machine, Pipe, Piped } from './machine.ts';

type Commands = Pipe['commands'];

/** So much may be on its way in our memory. */
const onTheWayBytes = 1024 * 1024;

/**
 * What the last of `sends` writes on one machine is what the first of `takes` reads on another: through us, as fast as the slower
 * of the two, and written down nowhere in between. Whichever fails first is the Problem, and the other is ended with it: half is
 * never taken for the whole. Answers the numbers of what went over, which the sending machine and we have both counted.
 */
export async function pipeBetween(
  { from, sends }: { readonly from: Machine; readonly sends: Commands },
  { to, takes }: { readonly to: Machine; readonly takes: Commands },
): Promise<Piped> {
  return between({ machine: from, pipe: { commands: sends } }, { machine: to, pipe: { commands: takes } });
}

/** A file of one machine becomes one of another, whole and on its disk or not at all; what is there is replaced. */
export function passFile(
  from: { readonly machine: Machine; readonly path: string },
  to: { readonly machine: Machine; readonly path: string; readonly mode: FileMode['mode'] },
  timeoutMs: number,
): Promise<Piped> {
  return between(
    { machine: from.machine, pipe: { commands: [{ ...query`cat`, timeoutMs }], from: from.path } },
    { machine: to.machine, pipe: { commands: [{ ...command`cat`, timeoutMs }], to: { path: to.path, mode: to.mode } } },
  );
}

interface Side {
  readonly machine: Machine;
  readonly pipe: Pipe;
}

async function between({ machine: from, pipe: sends }: Side, { machine: to, pipe: takes }: Side): Promise<Piped> {
  const through = new Counted({ highWaterMark: onTheWayBytes });
  through.on('error', () => {}); // Both sides are told; what they say of it is looked at below.
  const failures: unknown[] = [];
  const failed = (error: unknown): never => {
    failures.push(error);
    through.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  };
  const sending = from.pipe(sends, { output: through }).then((numbers) => {
    through.end();
    return numbers;
  });
  const taking = to.pipe(takes, { input: through });
  const [sent] = await Promise.allSettled([sending.catch(failed), taking.catch(failed)]);
  // That nobody reads any more, or that no more comes, is what the other side's failure looks like from here.
  if (failures.length > 0) throw failures.find((error) => !isConsequence(error)) ?? endedEarly(to, failures[0]);
  const numbers = (sent as PromiseFulfilledResult<Piped>).value; // else there is a failure
  if (numbers.blake2b !== through.blake2b()) throw changed(from, to);
  return numbers;
}

const isConsequence = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^(ERR_STREAM_|EPIPE|ECONNRESET)/.test(String(error.code));

const endedEarly = (to: Machine, cause: unknown): Problem =>
  new Problem('command-failed', `${to.name} took no more before all was sent`, {
    hint: 'See in the log what it said last, then run the task again.',
    cause,
  });

const changed = (from: Machine, to: Machine): Problem =>
  new Problem('command-failed', `what ${from.name} has sent to ${to.name} is not what came here`, {
    hint: 'Run the task again; if it says the same once more, look for what is wrong with the network or its memory.',
  });

class Counted extends PassThrough {
  readonly #hash = createHash('blake2b512');

  override _transform(chunk: Buffer, encoding: BufferEncoding, done: TransformCallback): void {
    this.#hash.update(chunk);
    super._transform(chunk, encoding, done);
  }

  blake2b(): string {
    return this.#hash.copy().digest('hex');
  }
}
