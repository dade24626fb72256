import { request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { RealFarm } from './real-farm.ts';

/** What somebody saw who asked for the front page again 20 ms after each answer, each time on a connection of its own. */
export interface Visitor {
  readonly asked: number;
  readonly refused: number;
  /** From the first notice to the last. */
  readonly closedSeconds: number;
  /** Statuses besides 200 and the notice's 503. */
  readonly others: readonly string[];
}

const againMs = 20;

/** Asks while `action` runs. */
export async function watch<Result>(
  { web }: RealFarm,
  host: string,
  action: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly visitor: Visitor }> {
  const stop = new AbortController();
  const seen: { readonly atMs: number; readonly status: string }[] = [];
  const visiting = (async () => {
    while (!stop.signal.aborted) {
      const atMs = performance.now();
      seen.push({ atMs, status: await ask(web.port, host) });
      await wait(againMs);
    }
  })();
  const result = await action().finally(() => stop.abort());
  await visiting;
  const closed = seen.filter(({ status }) => status === '503').map(({ atMs }) => atMs);
  const visitor = {
    asked: seen.length,
    refused: seen.filter(({ status }) => status.startsWith('E')).length,
    closedSeconds: closed.length === 0 ? 0 : (Math.max(...closed) - Math.min(...closed)) / 1000,
    others: [...new Set(seen.map(({ status }) => status))].filter((status) => !['200', '503'].includes(status)),
  };
  return { result, visitor };
}

/** A status, or the code of what went wrong with the connection. */
const ask = (port: number, host: string): Promise<string> =>
  new Promise((resolve) => {
    const headers = { host: `${host}:${port}`, connection: 'close' };
    const asked = request({ host: '127.0.0.1', port, path: '/', headers, timeout: 60_000 }, (answer) => {
      answer.resume().on('end', () => resolve(String(answer.statusCode)));
    });
    asked.on('error', (error: NodeJS.ErrnoException) => resolve(`E ${error.code}`));
    asked.end();
  });
