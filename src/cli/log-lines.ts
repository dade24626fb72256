import type { Logged } from '../api/follow.ts';
import type { TaskEvent } from '../model/event.ts';
import { harmless, type Io, styled } from './io.ts';

/** The log in words, step by step. Commands and their output only when `verbose`. */
export class LogLines {
  readonly #io: Pick<Io, 'colour'>;
  readonly #verbose: boolean;
  #stepBegan = 0;

  constructor(io: Pick<Io, 'colour'>, verbose: boolean) {
    this.#io = io;
    this.#verbose = verbose;
  }

  of({ at, event }: Logged): readonly string[] {
    const known = event as TaskEvent; // The hub stores nothing else.
    if (known.type === 'step.started' || known.type === 'undo.started') this.#stepBegan = Date.parse(at);
    if (known.type.startsWith('command.')) return this.#verbose ? this.#command(known) : [];
    return this.#words(known, Date.parse(at) - this.#stepBegan).map(harmless);
  }

  #words(event: TaskEvent, ms: number): readonly string[] {
    const io = this.#io;
    const took = styled(io, 'dim', `${(ms / 1000).toFixed(1)} s`);
    switch (event.type) {
      case 'task.started':
        return [
          event.attempt === 1
            ? styled(io, 'dim', `started by ${event.worker}`)
            : `taken over by ${event.worker} (attempt ${event.attempt})`,
        ];
      case 'task.lost':
        return [styled(io, 'yellow', `worker ${event.worker} was lost; another goes on`)];
      case 'task.given-back':
        return [styled(io, 'dim', `${event.worker} has given it back; another goes on`)];
      case 'step.started':
        return [`  ${styled(io, 'cyan', '…')} ${event.step}`];
      case 'step.done':
        return [`  ${styled(io, 'green', '✓')} ${event.step}  ${took}`];
      case 'step.failed':
        return [`  ${styled(io, 'red', '✗')} ${event.step}: ${event.problem.message}`];
      case 'task.stopped':
        return [styled(io, 'yellow', `stopped: ${event.problem.message}`)];
      case 'undo.started':
        return [];
      case 'undo.done':
        return [`  ${styled(io, 'yellow', '↩')} undone: ${event.step}`];
      case 'undo.failed':
        return [`  ${styled(io, 'red', '✗')} could not be undone: ${event.step}: ${event.problem.message}`];
      case 'changed':
        return [`      ${event.what}`];
      case 'note':
        return [
          event.level === 'warning' ? styled(io, 'yellow', `      warning: ${event.text}`) : `      ${event.text}`,
        ];
      default:
        return []; // How it ended is told by who follows it.
    }
  }

  #command(event: TaskEvent): readonly string[] {
    const dim = (text: string): string => styled(this.#io, 'dim', harmless(text));
    if (event.type === 'command.started') return [dim(`      ${event.server}$ ${event.command}`)];
    if (event.type === 'command.output')
      return event.text
        .trimEnd()
        .split('\n')
        .map((line) => dim(`      | ${line}`));
    if (event.type === 'command.done' && event.exitCode !== 0) return [dim(`      exit code ${event.exitCode}`)];
    return [];
  }
}
