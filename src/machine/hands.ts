import type { Log } from '../model/event.ts';
import type { Secret } from '../model/secret.ts';

/** What every machine is given: where to report, and how long it may act. */
export interface Hands {
  /** The server's name, for messages. */
  readonly name: string;
  readonly log: Log;
  /** Aborted as soon as somebody else may have taken the task over. */
  readonly claim: AbortSignal;
  /** Everything secret that the task knows: it is replaced by dots in logs and messages. */
  readonly secrets?: readonly Secret[] | undefined;
  /** How much time the task has left; no command and no waiting takes longer. */
  readonly remainingMs?: (() => number) | undefined;
}
