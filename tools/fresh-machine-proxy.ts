/**
 * The one way out of a fresh machine: it has a network namespace of its own with nothing but a loopback.
 * `serve SOCKET PID` is an HTTP proxy on a unix socket, for packages; `relay PORT SOCKET PID` runs inside the namespace
 * and hands each connection to it. Both end when the machine's process PID is gone.
 */
import { createServer, request } from 'node:http';
import { connect, createServer as listen, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { setInterval } from 'node:timers';

const [mode, ...words] = process.argv.slice(2);
if (mode === 'serve') serve(words[0] ?? '');
else relay(Number(words[0]), words[1] ?? '');

const pid = Number(words.at(-1));
setInterval(() => {
  try {
    process.kill(pid, 0);
  } catch {
    process.exit(0); // The machine is gone, and nobody else needs us.
  }
}, 1000);

function serve(path: string): void {
  const server = createServer((asked, answer) => {
    const { host: _, 'proxy-connection': __, ...headers } = asked.headers;
    const target = new URL(asked.url ?? '/', 'http://invalid');
    const onward = request(target, { method: asked.method ?? 'GET', headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      pipeline(response, answer, ignore);
    });
    onward.on('error', (error) => answer.writeHead(502).end(error.message));
    pipeline(asked, onward, ignore);
  });
  server.on('connect', (asked, client: Socket, head) => {
    const [host = '', port = '443'] = (asked.url ?? '').split(':');
    const onward = connect({ port: Number(port), host, allowHalfOpen: true }, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      join(client, onward);
    });
    onward.on('error', () => client.destroy());
    client.on('error', () => onward.destroy());
  });
  server.listen(path);
}

function relay(port: number, path: string): void {
  listen({ allowHalfOpen: true }, (client) => {
    const onward = connect({ path, allowHalfOpen: true }, () => join(client, onward));
    onward.on('error', () => client.destroy());
    client.on('error', () => onward.destroy());
  }).listen(port, '127.0.0.1');
}

/** Each direction ends by itself: a client may be done asking long before the answer is complete. */
function join(one: Socket, other: Socket): void {
  one.pipe(other);
  other.pipe(one);
}

/** A connection that breaks is the client's to notice: it sees it end. */
function ignore(): void {}
