import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** As much of an S3 store as restic asks of it, in memory. Every request must be signed with the key. */
export interface S3 {
  /** 'http://127.0.0.1:1234'. */
  readonly url: string;
  readonly objects: ReadonlyMap<string, Buffer>;
  /** Of requests whose signature was wrong. */
  readonly refused: readonly string[];
}

export async function startS3(t: TestContext, keyId: string, secret: string): Promise<S3> {
  const objects = new Map<string, Buffer>();
  const refused: string[] = [];
  const server = createServer((request, response) => {
    answer(request, response, { objects, refused, keyId, secret }).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, objects, refused };
}

interface Store {
  readonly objects: Map<string, Buffer>;
  readonly refused: string[];
  readonly keyId: string;
  readonly secret: string;
}

async function answer(request: IncomingMessage, response: ServerResponse, store: Store): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks);
  const { method = '' } = request;
  const url = new URL(request.url ?? '/', 'http://s3');
  if (!isSigned(request, url, store)) {
    store.refused.push(`${method} ${url.pathname}`);
    return fail(response, 403, 'SignatureDoesNotMatch');
  }
  const [, , ...rest] = url.pathname.split('/');
  const key = decodeURIComponent(rest.join('/'));
  if (key === '') return onBucket(method, url, response, store);
  return onObject(request, response, { ...store, key, body: bodyOf(request, raw) });
}

const xml = (response: ServerResponse, text: string): unknown =>
  response.writeHead(200, { 'content-type': 'application/xml' }).end(`<?xml version="1.0" encoding="UTF-8"?>${text}`);

const fail = (response: ServerResponse, status: number, code: string): unknown =>
  response
    .writeHead(status, { 'content-type': 'application/xml' })
    .end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);

function onBucket(method: string, url: URL, response: ServerResponse, { objects }: Store): unknown {
  if (method === 'PUT' || method === 'HEAD') return response.writeHead(200).end();
  if (url.searchParams.has('location')) return xml(response, '<LocationConstraint></LocationConstraint>');
  const prefix = url.searchParams.get('prefix') ?? '';
  const found = [...objects].filter(([key]) => key.startsWith(prefix)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const items = found.map(
    ([key, bytes]) =>
      `<Contents><Key>${key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"x"</ETag><Size>${bytes.length}</Size></Contents>`,
  );
  return xml(
    response,
    `<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated>${items.join('')}</ListBucketResult>`,
  );
}

function onObject(
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  { objects, key, body }: Store & { readonly key: string; readonly body: Buffer },
): unknown {
  const etag = { etag: '"x"', 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' };
  if (method === 'PUT') {
    objects.set(key, body);
    return response.writeHead(200, etag).end();
  }
  if (method === 'DELETE') {
    objects.delete(key);
    return response.writeHead(204).end();
  }
  const found = objects.get(key);
  if (!found) return fail(response, 404, 'NoSuchKey');
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const part = from === undefined ? found : found.subarray(Number(from), to === '' ? undefined : Number(to) + 1);
  const range =
    from === undefined ? {} : { 'content-range': `bytes ${from}-${Number(from) + part.length - 1}/${found.length}` };
  response.writeHead(from === undefined ? 200 : 206, { ...etag, ...range, 'content-length': part.length });
  return response.end(method === 'HEAD' ? undefined : part);
}

/** What is signed piece by piece comes in frames: length in hex, signature, bytes. */
function bodyOf({ headers }: IncomingMessage, raw: Buffer): Buffer {
  if (!String(headers['x-amz-content-sha256']).startsWith('STREAMING-')) return raw;
  const pieces: Buffer[] = [];
  for (let at = 0; at < raw.length; ) {
    const end = raw.indexOf('\r\n', at);
    const length = Number.parseInt(raw.subarray(at, end).toString('latin1'), 16);
    if (!(length > 0)) break;
    pieces.push(raw.subarray(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
  }
  return Buffer.concat(pieces);
}

/** docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
function isSigned({ method, headers }: IncomingMessage, url: URL, { keyId, secret }: Store): boolean {
  const given =
    /Credential=([^/]+)\/(\d+)\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)/.exec(
      headers.authorization ?? '',
    );
  if (!given || given[1] !== keyId) return false;
  const [, , day = '', region = '', names = '', signature] = given;
  const query = [...url.searchParams]
    .map(([key, value]) => `${encode(key)}=${encode(value)}`)
    .toSorted()
    .join('&');
  const signed = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [method, url.pathname, query, signed.join(''), names, headers['x-amz-content-sha256']].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = [day, region, 's3', 'aws4_request'].reduce<Buffer | string>(
    (last, word) => hmac(last, word),
    `AWS4${secret}`,
  );
  return hmac(key, toSign).toString('hex') === signature;
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest();
