import { Problem } from '../model/problem.ts';
import { Secret } from '../model/secret.ts';
import { type Command, show } from './command.ts';
import type { Hands } from './hands.ts';
import type { Output } from './machine.ts';
import { OutputLog } from './output-log.ts';
import { Scrub } from './scrub.ts';

export type Say = (stream: 'stdout' | 'stderr', text: string) => void;

/** The shorter of what a command may take and what its task has left. */
export const timeLeft = ({ remainingMs }: Hands, wantedMs: number): number =>
  Math.max(0, Math.min(wantedMs, remainingMs?.() ?? wantedMs));

export function mayAct({ claim, name, remainingMs }: Hands): void {
  claim.throwIfAborted();
  if (remainingMs && remainingMs() <= 0) throw new Problem('timeout', `the task has no time left for ${name}`);
}

/** Reports a command and what it says, and refuses exit codes that are not allowed. `go` does it. */
export async function reported(hands: Hands, command: Command, go: (say: Say) => Promise<Output>): Promise<Output> {
  const scrub = new Scrub([...(hands.secrets ?? []), ...(command.stdin instanceof Secret ? [command.stdin] : [])]);
  const shown = scrub.text(show(command));
  await hands.log.append({ type: 'command.started', server: hands.name, command: shown });
  const begun = performance.now();
  let refused: { readonly error: unknown } | undefined;
  const lines = new OutputLog(hands.log, scrub, (error) => {
    refused ??= { error };
  });
  const say: Say = (stream, text) => {
    if (refused) throw refused.error;
    if (!command.quiet) lines.add(stream, text);
  };
  let output: Output;
  try {
    output = await go(say);
  } finally {
    await lines.end();
  }
  if (refused) throw refused.error;
  const ms = Math.round(performance.now() - begun);
  await hands.log.append({ type: 'command.done', exitCode: output.exitCode, ms });
  if (command.allow.includes(output.exitCode)) return output;
  const said = output.stderr.trim() || (command.quiet ? '' : output.stdout.trim());
  const why = said === '' ? '' : `: ${scrub.text(said).slice(-2_000)}`;
  throw new Problem('command-failed', `${shown} exited with ${output.exitCode} on ${hands.name}${why}`, {
    hint: output.exitCode === 127 ? `Install ${command.argv[0]} on ${hands.name}.` : undefined,
  });
}
