import { request as httpRequest } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { Send } from '../api/call.ts';
import { overHttp } from '../api/over-http.ts';
import { Problem } from '../model/problem.ts';
import type { Io } from './io.ts';
import { secretFile } from './secret-file.ts';

const defaultSocket = '/run/aegir/hub.sock';

/** To AEGIR_URL with a token if it is set, else through the hub's socket. Throws Problem when there is no token. */
export function connection(env: Io['env']): Send {
  const url = env['AEGIR_URL'];
  if (url) return overHttp(url, tokenFrom(env));
  return overSocket(env['AEGIR_SOCKET'] || defaultSocket);
}

/** From AEGIR_TOKEN, or a file that nobody else may read. */
function tokenFrom(env: Io['env']): string {
  const given = env['AEGIR_TOKEN'];
  if (given) return given.trim();
  const path = env['AEGIR_TOKEN_FILE'] || join(env['HOME'] || homedir(), '.config/aegir/token');
  return secretFile(path, {
    message: 'AEGIR_URL is set, and there is no token',
    hint: `Make one on the hub with \`aegir token create\` and write it to ${path} (mode 600), or set AEGIR_TOKEN.`,
  });
}

/** Global fetch knows no unix sockets; this is as much of it as we need. */
export function overSocket(socketPath: string): Send {
  return (path, { method = 'GET', headers, body, signal }) => {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const given = Object.fromEntries(new Headers(headers));
    const request = httpRequest({ socketPath, path, method, headers: given, ...(signal && { signal }) }, (answer) => {
      const found = new Headers();
      for (const [name, value] of Object.entries(answer.headers)) found.set(name, String(value));
      const stream = Readable.toWeb(answer) as ReadableStream; // the same thing, typed twice
      resolve(new Response(stream, { status: answer.statusCode ?? 500, headers: found }));
    });
    request.on('error', (cause: NodeJS.ErrnoException) =>
      reject(signal?.aborted ? cause : unreachable(socketPath, cause)),
    );
    if (body instanceof Blob) {
      request.setHeader('content-length', body.size);
      Readable.fromWeb(body.stream() as NodeReadableStream).pipe(request); // the same thing, typed twice
    } else request.end(typeof body === 'string' ? body : undefined);
    return promise;
  };
}

function unreachable(path: string, cause: NodeJS.ErrnoException): Problem {
  if (cause.code === 'EACCES')
    return new Problem('forbidden', `you may not open the hub's socket ${path}`, {
      hint: 'Run it as root or aegir (sudo aegir …), or set AEGIR_URL and AEGIR_TOKEN.',
      cause,
    });
  return new Problem('server-unreachable', `no hub answers at ${path}`, {
    hint: 'Start it with ./up, or set AEGIR_URL to one that runs elsewhere.',
    cause,
  });
}
