import { lookup } from 'node:dns/promises';
import { request } from 'node:http';
import { request as requestTls } from 'node:https';

/** What a person should know before opening the address: whether it answers here, and whether its name is known. */
export async function openSite(url: string): Promise<readonly string[]> {
  const { hostname } = new URL(url);
  const port = portOf(url);
  const status = await answerOf(url);
  const lines = [status === null ? 'It does not answer yet.' : `It answers (HTTP status ${status}).`];
  if (hostname.endsWith('.localhost')) lines.push('Its name works on this machine only; for others: ./up --site NAME');
  const isKnown = hostname.endsWith('.localhost') || (await lookup(hostname).catch(() => null)) !== null;
  if (!isKnown) {
    lines.push(`The name ${hostname} is not known yet: let it point to this machine, or try`);
    lines.push(`curl --resolve ${hostname}:${port}:127.0.0.1 ${url}`);
  }
  return lines;
}

const timeoutMs = 30_000;

function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

/** Asks the web server of this machine, whatever the name points to; null if it gives no answer. */
export function answerOf(url: string): Promise<number | null> {
  const { host, hostname, pathname, protocol } = new URL(url);
  const how = { host: '127.0.0.1', port: portOf(url), path: pathname, headers: { host }, timeout: timeoutMs };
  return new Promise((resolve) => {
    // Its certificate may be one it signed itself, and only a status is asked for.
    const asked =
      protocol === 'https:' ? requestTls({ ...how, servername: hostname, rejectUnauthorized: false }) : request(how);
    asked.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? null);
    });
    asked.once('timeout', () => asked.destroy());
    // No answer is an answer.
    asked.once('error', () => resolve(null));
    asked.end();
  });
}
