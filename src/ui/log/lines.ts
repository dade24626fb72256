import type { Logged } from '../../api/follow.ts';
import type { TaskEvent } from '../../model/event.ts';
import type { ProblemJson } from '../../model/problem.ts';
import { duration } from '../parts/time.tsx';
import type { Text } from '../text/en.ts';
import { plain } from './ansi.tsx';

export type LineKind = 'event' | 'good' | 'bad' | 'warn' | 'command' | 'output';

/** One line of a log as it is shown. `step` is the section that it stands in; of a heading, `heads` is that section. */
export interface Line {
  readonly key: string;
  readonly at: string;
  readonly kind: LineKind;
  readonly text: string;
  readonly section: number;
  readonly heads?: Section;
}

/** What a log says about one step, from its start on: what can be folded. */
export interface Section {
  readonly id: number;
  readonly step: string;
  readonly isUndo: boolean;
  status: 'running' | 'done' | 'failed' | 'undoing' | 'undone' | 'undo failed';
  ms: number | null;
}

/** The log in lines, each below the step that it belongs to. */
export function linesOf(events: readonly Logged[], text: Text): readonly Line[] {
  const lines: Line[] = [];
  let section: Section | null = null;
  let [began, id] = ['', 0];
  for (const { seq, at, event: given } of events) {
    const event = given as unknown as TaskEvent; // What the hub logs is of this type.
    if (event.type === 'step.started' || event.type === 'undo.started') {
      id += 1;
      const isUndo = event.type === 'undo.started';
      section = { id, step: event.step, isUndo, status: isUndo ? 'undoing' : 'running', ms: null };
      began = at;
      lines.push({ key: `${seq}`, at, kind: 'event', text: event.step, section: id, heads: section });
      continue;
    }
    const ended = endings[event.type];
    if (section && ended) {
      section.status = ended;
      section.ms = Date.parse(at) - Date.parse(began);
    }
    for (const [number, [kind, line]] of wordsOf(event, text).entries())
      lines.push({ key: `${seq}.${number}`, at, kind, text: line, section: section?.id ?? 0 });
    if (ended) section = null;
  }
  return lines;
}

const endings: Readonly<Record<string, Section['status']>> = {
  'step.done': 'done',
  'step.failed': 'failed',
  'undo.done': 'undone',
  'undo.failed': 'undo failed',
};

const ofProblem = (
  kind: LineKind,
  said: string,
  { message, causes, hint }: ProblemJson,
): readonly (readonly [LineKind, string])[] => [
  [kind, `${said}: ${message}`],
  ...causes.map((cause) => [kind, `  ${cause}`] as const),
  ...(hint === undefined ? [] : ([['warn', `  ${hint}`]] as const)),
];

function wordsOf(event: TaskEvent, { log }: Text): readonly (readonly [LineKind, string])[] {
  switch (event.type) {
    case 'task.started':
      return [['event', log.started(event.worker, event.attempt)]];
    case 'task.lost':
      return [['warn', log.lost(event.worker)]];
    case 'task.given-back':
      return [['event', log.givenBack(event.worker)]];
    case 'task.done':
      return [['good', log.done]];
    case 'task.failed':
      return ofProblem('bad', log.failed, event.problem);
    case 'task.stuck':
      return ofProblem('bad', log.stuck, event.problem);
    case 'task.cancelled':
      return ofProblem('warn', log.cancelled, event.problem);
    case 'task.stopped':
      return ofProblem('warn', log.stopped, event.problem);
    case 'step.failed':
    case 'undo.failed':
      return ofProblem('bad', event.type === 'step.failed' ? log.stepFailed : log.undoFailed, event.problem);
    case 'command.started':
      return [['command', `${event.server}$ ${event.command}`]];
    case 'command.output':
      return event.text
        .replace(/\r?\n$/, '')
        .split('\n')
        .map((line) => ['output', line] as const);
    case 'command.done':
      return event.exitCode === 0 ? [] : [['bad', log.exit(event.exitCode, duration(event.ms))]];
    case 'changed':
      return [['event', event.what]];
    case 'note':
      return [[event.level === 'warning' ? 'warn' : 'event', event.text]];
    default:
      return [];
  }
}

/** As it is copied and downloaded. */
export const asText = (lines: readonly Line[]): string =>
  lines
    .map(({ at, heads, text }) => `${at} ${heads ? `== ${heads.isUndo ? 'undo ' : ''}${text}` : plain(text)}`)
    .join('\n');
