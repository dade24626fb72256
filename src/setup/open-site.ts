import { lookup } from 'node:dns/promises';
import { request } from 'node:http';

/** What a person should know before opening the address: whether it answers here, and whether its name is known. */
export async function openSite(url: string): Promise<readonly string[]> {
  const { hostname, port: given, protocol } = new URL(url);
  const port = given === '' ? (protocol === 'https:' ? '443' : '80') : given;
  const lines: string[] = [];
  const status = protocol === 'http:' ? await statusOf(url, Number(port)) : null;
  if (status !== null) lines.push(`It answers with ${status}.`);
  const isKnown = hostname.endsWith('.localhost') || (await lookup(hostname).catch(() => null)) !== null;
  if (!isKnown) {
    lines.push(`The name ${hostname} is not known yet: let it point to this machine, or try`);
    lines.push(`curl --resolve ${hostname}:${port}:127.0.0.1 ${url}`);
  }
  return lines;
}

const timeoutMs = 30_000;

/** Asks the web server of this machine, whatever the name points to; null if it gives no answer. */
function statusOf(url: string, port: number): Promise<number | null> {
  const { host, pathname } = new URL(url);
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path: pathname, headers: { host }, timeout: timeoutMs });
    asked.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? null);
    });
    asked.once('timeout', () => asked.destroy());
    // The site is asked for the person's information only: no answer is an answer.
    asked.once('error', () => resolve(null));
    asked.end();
  });
}
