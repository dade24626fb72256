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
  const { stdin, quiet } = command;
  const { output, scrub } = await told(hands, { shown: show(command), stdin, quiet }, go);
  if (command.allow.includes(output.exitCode)) return output;
  throw refused(hands, command, output, scrub, quiet);
}

interface Told {
  readonly shown: string;
  readonly stdin: Command['stdin'];
  readonly quiet: boolean | undefined;
}

/** Reports what is done and what it says, whatever its exit code. */
export async function told<Done extends { readonly exitCode: number }>(
  hands: Hands,
  { shown, stdin, quiet }: Told,
  go: (say: Say) => Promise<Done>,
): Promise<{ readonly output: Done; readonly scrub: Scrub }> {
  const scrub = new Scrub([...(hands.secrets ?? []), ...(stdin instanceof Secret ? [stdin] : [])]);
  await hands.log.append({ type: 'command.started', server: hands.name, command: scrub.text(shown) });
  const begun = performance.now();
  let failed: { readonly error: unknown } | undefined;
  const lines = new OutputLog(hands.log, scrub, (error) => {
    failed ??= { error };
  });
  const say: Say = (stream, text) => {
    if (failed) throw failed.error;
    if (!quiet) lines.add(stream, text);
  };
  let output: Done;
  try {
    output = await go(say);
  } finally {
    await lines.end();
  }
  if (failed) throw failed.error;
  const ms = Math.round(performance.now() - begun);
  await hands.log.append({ type: 'command.done', exitCode: output.exitCode, ms });
  return { output, scrub };
}

/** The problem of a command whose exit code is not allowed. */
export function refused(hands: Hands, command: Command, output: Output, scrub: Scrub, quiet?: boolean): Problem {
  const said = output.stderr.trim() || (quiet ? '' : output.stdout.trim());
  const why = said === '' ? '' : `: ${scrub.text(said).slice(-2_000)}`;
  const shown = scrub.text(show(command));
  return new Problem('command-failed', `${shown} exited with ${output.exitCode} on ${hands.name}${why}`, {
    hint: hintFor(hands.name, command, output),
  });
}

function hintFor(server: string, { argv }: Command, { exitCode, stderr }: Output): string | undefined {
  if (exitCode === 127) return `Install ${argv[0]} on ${server}.`;
  // sudo's own words, not those of what it ran.
  if (argv[0] === 'sudo' && /^sudo: /m.test(stderr))
    return `The sudoers file on ${server} must let Aegir's user run exactly this; ./up writes it on the hub.`;
  return undefined;
}
