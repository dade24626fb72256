import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Problem } from '../model/problem.ts';
import { hubApp } from './app.ts';
import type { Hub } from './hub.ts';
import type { Panel } from './panel.ts';
import type { Origin } from './sign-in/visit.ts';

type App = ReturnType<typeof hubApp>;

export interface Listening {
  /** 'http://127.0.0.1:8460', with the real port where 0 was asked for. */
  readonly url: string;
  /** Takes no new requests, ends streams, and resolves when all are gone. */
  close(): Promise<void>;
}

export interface Listen {
  readonly address: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Unix socket. Only its owner, and root, can open it: whoever can needs no token. */
  readonly socketPath: string;
  readonly panel?: Panel;
}

/** Throws Problem 'conflict' when something listens there already. */
export async function serve(hub: Hub, { address, port, socketPath, panel }: Listen): Promise<Listening> {
  const app = hubApp(hub, panel);
  const servers = [await openSocket(app, socketPath)];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map(closeServer));
  };
  const server = serverFor(app, { local: false });
  try {
    await opened(server, () => server.listen({ host: address, port }), `${address}:${port}`);
  } catch (error) {
    await close();
    throw error;
  }
  servers.push(server);
  const bound = server.address();
  const at = typeof bound === 'object' && bound !== null ? bound.port : port;
  return { url: `http://${address.includes(':') && !address.startsWith('[') ? `[${address}]` : address}:${at}`, close };
}

async function openSocket(app: App, path: string): Promise<Server> {
  // What is left of a hub that was killed; one that lives answers.
  if (await answers(path)) throw busy(path);
  await rm(path, { force: true });
  const server = serverFor(app, { local: true });
  // The socket is made with these rights, so there is no moment in which others could open it.
  const before = process.umask(0o177);
  try {
    const open = opened(server, () => server.listen(path), path);
    process.umask(before);
    await open;
  } finally {
    process.umask(before);
  }
  await chmod(path, 0o600);
  return server;
}

function serverFor(app: App, origin: Origin): Server {
  const listener = getRequestListener((request, { incoming }) =>
    app.fetch(request, { ...origin, address: incoming.socket?.remoteAddress }),
  );
  // A request's body has the time that its endpoint gives it (request.ts, transfers.ts): a file may come for hours. So may answers.
  const server = createServer({ requestTimeout: 0, headersTimeout: 10_000, keepAliveTimeout: 5000 });
  server.on('request', (request, response) => void listener(request, response));
  return server;
}

function opened(server: Server, start: () => void, where: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('listening', resolve);
  server.once('error', (cause: NodeJS.ErrnoException) =>
    reject(cause.code === 'EADDRINUSE' ? busy(where, cause) : cause),
  );
  start();
  return promise;
}

const busy = (where: string, cause?: Error): Problem =>
  new Problem('conflict', `something listens on ${where} already`, {
    hint: 'Is another hub running? aegir status tells.',
    ...(cause && { cause }),
  });

function answers(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(path);
  socket.setTimeout(2000, () => resolve(true)); // It listens, and is busy.
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}

async function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  await promise;
}
