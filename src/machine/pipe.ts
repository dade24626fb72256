import { randomBytes } from 'node:crypto';
import { Problem } from '../model/problem.ts';
import { type Command, quote, show } from './command.ts';
import { fault, faultCode, mustBeAbsolute } from './fault.ts';
import type { Hands } from './hands.ts';
import type { Ends, Output, Pipe, Piped } from './machine.ts';
import { parentOf } from './matches.ts';
import { notRead, notWritten, script } from './pipe-script.ts';
import { mayAct, refused, type Say, told } from './reported.ts';

/** How a pipe ended: well if nothing failed. */
export interface PipeEnd extends Piped {
  readonly stderr: string;
  readonly exitCode: number;
  /** The one to blame, which ended with `exitCode`; or what else went wrong. */
  readonly failed?: Command | Problem;
}

/** Starts a program on the server, as `run` of its machine does; messages call it `name`. */
type Start = (command: Command, say: Say, name: string, ends: Ends) => Promise<Output>;

/** A pipe where there is a shell to run our script: the bytes stay over there unless `ends` wants them, the numbers come back. */
export function pipeByScript(hands: Hands, pipe: Pipe, ends: Ends, start: Start): Promise<Piped> {
  return reportedPipe(hands, pipe, async (say) => {
    // The script's last words are not for the log, so what comes before them is logged when they are known.
    const hear: Say = (stream, text) => stream === 'stderr' && say(stream, text);
    const end = endOf(hands, pipe, await start(scriptOf(pipe), hear, nameOf(pipe), ends));
    say('stdout', end.stdout);
    return end;
  });
}

/** Checks, logs and judges a pipe. `go` does it. */
export async function reportedPipe(hands: Hands, pipe: Pipe, go: (say: Say) => Promise<PipeEnd>): Promise<Piped> {
  const { commands, from, to } = pipe;
  mustBeAbsolute(...[from, to?.path].filter((path) => path !== undefined));
  mayAct(hands);
  const what = { shown: showPipe(pipe), stdin: commands[0].stdin, quiet: commands.some(({ quiet }) => quiet) };
  const { output, scrub } = await told(hands, what, go);
  const { failed, bytes, blake2b, stdout } = output;
  if (failed === undefined) return { bytes, blake2b, stdout };
  if (failed instanceof Problem) throw failed;
  // What the last one wrote is data and no explanation.
  throw refused(hands, failed, { ...output, stdout: '' }, scrub);
}

export function showPipe({ commands, from, to }: Pipe): string {
  const input = from === undefined ? '' : ` < ${quote(from)}`;
  const output = to === undefined ? '' : ` ${to.append ? '>>' : '>'} ${quote(to.path)}`;
  return commands.map((command, at) => show(command) + (at === 0 ? input : '')).join(' | ') + output;
}

const nameOf = ({ commands }: Pipe): string => commands.map(({ argv }) => argv[0]).join(' | ');

/** One whose reader has ended is killed; that the reader ended may be fine. */
const killedBySigpipe = 141;

export const mayEndWith = ({ commands }: Pipe, at: number): readonly number[] => [
  ...(commands[at]?.allow ?? []),
  ...(at < commands.length - 1 ? [killedBySigpipe] : []),
];

export const timeoutOf = ({ commands }: Pipe): number => Math.min(...commands.map(({ timeoutMs }) => timeoutMs));

function scriptOf(pipe: Pipe): Command {
  const { commands, from = '', to } = pipe;
  const path = to?.path ?? '';
  const fresh = `${parentOf(path).replace(/\/$/, '')}/.${randomBytes(9).toString('base64url')}.new`;
  const target = [
    path,
    to && !to.append ? fresh : path,
    to?.mode ?? '',
    String(to?.gapBytes ?? 0),
    from,
    to?.settled === false ? '' : 'settled',
    String(commands.length + answersBesides),
  ];
  const programs = commands.flatMap(({ argv, cwd = '' }, at) => [
    `,${mayEndWith(pipe, at).join()},`,
    cwd,
    String(argv.length),
    ...argv,
  ]);
  const { stdin } = commands[0];
  return {
    argv: ['sh', '-c', script, 'sh', ...target, ...programs],
    ...(stdin !== undefined && { stdin }),
    timeoutMs: timeoutOf(pipe),
    allow: [],
    effect: 'changes',
  };
}

/** Of the file, the hash and the count. */
const answersBesides = 3;

/** Reads the answers of the script; what it says is in its own docstring. */
function endOf({ name }: Hands, pipe: Pipe, { exitCode, stdout, stderr }: Output): PipeEnd {
  const { commands, from = '', to } = pipe;
  const because = faultCode(stderr) ?? (stderr.trim() || `exit code ${exitCode}`);
  const lastLine = stdout.lastIndexOf('\n', stdout.length - 2);
  const answers = stdout.slice(lastLine + 1, -1).split(' ');
  const number = (of: string): string =>
    answers.find((answer) => answer.startsWith(`${of}:`))?.slice(of.length + 1) ?? '';
  const end = {
    stdout: to ? '' : stdout.slice(0, Math.max(0, lastLine)),
    stderr,
    exitCode,
    blake2b: number('blake2b'),
    bytes: Number(number('bytes')),
  };
  if (exitCode === notRead) return { ...end, failed: fault(name, 'read', from, because) };
  if (exitCode === notWritten) return { ...end, failed: fault(name, 'write', to?.path ?? '', because) };
  const [kind, at, code] = answers.find((answer) => /^(bad|cwd|file):/.test(answer))?.split(':') ?? [];
  const command = commands[Number(at)];
  if (kind === 'bad' && command) return { ...end, exitCode: Number(code), failed: command };
  if (kind === 'cwd') return { ...end, exitCode: 1, failed: fault(name, 'work in', command?.cwd ?? '', 'ENOENT') };
  if (kind === 'file') return { ...end, exitCode: 1, failed: fault(name, 'write', to?.path ?? 'the output', because) };
  if (answers.filter((answer) => answer === 'good').length === commands.length + 1) return end;
  return { ...end, exitCode: exitCode || 1, failed: ended(name, pipe, stderr) };
}

const ended = (server: string, pipe: Pipe, stderr: string): Problem =>
  new Problem('command-failed', `${nameOf(pipe)} was ended from outside on ${server}: ${stderr.trim().slice(-2_000)}`, {
    hint: 'Somebody, or the kernel for want of memory, killed it: see dmesg there, then run the task again.',
  });
