import type { Log, TaskEvent } from '../model/event.ts';

/** Events of one statement; more wait for the next. */
const batchMax = 200;

/**
 * The only writer of a claimed task's log. What is appended while a write is on its way goes together with the next, in
 * order: a reader who has seen event 6 is sure that 5 was there before. `append` resolves when the event is on disk.
 */
export class LogWriter implements Log {
  readonly #append: (first: number, events: readonly TaskEvent[]) => Promise<void>;
  #next: number;
  #waiting: { event: TaskEvent; written: PromiseWithResolvers<void> }[] = [];
  #writing: Promise<void> = Promise.resolve();
  #isOver = false;
  #onLost: (error: unknown) => void;
  #failed: { readonly error: unknown } | undefined;

  /**
   * `append` writes to the hub, `last` is the number of the last event there is.
   * `onLost`: a write failed, so the claim can no longer be shown to be ours.
   */
  constructor(
    append: (first: number, events: readonly TaskEvent[]) => Promise<void>,
    last: number,
    onLost: (error: unknown) => void,
  ) {
    this.#append = append;
    this.#next = last + 1;
    this.#onLost = onLost;
  }

  append(event: TaskEvent): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    // Behind an event that could not be written none is: a log has no holes.
    if (this.#failed) return Promise.reject(this.#failed.error);
    const written = Promise.withResolvers<void>();
    this.#waiting.push({ event, written });
    if (this.#waiting.length === 1) this.#writing = this.#writing.then(() => this.#write());
    return written.promise;
  }

  /** When all that was appended is written; answers the number of the last event, behind which nothing is written any more. */
  async drain(): Promise<number> {
    while (this.#waiting.length > 0) await this.#writing;
    await this.#writing;
    this.#isOver = true;
    return this.#next;
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, batchMax);
      try {
        await this.#append(
          this.#next,
          batch.map(({ event }) => event),
        );
        this.#next += batch.length;
        for (const { written } of batch) written.resolve();
      } catch (error) {
        this.#failed ??= { error };
        this.#onLost(error);
        for (const { written } of [...batch, ...this.#waiting.splice(0)]) written.reject(error);
      }
    }
  }
}
