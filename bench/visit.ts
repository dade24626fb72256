import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** What a visitor got from one look at a site. */
type Look = 'page' | 'maintenance' | 'wrong' | 'refused';

/** What all looks of a visit amount to. Seconds are looks times the time between them; a look that others wait for counts for theirs too. */
export interface Visit {
  readonly looks: number;
  /** Neither the site's page nor its maintenance page. */
  readonly wrongSeconds: number;
  readonly maintenanceSeconds: number;
  /** No connection, or one that ended without an answer. */
  readonly refused: number;
  /** The first few answers that were wrong, for a person to read. */
  readonly examples: readonly string[];
}

/** Whether an answer is the site's own; `location` is where a redirect leads, else empty. */
export type IsPage = (status: number, text: string, location: string) => boolean;

const answerMaxMs = 30_000;
/** A few visitors at once. Without a limit the looks themselves would be more than two cores can answer. */
const atOnceMax = 4;
const examplesMax = 5;

/**
 * Asks for a page every `everyMs` until it is told to leave, unless four looks are without an answer yet: then the oldest of them
 * counts for one more. `isPage` says whether an answer is the site's own; the maintenance page is a 503.
 */
export function startVisit(
  site: { readonly port: number; readonly host: string; readonly path?: string },
  isPage: IsPage,
  everyMs = 20,
): { leave(): Promise<Visit> } {
  const agent = new Agent({ keepAlive: false });
  const looks: { readonly kind: Look; readonly ticks: number }[] = [];
  const examples: string[] = [];
  const waiting = new Map<Promise<void>, { ticks: number }>();
  const over = new AbortController();
  const look = async (mine: { ticks: number }): Promise<void> => {
    const { kind, said } = await ask(agent, site, isPage);
    looks.push({ kind, ticks: mine.ticks });
    if ((kind === 'wrong' || kind === 'refused') && examples.length < examplesMax) examples.push(said);
  };
  const visiting = (async () => {
    while (!over.signal.aborted) {
      const [oldest] = waiting.values();
      if (oldest && waiting.size >= atOnceMax) oldest.ticks++;
      else {
        const mine = { ticks: 1 };
        const one = look(mine).finally(() => waiting.delete(one));
        waiting.set(one, mine);
      }
      await wait(everyMs, undefined, { signal: over.signal }).catch(() => undefined); // ended early by leave()
    }
    await Promise.all(waiting.keys());
  })();
  const seconds = (kind: Look): number =>
    looks.filter((one) => one.kind === kind).reduce((sum, { ticks }) => sum + (ticks * everyMs) / 1000, 0);
  return {
    async leave() {
      over.abort();
      await visiting;
      agent.destroy();
      return {
        looks: looks.length,
        wrongSeconds: seconds('wrong') + seconds('refused'),
        maintenanceSeconds: seconds('maintenance'),
        refused: looks.filter(({ kind }) => kind === 'refused').length,
        examples,
      };
    },
  };
}

function ask(
  agent: Agent,
  { port, host, path = '/' }: { readonly port: number; readonly host: string; readonly path?: string },
  isPage: IsPage,
): Promise<{ readonly kind: Look; readonly said: string }> {
  const { promise, resolve } = Promise.withResolvers<{ readonly kind: Look; readonly said: string }>();
  const refused = (error: unknown): void => resolve({ kind: 'refused', said: String(error) });
  const asked = request(
    { agent, host: '127.0.0.1', port, path, headers: { host: `${host}:${port}` }, timeout: answerMaxMs },
    (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', refused);
      answer.on('end', () => {
        const [status = 0, text] = [answer.statusCode, Buffer.concat(chunks).toString('utf8')];
        const kind = isPage(status, text, answer.headers.location ?? '')
          ? 'page'
          : status === 503
            ? 'maintenance'
            : 'wrong';
        resolve({ kind, said: `${status} ${answer.headers.location ?? ''} ${text.slice(0, 200)}` });
      });
    },
  );
  asked.on('timeout', () => asked.destroy(new Error(`no answer within ${answerMaxMs} ms`)));
  asked.on('error', refused);
  asked.end();
  return promise;
}
