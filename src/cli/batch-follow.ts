import { setTimeout } from 'node:timers/promises';
import type { Answer } from '../api/endpoints.ts';
import { type ProblemJson, problemCodes } from '../model/problem.ts';
import type { Connected } from './follow.ts';
import { harmless, type Io, styled } from './io.ts';
import { moment } from './show.ts';
import { problemText } from './tell.ts';

type Batch = Answer<'batch get'>;
type Logged = Answer<'batch log'>['items'][number];

const lookEveryMs = 1000;

/** Shows a batch's log until it ends. Answers 0 when all of it is done. Ctrl-C leaves the batch running. */
export async function followBatch(
  connected: Connected,
  id: string,
  { json = false }: { readonly json?: boolean },
): Promise<number> {
  const { io, call } = connected;
  for (let after = 0; ; ) {
    // Asked before the log: what it says is in the log that is read after it.
    const batch = await call('batch get', { params: { batch: id } });
    after = await tellBatchLog(connected, id, after, json);
    if (batch.status !== 'running') return tellEnd(io, batch, json);
    await setTimeout(lookEveryMs, undefined, { signal: io.interrupted }).catch(() => undefined); // ended early by Ctrl-C
    if (!io.interrupted.aborted) continue;
    io.err(`\nThe batch goes on. See: aegir batch log ${id} --follow; stop it: aegir batch cancel ${id}\n`);
    return problemCodes.cancelled.exit;
  }
}

/** Shows the lines behind number `from`, or with `json` none; answers the number of the last one. */
export async function tellBatchLog({ io, call }: Connected, id: string, from: number, json: boolean): Promise<number> {
  for (let after = from; ; ) {
    const page = await call('batch log', { params: { batch: id }, query: { after, limit: 1000 } });
    for (const logged of page.items) {
      if (!json) for (const line of lines(io, logged)) io.out(`${line}\n`);
      after = logged.seq;
    }
    if (page.next === null) return after;
  }
}

const signs: { readonly [type: string]: readonly [Parameters<typeof styled>[1], string, string] } = {
  begun: ['cyan', '…', 'begun'],
  done: ['green', '✓', 'done'],
  failed: ['red', '✗', 'failed'],
  cancelled: ['yellow', '✗', 'cancelled'],
  stuck: ['red', '✗', 'stuck'],
  refused: ['yellow', '–', 'refused, and left as it was'],
};

function lines(io: Io, { at, event }: Logged): readonly string[] {
  const [style, sign, said] = signs[event.type] ?? [];
  if (style === undefined || sign === undefined) return []; // How it ended is told by who follows it.
  const task = typeof event['task'] === 'string' ? styled(io, 'dim', `  task ${event['task']}`) : '';
  const first = `${moment(at)}  ${styled(io, style, sign)} ${harmless(String(event['subject']))} ${said}${task}`;
  const problem = event['problem'] as ProblemJson | null | undefined; // the hub stores what problemJson() made
  if (!problem) return [first];
  return [
    first,
    ...problemText(io, problem)
      .trimEnd()
      .split('\n')
      .map((line) => `      ${line}`),
  ];
}

function tellEnd(io: Io, batch: Batch, json: boolean): number {
  if (json) io.out(`${JSON.stringify(batch, null, 2)}\n`);
  else {
    const counts = Object.entries(batch.counts).map(([status, count]) => `${count} ${status}`);
    const why = batch.why === null ? '' : `: ${batch.why}`;
    const style = isAllDone(batch) ? (['green', 'bold'] as const) : (['yellow', 'bold'] as const);
    io.out(`${styled(io, [...style], `Batch ${batch.id} ${batch.status}`)}${harmless(why)} (${counts.join(', ')})\n`);
    if (!isAllDone(batch)) io.out(`Those that are not done again: aegir batch retry ${batch.id}\n`);
  }
  return isAllDone(batch) ? 0 : problemCodes['command-failed'].exit;
}

const isAllDone = ({ counts, members }: Batch): boolean => (counts['done'] ?? 0) === members;
