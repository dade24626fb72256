import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** What a visitor got from one look at a site. */
type Look = 'page' | 'maintenance' | 'wrong' | 'refused';

/** What all looks of a visit amount to. Seconds are looks times the time between them, so a slow answer counts for its time too. */
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

const answerMaxMs = 30_000;
const examplesMax = 5;

/**
 * Asks for a page every `everyMs` until it is told to leave; a look does not wait for the one before it. `isPage` says whether
 * an answer is the site's own; the maintenance page is a 503 that says so (Retry-After or the notice of ours).
 */
export function startVisit(
  site: { readonly port: number; readonly host: string; readonly path?: string },
  isPage: (status: number, text: string) => boolean,
  everyMs = 20,
): { leave(): Promise<Visit> } {
  const agent = new Agent({ keepAlive: false });
  const looks: { readonly kind: Look; readonly tookMs: number }[] = [];
  const examples: string[] = [];
  const waiting = new Set<Promise<void>>();
  const over = new AbortController();
  const look = async (): Promise<void> => {
    const startedAt = performance.now();
    const { kind, said } = await ask(agent, site, isPage);
    looks.push({ kind, tookMs: performance.now() - startedAt });
    if ((kind === 'wrong' || kind === 'refused') && examples.length < examplesMax) examples.push(said);
  };
  const visiting = (async () => {
    while (!over.signal.aborted) {
      const one = look().finally(() => waiting.delete(one));
      waiting.add(one);
      await wait(everyMs, undefined, { signal: over.signal }).catch(() => undefined); // ended early by leave()
    }
    await Promise.all(waiting);
  })();
  const seconds = (kind: Look): number => (looks.filter((one) => one.kind === kind).length * everyMs) / 1000;
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
  isPage: (status: number, text: string) => boolean,
): Promise<{ readonly kind: Look; readonly said: string }> {
  const { promise, resolve } = Promise.withResolvers<{ readonly kind: Look; readonly said: string }>();
  const refused = (error: unknown): void => resolve({ kind: 'refused', said: String(error) });
  const asked = request({ agent, host: '127.0.0.1', port, path, headers: { host }, timeout: answerMaxMs }, (answer) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.on('error', refused);
    answer.on('end', () => {
      const [status = 0, text] = [answer.statusCode, Buffer.concat(chunks).toString('utf8')];
      const kind = isPage(status, text) ? 'page' : status === 503 ? 'maintenance' : 'wrong';
      resolve({ kind, said: `${status} ${text.slice(0, 200)}` });
    });
  });
  asked.on('timeout', () => asked.destroy(new Error(`no answer within ${answerMaxMs} ms`)));
  asked.on('error', refused);
  asked.end();
  return promise;
}
