import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { show } from '../../src/machine/command.ts';
import type { Hands } from '../../src/machine/hands.ts';
import { LocalMachine } from '../../src/machine/local.ts';
import { MemoryMachine } from '../../src/machine/memory.ts';
import type { TaskEvent } from '../../src/model/event.ts';
import { serverPaths } from '../../src/model/server.ts';
import type { Engine } from '../../src/services/engine.ts';
import { apacheEngine } from '../../src/services/http/apache.ts';
import type { Http } from '../../src/services/http/http.ts';
import { nginxEngine } from '../../src/services/http/nginx.ts';
import { apache as simulatedApache } from '../../src/simulation/apache.ts';
import { nginx as simulatedNginx } from '../../src/simulation/nginx.ts';
import { simulatedWorld } from '../../src/simulation/world.ts';
import type { HttpBench } from './http-contract.ts';
import { openDirectory, type PrivateWeb, startApache, startNginx, startPhpFpm } from './web.ts';

export type Server = 'nginx' | 'apache';

const badLines = { nginx: 'not_a_directive on;', apache: 'not_a_directive on' } as const;
const engineOf = (server: Server, program: PrivateWeb['program']): Engine =>
  server === 'nginx' ? nginxEngine(program) : apacheEngine(program, null);

interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}
export interface RealBench extends HttpBench {
  readonly web: PrivateWeb;
  /** Opens the engine with other options than the bench's own. */
  openWith(options: Readonly<Record<string, unknown>>): Http;
  /** 'http://name/path'; the ports are the server's own, and names are never looked up. More are arguments of curl. */
  ask(url: string, ...more: readonly string[]): Promise<Answer>;
}

function recorder(): { hands: Hands; ran: () => readonly string[] } {
  const events: TaskEvent[] = [];
  const log = { append: async (event: TaskEvent) => void events.push(event) };
  return {
    hands: { name: 'localhost', log, claim: new AbortController().signal },
    ran: () => events.flatMap((event) => (event.type === 'command.started' ? [event.command] : [])),
  };
}

/** index.php and what else it is given answer with everything in $_SERVER as JSON, and with what ran them. */
export const echo =
  '<?php header("Content-Type: application/json"); echo json_encode(["SAPI" => PHP_SAPI] + $_SERVER, JSON_PARTIAL_OUTPUT_ON_ERROR);';

/** A private server with a small application, gone when `action` ends. */
export async function onReal(
  server: Server,
  action: (bench: RealBench) => Promise<void>,
  modPhp?: string,
): Promise<void> {
  const directory = await openDirectory(`aegir-${server}`);
  const paths = serverPaths(join(directory.path, 'aegir'), 'master');
  const main = join(paths.config, `${server}.conf`);
  const fpm = await startPhpFpm(directory.path);
  const web = await (server === 'nginx' ? startNginx(directory.path, main) : startApache(directory.path, main, modPhp));
  try {
    const root = join(directory.path, 'platform');
    await mkdir(root, { recursive: true });
    for (const script of ['index.php', 'cron.php', 'update.php', 'install.php'])
      await writeFile(join(root, script), echo);
    const { hands, ran } = recorder();
    const machine = new LocalMachine(hands);
    const options = { port: web.port, tlsPort: web.tlsPort, addresses: ['127.0.0.1'] };
    // The engine's type is http, so this is what it opens.
    const openWith = (more: Readonly<Record<string, unknown>>, on = machine as HttpBench['machine']): Http =>
      engineOf(server, web.program).open({ machine: on, paths }, { ...options, ...more }) as Http;
    const open = (on = machine as HttpBench['machine']): Http => openWith({}, on);
    const ask = (url: string, ...more: readonly string[]): Promise<Answer> => curl(web, url, more);
    await action({
      ...{ machine, config: join(paths.config, server), root, fpmSocket: fpm.socket, badLine: badLines[server] },
      ...{ open, openWith, ran, web, ask },
      async databaseOf(host) {
        const { status, body } = await ask(`http://${host}/`);
        return status === 200 ? String(JSON.parse(body).AEGIR_DB_NAME) : null;
      },
    });
  } finally {
    await Promise.all([web.stop(), fpm.stop()]);
    await directory.remove();
  }
}

/** The same on a machine in memory. */
export async function onSimulated(server: Server, action: (bench: HttpBench) => Promise<void>): Promise<void> {
  const world = simulatedWorld([server === 'nginx' ? simulatedNginx : simulatedApache]);
  const { hands } = recorder();
  const machine = new MemoryMachine(hands, world);
  const paths = serverPaths('/var/aegir', 'master');
  const program: PrivateWeb['program'] =
    server === 'nginx'
      ? {
          test: ['sudo', '-n', '/usr/sbin/nginx', '-t'],
          reload: ['sudo', '-n', '/usr/sbin/nginx', '-s', 'reload'],
          version: ['nginx', '-v'],
          pidPath: '/run/nginx.pid',
          logs: '/var/log/aegir/web',
        }
      : {
          test: ['sudo', '-n', '/usr/sbin/apache2ctl', 'configtest'],
          reload: ['sudo', '-n', '/usr/sbin/apache2ctl', 'graceful'],
          version: ['apache2', '-v'],
          pidPath: '/run/apache2/apache2.pid',
          logs: '/var/log/aegir/web',
        };
  await action({
    ...{
      machine,
      config: `${paths.config}/${server}`,
      root: '/var/aegir/platforms/d10',
      fpmSocket: '/run/php/php-fpm.sock',
    },
    badLine: badLines[server],
    open: (on = machine) => engineOf(server, program).open({ machine: on, paths }, {}) as Http,
    ran: () => [...world.ran],
    async databaseOf(host) {
      const texts = (world.states.get(`${server} in force`)?.() ?? '').split('\n');
      const named = (line: string): boolean =>
        line.startsWith(`${host} "`) || [`ServerName ${host}`, `ServerAlias ${host}`].includes(line.trim());
      const from = texts.findIndex(named);
      if (from < 0) return null;
      return /\bdb_[a-z]+/.exec(texts.slice(from).join('\n'))?.[0] ?? null;
    },
  });
}

async function curl(web: PrivateWeb, url: string, more: readonly string[]): Promise<Answer> {
  const { protocol, hostname } = new URL(url);
  const port = protocol === 'https:' ? web.tlsPort : web.port;
  const asked = url.replace(`//${hostname}`, `//${hostname}:${port}`);
  const args = [
    '-s',
    '-k',
    '-i',
    '--http1.1',
    '--path-as-is',
    '--max-time',
    '20',
    '--noproxy',
    '*',
    '--connect-to',
    `::127.0.0.1:${port}`,
  ];
  const child = spawn('curl', [...args, ...more, asked], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) text += chunk;
  const split = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, split).split('\r\n');
  const headers = new Map(lines.map((line) => [line.replace(/:.*/, '').toLowerCase(), line.replace(/^[^:]*: /, '')]));
  if (split < 0)
    throw new Error(
      `${show({ argv: ['curl', ...args, asked], timeoutMs: 0, allow: [], effect: 'reads' })} said nothing`,
    );
  return { status: Number(first.split(' ')[1]), headers, body: text.slice(split + 4) };
}
