import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { foreignRecords, type PrivateDns, zonesThere } from './dns-servers.ts';

interface Kept {
  readonly id: string;
  readonly zone: string;
  readonly name: string;
  readonly type: string;
  readonly content: string;
  readonly ttl: number;
}

const token = 'token-of-the-tests-1234567890';

/** An HTTP server that answers as Cloudflare's API v4 does to what the engine asks; it keeps its records in memory. */
export async function startCloudflare(): Promise<PrivateDns> {
  const ids = new Map<string, string>(zonesThere.map((name, at) => [name, `z${at}`]));
  let next = 1;
  let records: readonly Kept[] = foreignRecords
    .filter(([, type]) => type !== 'NS')
    .map(([name, type, content]) => ({ id: `r${next++}`, zone: 'z0', name, type, content, ttl: 300 }));
  const server = createServer((request, response) => {
    answer(request).then(
      ([status, result]) => send(response, status, result),
      (error: unknown) => send(response, 500, String(error)),
    );
  });
  const answer = async (request: IncomingMessage): Promise<readonly [number, unknown]> => {
    if (request.headers.authorization !== `Bearer ${token}`) return [403, 'Invalid access token'];
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://here');
    if (pathname === '/client/v4/zones') {
      const zones = zonesThere.map((name, at) => ({ id: `z${at}`, name }));
      return [200, zones.filter(({ name }) => name === (searchParams.get('name') ?? name))];
    }
    const [, zone = '', rest = ''] = /^\/client\/v4\/zones\/(z\d)\/dns_records(\/batch)?$/.exec(pathname) ?? [];
    if (zone === '') return [404, 'Could not route to it'];
    if (rest === '') return [200, records.filter((one) => one.zone === zone && one.name === searchParams.get('name'))];
    return batch(zone, JSON.parse(await textOf(request)));
  };
  const batch = (
    zone: string,
    { deletes, posts }: { deletes: readonly { id: string }[]; posts: readonly Kept[] },
  ): readonly [number, unknown] => {
    if (deletes.some(({ id }) => !records.some((one) => one.id === id))) return [404, 'Record does not exist.'];
    let now = records.filter(({ id }) => !deletes.some((gone) => gone.id === id));
    for (const post of posts) {
      const same = now.filter((one) => one.zone === zone && one.name === post.name);
      // As the real one: 81054, a name with a CNAME has nothing beside it.
      if (same.some(({ type }) => type === 'CNAME' || post.type === 'CNAME'))
        return [400, 'A CNAME record with that host already exists.'];
      now = [...now, { ...post, id: `r${next++}`, zone }];
    }
    records = now;
    return [200, {}];
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens
  return {
    ...{
      port,
      secret: token,
      options: { url: `http://127.0.0.1:${port}/client/v4`, apiToken: token, ttlSeconds: 3600 },
    },
    async all(zone) {
      return records
        .flatMap((one) => (one.zone === ids.get(zone) ? [`${one.name}. ${one.type} ${one.content}`] : []))
        .toSorted();
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(response: ServerResponse, status: number, result: unknown): void {
  const success = status === 200;
  const errors = success ? [] : [{ code: 1000, message: String(result) }];
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ success, errors, messages: [], result: success ? result : null }));
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}
