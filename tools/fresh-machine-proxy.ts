/**
 * The one way out of a fresh machine: it has a network namespace of its own with nothing but a loopback.
 * `serve SOCKET UPSTREAM PID` is an HTTP proxy on a unix socket, for packages; UPSTREAM is the proxy (host:port) that this
 * machine itself must use, or '-'. `relay PORT SOCKET PID` runs inside the namespace and hands each connection to it.
 * Both end when the machine's process PID is gone.
 */
import { createServer, request } from 'node:http';
import { connect, createServer as listen, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { setInterval } from 'node:timers';

const [mode, ...words] = process.argv.slice(2);
if (mode === 'relay') relay(Number(words[0]), { path: words[1] ?? '' });
else if (words[1] === '-') serve(words[0] ?? '');
else relay(words[0] ?? '', upstream(words[1] ?? ''));

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

function upstream(address: string): { host: string; port: number } {
  const [host = '', port = '3128'] = address.split(':');
  return { host, port: Number(port) };
}

function relay(from: number | string, to: { path: string } | { host: string; port: number }): void {
  const server = listen({ allowHalfOpen: true }, (client) => {
    const onward = connect({ ...to, allowHalfOpen: true }, () => join(client, onward));
    onward.on('error', () => client.destroy());
    client.on('error', () => onward.destroy());
  });
  if (typeof from === 'number') server.listen(from, '127.0.0.1');
  else server.listen(from);
}

/** Each direction ends by itself: a client may be done asking long before the answer is complete. */
function join(one: Socket, other: Socket): void {
  one.pipe(other);
  other.pipe(one);
}

/** A connection that breaks is the client's to notice: it sees it end. */
function ignore(): void {}
