import type { Writable } from 'node:stream';

/** What a step did, in words; null: everything was in place already. */
export type Did = string | null;

/** How a step tells what it is at just now. `aloud`: in a log file too, where else only the step itself stands. */
export type Say = (what: string, how?: 'aloud') => void;

/** One line for each step. On a terminal the line is rewritten while the step runs; elsewhere lines are only added. */
export class Screen {
  readonly #out: Writable & { isTTY?: boolean; columns?: number };
  #changed = 0;

  constructor(out: Writable) {
    this.#out = out;
  }

  /** How many steps found something to do. */
  get changed(): number {
    return this.#changed;
  }

  async step(title: string, action: (say: Say) => Promise<Did>): Promise<void> {
    const started = performance.now();
    const say: Say = (what, how) => {
      if (how === 'aloud' && !this.#out.isTTY) this.line(`… ${title}: ${what}`);
      else this.#doing(`${title}: ${what}`);
    };
    // A log file needs a word only about what takes long.
    const patience = setTimeout(() => !this.#out.isTTY && this.line(`… ${title}`), 2000);
    this.#doing(title);
    try {
      const did = await action(say);
      if (did !== null) this.#changed += 1;
      this.line(did === null ? `✓ ${title}: already there` : `✓ ${title}: ${did}, in ${seconds(started)}`);
    } catch (error) {
      this.line(`✗ ${title}`);
      throw error;
    } finally {
      clearTimeout(patience);
    }
  }

  line(text: string): void {
    this.#out.write(this.#out.isTTY ? `\r\x1b[K${text}\n` : `${text}\n`);
  }

  #doing(what: string): void {
    if (this.#out.isTTY) this.#out.write(`\r\x1b[K… ${what}`.slice(0, (this.#out.columns ?? 80) + 3));
  }
}

const seconds = (started: number): string => `${((performance.now() - started) / 1000).toFixed(1)} s`;
