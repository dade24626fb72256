import type { Log } from '../model/event.ts';
import type { Scrub } from './scrub.ts';

const eventChars = 8_000;
const commandChars = 256_000;
/** Short enough to look alive, long enough that a chatty program does not make an event of each line. */
const collectMs = 250;

type Stream = 'stdout' | 'stderr';

/** Turns what a program says into events: whole lines where there are any, scrubbed, in pieces, and not without end. */
export class OutputLog {
  readonly #log: Log;
  readonly #scrub: Scrub;
  #longest: number | undefined;
  readonly #failed: (error: unknown) => void;
  readonly #pending = { stdout: '', stderr: '' };
  #written: Promise<void> = Promise.resolve();
  #logged = 0;
  #leftOut = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `failed` is told when the log refuses: then nobody knows what the program does, and it must end. */
  constructor(log: Log, scrub: Scrub, failed: (error: unknown) => void) {
    this.#log = log;
    this.#scrub = scrub;
    this.#failed = failed;
  }

  add(stream: Stream, text: string): void {
    this.#pending[stream] += text;
    if (this.#pending[stream].length >= eventChars) this.#flush(stream);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush('stdout');
      this.#flush('stderr');
    }, collectMs);
  }

  /** Resolves when all that was said is in the log; the log's own failure went to `failed`. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flush('stdout', true);
    this.#flush('stderr', true);
    const text = `${this.#leftOut.toLocaleString('en')} more characters of output were left out`;
    if (this.#leftOut > 0) this.#append({ type: 'note', level: 'info', text });
    await this.#written;
  }

  #flush(stream: Stream, all = false): void {
    const text = this.#pending[stream];
    const end = all ? text.length : this.#cut(text);
    this.#pending[stream] = text.slice(end);
    this.#say(stream, this.#scrub.text(text.slice(0, end)));
  }

  /** Where the text may be cut: no secret may hang over it, even one that has only begun; at the end of a line if possible. */
  #cut(text: string): number {
    this.#longest ??= this.#scrub.longest;
    const safe = Math.max(0, text.length - Math.max(0, this.#longest - 1));
    const line = text.lastIndexOf('\n', safe - 1) + 1;
    const wanted = line > 0 || text.length < eventChars ? Math.min(line, safe) : safe;
    return this.#scrub.boundary(text, wanted);
  }

  #say(stream: Stream, text: string): void {
    const room = Math.max(0, commandChars - this.#logged);
    this.#leftOut += Math.max(0, text.length - room);
    this.#logged += Math.min(text.length, room);
    for (let rest = text.slice(0, room); rest !== ''; ) {
      const line = rest.lastIndexOf('\n', eventChars - 1) + 1;
      const piece = rest.slice(0, rest.length <= eventChars ? rest.length : line || eventChars);
      rest = rest.slice(piece.length);
      this.#append({ type: 'command.output', stream, text: piece });
    }
  }

  #append(event: Parameters<Log['append']>[0]): void {
    this.#written = this.#written.then(() => this.#log.append(event)).catch(this.#failed);
  }
}
