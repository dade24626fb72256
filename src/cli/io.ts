import { createInterface } from 'node:readline/promises';
import { styleText } from 'node:util';

/** The terminal, or what stands in for it in a test. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** Width of the terminal; of a file or pipe it is as wide as it needs to be. */
  readonly columns: number | null;
  readonly colour: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal;
  /** All of standard input. */
  stdin(): Promise<string>;
  /** What the person at the terminal answers; null: nobody is there. */
  ask(question: string): Promise<string | null>;
}

export function processIo(): Io {
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  // `aegir … | head` ends early, and that is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    columns: process.stdout.isTTY ? process.stdout.columns : null,
    colour: process.stdout.isTTY && !process.env['NO_COLOR'],
    env: process.env,
    interrupted: interrupt.signal,
    async stdin() {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString();
    },
    async ask(question) {
      if (!process.stdin.isTTY || !process.stdout.isTTY) return null;
      const terminal = createInterface({ input: process.stdin, output: process.stdout });
      terminal.on('SIGINT', () => interrupt.abort());
      try {
        return await terminal.question(question, { signal: interrupt.signal });
      } catch (error) {
        if (!interrupt.signal.aborted) throw error;
        return ''; // Ctrl-C is no yes.
      } finally {
        terminal.close();
      }
    },
  };
}

type Style = Parameters<typeof styleText>[0];
export const styled = ({ colour }: Pick<Io, 'colour'>, style: Style, text: string): string =>
  colour ? styleText(style, text, { validateStream: false }) : text;

/** What others wrote must not move the cursor or colour the screen. */
export const harmless = (text: string): string =>
  text.replace(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, (one) => (one === '\n' || one === '\t' ? one : '�'));
