import { Problem, type ProblemJson, problemCodes, problemJson } from '../model/problem.ts';
import { harmless, type Io, styled } from './io.ts';

/** What happened, why, and what to do now. Answers the exit code. */
export function tellProblem(io: Io, error: unknown, { json = false }: { readonly json?: boolean } = {}): number {
  const problem = problemJson(error);
  if (json) io.err(`${JSON.stringify(problem)}\n`);
  else io.err(problemText(io, problem));
  // A fault in the CLI itself has no id in the hub's log, so its stack is all there is.
  if (!(error instanceof Problem) && error instanceof Error && !json) io.err(`${error.stack ?? ''}\n`);
  return problemCodes[problem.code].exit;
}

export function problemText(io: Pick<Io, 'colour'>, { message, causes, fields = [], hint }: ProblemJson): string {
  const lines = [`${styled(io, ['red', 'bold'], 'Problem:')} ${harmless(message)}`];
  for (const { path, message: what } of fields)
    lines.push(`  ${harmless(path === '' ? 'request' : path)}: ${harmless(what)}`);
  for (const cause of causes) lines.push(`  ${styled(io, 'dim', 'because')} ${harmless(cause)}`);
  if (hint !== undefined) lines.push(`${styled(io, 'bold', 'Now:')} ${harmless(hint)}`);
  return `${lines.join('\n')}\n`;
}
