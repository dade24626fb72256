import { createHash } from 'node:crypto';
import { text as textOf } from 'node:stream/consumers';
import { Problem } from '../model/problem.ts';
import type { Command } from './command.ts';
import { fault } from './fault.ts';
import type { Ends, Output, Pipe } from './machine.ts';
import { parentOf } from './matches.ts';
import type { MemoryWorld } from './memory-world.ts';
import { mayEndWith, type PipeEnd } from './pipe.ts';
import { reveal } from './scrub.ts';

interface At {
  readonly name: string;
  readonly world: MemoryWorld;
}

/** A pipe of programs in memory: one after the other, each gets what the one before it said, however that ended. */
export async function pipeInMemory(
  at: At,
  pipe: Pipe,
  ends: Ends,
  execute: (command: Command) => Promise<Output>,
): Promise<PipeEnd> {
  const { commands } = pipe;
  let text = '';
  let stderr = '';
  let bad: Pick<PipeEnd, 'exitCode' | 'failed'> | undefined;
  try {
    text = ends.input ? await textOf(ends.input) : textFor(at, pipe);
    mustTake(at, pipe);
    for (const [index, command] of commands.entries()) {
      const output = await execute({ ...command, stdin: text });
      stderr += output.stderr;
      text = output.stdout;
      if (!mayEndWith(pipe, index).includes(output.exitCode)) bad ??= { exitCode: output.exitCode, failed: command };
    }
    if (!bad) put(at, pipe, text);
    if (!bad) ends.output?.write(text);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    bad = { exitCode: 1, failed: error };
  }
  return { exitCode: 0, ...bad, stderr, stdout: pipe.to || ends.output ? '' : text, ...numbersOf(text) };
}

export const numbersOf = (text: string): { readonly bytes: number; readonly blake2b: string } => ({
  bytes: Buffer.byteLength(text),
  blake2b: createHash('blake2b512').update(text).digest('hex'),
});

function textFor({ name, world }: At, { commands, from }: Pipe): string {
  if (from === undefined) return reveal(commands[0].stdin ?? '');
  const text = world.text(from);
  if (text === null) throw fault(name, 'read', from, world.get(from)?.kind === 'directory' ? 'EISDIR' : 'ENOENT');
  return text;
}

function mustTake({ name, world }: At, { to }: Pipe): void {
  if (!to) return;
  const kind = world.get(to.path)?.kind;
  const above = world.get(parentOf(to.path))?.kind;
  const code = above !== 'directory' ? (above ? 'ENOTDIR' : 'ENOENT') : kind === 'directory' ? 'EISDIR' : undefined;
  const refusal = code ?? (to.append && kind === 'link' ? 'ELOOP' : undefined);
  if (refusal) throw fault(name, 'write', to.path, refusal);
}

function put({ name, world }: At, { to }: Pipe, text: string): void {
  if (!to) return;
  if (world.diskIsFull) throw fault(name, 'write', to.path, 'ENOSPC');
  const before = to.append ? (world.text(to.path) ?? '') + '\0'.repeat(to.gapBytes ?? 0) : '';
  world.put(to.path, before + text, { mode: `0${Number.parseInt(to.mode, 8).toString(8).padStart(3, '0')}` });
}
