import type { Call, Send } from '../api/call.ts';
import type { Answer } from '../api/endpoints.ts';
import { followTask } from '../api/follow.ts';
import { tellWhyItWaits } from '../api/waiting.ts';
import { Problem, type ProblemJson, problemCodes } from '../model/problem.ts';
import { harmless, type Io, styled } from './io.ts';
import { LogLines } from './log-lines.ts';
import { problemText } from './tell.ts';

export interface Connected {
  readonly io: Io;
  readonly send: Send;
  readonly call: Call;
}

/** Shows the log of a task until it ends. Answers the exit code of how it ended. Ctrl-C leaves the task running. */
export async function followToEnd(
  { io, send, call }: Connected,
  task: string,
  { json, verbose }: { readonly json: boolean; readonly verbose: boolean },
): Promise<number> {
  const lines = new LogLines(io, verbose);
  const over = new AbortController();
  const waits = (why: string): void => io.out(`${styled(io, 'yellow', `waits: ${harmless(why)}`)}\n`);
  const telling = json ? null : tellWhyItWaits(call, task, waits, over.signal);
  try {
    for await (const logged of followTask(send, task, 0, io.interrupted))
      if (!json) for (const line of lines.of(logged)) io.out(`${line}\n`);
  } catch (error) {
    if (!io.interrupted.aborted) throw error;
    io.err(`\nThe task goes on. See: aegir task log ${task} --follow; stop it: aegir task cancel ${task}\n`);
    return problemCodes.cancelled.exit;
  } finally {
    over.abort();
    await telling;
  }
  const ended = await call('task get', { params: { task } });
  if (json) io.out(`${JSON.stringify(ended, null, 2)}\n`);
  else await tellEnd({ io, call }, ended);
  return exitOf(ended);
}

async function tellEnd({ io, call }: Pick<Connected, 'io' | 'call'>, task: Answer<'task get'>): Promise<void> {
  const what = `${task.name} ${task.subject.name}`;
  if (task.status === 'done') {
    io.out(
      `${styled(io, ['green', 'bold'], 'Done:')} ${harmless(what)}${task.dryRun ? ' (dry run: nothing was changed)' : ''}\n`,
    );
    if (!task.dryRun) await tellLink({ io, call }, task);
    return;
  }
  io.err(`${styled(io, ['red', 'bold'], `${task.status}:`)} ${harmless(what)} (task ${task.id})\n`);
  const problem = problemOf(task);
  if (problem) io.err(problemText(io, problem));
  if (task.status === 'stuck')
    io.err(
      `It keeps its locks until you have looked: aegir task retry ${task.id} lets it go on, aegir task settle ${task.id} gives it up\n`,
    );
}

async function tellLink({ io, call }: Pick<Connected, 'io' | 'call'>, task: Answer<'task get'>): Promise<void> {
  if (!['site login', 'site install', 'site hand-over'].includes(task.name)) return;
  const { id, name } = task.subject;
  const site = await call('site get', { params: { name: id } });
  if (task.name !== 'site login') io.out(`Open:  ${harmless(site.url)}\n`);
  try {
    const { link } = await call('site login-link', { params: { name: id }, query: { task: task.id } });
    io.out(`Login: ${harmless(link)}\n`);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'not-found') throw error;
    io.err(`There is no login link. Make one: aegir site login ${name}\n`);
  }
}

// The hub stores what problemJson() made.
const problemOf = ({ problem }: Answer<'task get'>): ProblemJson | null => (problem ?? null) as ProblemJson | null;

function exitOf(task: Answer<'task get'>): number {
  if (task.status === 'done') return 0;
  const code = problemOf(task)?.code;
  return code !== undefined && code in problemCodes ? problemCodes[code].exit : problemCodes.bug.exit;
}
