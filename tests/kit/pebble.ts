import { execFile, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { end, freePort, until } from './web.ts';

const exec = promisify(execFile);

/** A certification authority of our own, as Let's Encrypt tests its clients with; on loopback. */
export interface Pebble {
  readonly directory: string;
  /** Certificate of its own server. */
  readonly trust: string;
  /** Who trusts this one trusts what it issues. */
  root(): Promise<string>;
  stop(): Promise<void>;
}

/** `httpPort` stands for port 80, and `dnsPort` is where it looks names up. What it issues is good for an hour. */
export async function startPebble(
  home: string,
  { httpPort, dnsPort }: { readonly httpPort: number; readonly dnsPort: number },
): Promise<Pebble> {
  const [port, managementPort] = [await freePort(), await freePort()];
  const [certificate, key] = [join(home, 'pebble.pem'), join(home, 'pebble.key')];
  const about = ['-subj', '/CN=pebble', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2', '-config', '/dev/null'];
  await exec('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    key,
    '-out',
    certificate,
    ...about,
  ]);
  const config = {
    ...{ listenAddress: `127.0.0.1:${port}`, managementListenAddress: `127.0.0.1:${managementPort}` },
    ...{ certificate, privateKey: key, httpPort, tlsPort: 1, certificateValidityPeriod: 3600 },
  };
  await writeFile(join(home, 'pebble.json'), JSON.stringify({ pebble: config }));
  const child = spawn('pebble', ['-config', join(home, 'pebble.json'), '-dnsserver', `127.0.0.1:${dnsPort}`], {
    stdio: 'ignore',
    // It sleeps as a busy authority would unless it is told not to; and refuses some requests, as real ones do.
    env: { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '15' },
  });
  const trust = await readFile(certificate, 'utf8');
  const directory = `https://127.0.0.1:${port}/dir`;
  await until('pebble answers', child, async () => (await get(directory, trust).catch(() => '')).includes('newOrder'));
  return {
    directory,
    trust,
    root: () => get(`https://127.0.0.1:${managementPort}/roots/0`, trust),
    stop: () => end(child),
  };
}

function get(url: string, ca: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const asked = request(url, { agent: new Agent({ ca }), timeout: 5000 }, (answer) => {
    let text = '';
    answer.setEncoding('utf8');
    answer.on('data', (piece: string) => {
      text += piece;
    });
    answer.on('end', () => resolve(text));
  });
  asked.on('error', reject);
  asked.end();
  return promise;
}
