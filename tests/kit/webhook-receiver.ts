import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

export interface WebhookReceiver {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly {
    readonly headers: Record<string, string>;
    readonly body: string;
    readonly path: string;
  }[];
  /** What it answers from now on. */
  status: number;
  location: string | null;
}

/** A program of somebody, on a port of its own. */
export async function webhookReceiver(t: TestContext): Promise<WebhookReceiver> {
  const requests: { headers: Record<string, string>; body: string; path: string }[] = [];
  const made = { status: 204, location: null as string | null };
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      requests.push({ headers: request.headers as Record<string, string>, body, path: request.url ?? '' });
      response.writeHead(made.status, made.location === null ? {} : { location: made.location }).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.closeAllConnections());
  t.after(() => void server.close());
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return Object.assign(made, { url: `http://127.0.0.1:${port}/hook`, port, requests });
}
