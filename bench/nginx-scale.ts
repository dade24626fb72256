import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { LocalMachine } from '../src/machine/local.ts';
import { Secret } from '../src/model/secret.ts';
import { serverPaths } from '../src/model/server.ts';
import type { Http, Vhost } from '../src/services/http/http.ts';
import { nginxEngine } from '../src/services/http/nginx.ts';
import { mapText, ownBlockText, siteFiles } from '../src/services/http/nginx-text.ts';
import { withSection } from '../src/services/http/sections.ts';
import { type PrivateWeb, startNginx } from '../tests/kit/web.ts';
import { type Figure, figure, percentile } from './figure.ts';
import { type Resources, say } from './resources.ts';

interface Measured {
  /** From the command until a request is answered by the new configuration. */
  readonly reloadMs: number;
  /** Proportional set size of all processes, after the old ones ended. */
  readonly memoryMb: number;
}

/** nginx with all sites in shared maps, beside one server block for each of the same sites. */
export async function nginxScale(resources: Resources): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  let thousand: Measured = { reloadMs: 0, memoryMb: 0 };
  for (const sites of [1_000, 10_000]) {
    say(`nginx: ${sites} sites, in maps and in blocks`);
    const shared = await measured(resources, 4, (directory, web) => publishShared(directory, web, sites));
    const blocks = await measuredBlocks(resources, sites, thousand);
    if (sites === 1_000) thousand = blocks;
    const goal = 'at most a tenth of one server block per site';
    const ok = (value: number, reference: number): boolean => value <= reference / 10;
    const promise = { goal, ok };
    const count = sites.toLocaleString('en');
    figures.push(
      figure({
        name: `nginx reload, ${count} sites`,
        unit: 'ms',
        value: shared.reloadMs,
        reference: blocks.reloadMs,
        ...promise,
      }),
      figure({
        name: `nginx memory, ${count} sites`,
        unit: 'MB',
        value: shared.memoryMb,
        reference: blocks.memoryMb,
        ...promise,
      }),
    );
  }
  return figures;
}

/** `publish` writes everything and says which file to change so that a mark answers for the new configuration. */
type Publish = (directory: string, web: PrivateWeb) => Promise<{ readonly include: string; readonly probe: string }>;

/** 10,000 blocks take 8 GB and half a minute for each reload, twice the memory while the old processes end. */
const manyBlocksMb = 18_000;

async function measuredBlocks(resources: Resources, sites: number, thousand: Measured): Promise<Measured> {
  if (sites <= 1_000 || freemem() / 2 ** 20 > manyBlocksMb)
    return measured(resources, sites <= 1_000 ? 4 : 1, (directory, web) => publishBlocks(directory, web, sites));
  say(`!!! NOT ENOUGH MEMORY for ${sites} blocks: the reference is what 1,000 needed, so many times`);
  const times = sites / 1_000;
  return { reloadMs: thousand.reloadMs * times, memoryMb: thousand.memoryMb * times };
}

/** The median of `rounds` reloads but the first, if there are more. */
async function measured(resources: Resources, rounds: number, publish: Publish): Promise<Measured> {
  const directory = await resources.directory('nginx');
  const config = serverPaths(join(directory, 'aegir'), 'master').config;
  await mkdir(config, { recursive: true });
  const web = await startNginx(directory, join(config, 'nginx.conf'));
  resources.defer(() => web.stop());
  try {
    const { include, probe } = await publish(directory, web);
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await writeFile(
        include,
        `server { listen 127.0.0.1:${web.port}; server_name probe${round}.invalid; return 204; }\n`,
      );
      times.push(await reload(web, `probe${round}.invalid`, probe));
    }
    await oneWorker(web.pid);
    // The first also opens the sockets.
    const reloadMs = percentile(times.length > 1 ? times.slice(1) : times, 0.5);
    return { reloadMs, memoryMb: await memory(web.pid) };
  } finally {
    await web.stop();
  }
}

async function verified(directory: string, web: PrivateWeb): Promise<{ readonly http: Http; readonly config: string }> {
  const paths = serverPaths(join(directory, 'aegir'), 'master');
  const machine = new LocalMachine({
    name: 'localhost',
    log: { append: async () => {} },
    claim: new AbortController().signal,
  });
  const options = { port: web.port, tlsPort: web.tlsPort, addresses: ['127.0.0.1'] };
  // The engine's type is http, so this is what it opens.
  const http = nginxEngine(web.program).open({ machine, paths }, options) as Http;
  await http.verify();
  return { http, config: join(paths.config, 'nginx') };
}

async function publishShared(directory: string, web: PrivateWeb, sites: number): ReturnType<Publish> {
  const { http, config } = await verified(directory, web);
  await http.create(vhost(0));
  const sections = Map.groupBy(
    Array.from({ length: sites }, (_, index) => vhost(index)),
    ({ name }) => siteFiles(config, name).map,
  );
  for (const [path, vhosts] of sections)
    await writeFile(
      path,
      vhosts.reduce<string | null>((text, one) => withSection(text, one.name, mapText(one, null).text), null) ?? '',
    );
  return { include: join(config, 'post.d/probe.conf'), probe: `http://127.0.0.1:${web.port}/` };
}

/** The same rules for the same names, each site in a block of its own. It is spared the credentials, and files: there is one. */
async function publishBlocks(directory: string, web: PrivateWeb, sites: number): ReturnType<Publish> {
  const { config } = await verified(directory, web);
  const on = { listen: [`127.0.0.1:${web.port}`], listenTls: [], certificate: null };
  const block = (index: number): string =>
    ownBlockText(vhost(index), [join(config, 'site.conf')], { before: [], after: [] }, on);
  await writeFile(join(config, 'vhost.d/all.conf'), Array.from({ length: sites }, (_, index) => block(index)).join(''));
  return { include: join(config, 'post.d/probe.conf'), probe: `http://127.0.0.1:${web.port}/` };
}

const vhost = (index: number): Vhost => ({
  siteId: String(index),
  name: `s${index}.example.com`,
  aliases: [{ name: `www.s${index}.example.com`, redirect: true }],
  redirection: null,
  asHost: null,
  replaces: [],
  root: '/var/aegir/platforms/d10',
  directory: `s${index}.example.com`,
  routing: {
    frontController: '/index.php',
    scripts: ['/cron.php'],
    denied: ['^/sites/[^/]+/private/'],
    files: `sites/s${index}.example.com/files`,
    shortFiles: true,
  },
  state: 'enabled',
  database: {
    ...{ driver: 'mysql', name: `s${index}example`, user: `s${index}example` },
    ...{ password: new Secret('abcdefghijklmnopqrstuvwx'), host: 'localhost', port: 3306, socket: null },
  },
  fpmSocket: '/run/php/fpm.sock',
  tls: 'off',
  hstsSeconds: null,
  certificate: null,
  pem: null,
  lines: [],
});

async function reload(web: PrivateWeb, host: string, url: string): Promise<number> {
  const [program, ...args] = web.program.reload;
  const beganMs = performance.now();
  await promisify(execFile)(program, args);
  const endMs = beganMs + 120_000;
  while (performance.now() < endMs) {
    const asked = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '--max-time', '10', '-H', `Host: ${host}`, url];
    const { stdout } = await promisify(execFile)('curl', asked).catch(() => ({ stdout: '' }));
    if (stdout === '204') return performance.now() - beganMs;
    await wait(5);
  }
  throw new Error('nginx did not take the new configuration in two minutes');
}

/** Waits until the workers of before have ended: while they are there, memory counts twice. */
async function oneWorker(pid: number): Promise<void> {
  const endMs = performance.now() + 60_000;
  while ((await children(pid)).length > 1 && performance.now() < endMs) await wait(20);
}

async function memory(pid: number): Promise<number> {
  let kilobytes = 0;
  for (const one of [pid, ...(await children(pid))]) {
    const rollup = await readFile(`/proc/${one}/smaps_rollup`, 'utf8').catch(() => '');
    kilobytes += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
  }
  return kilobytes / 1024;
}

async function children(pid: number): Promise<readonly number[]> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const isChild = async (one: number): Promise<boolean> =>
    Number(/\) \S (\d+)/.exec(await readFile(`/proc/${one}/stat`, 'utf8').catch(() => ''))?.[1]) === pid;
  const which = await Promise.all(all.map(isChild));
  return all.filter((_, at) => which[at]);
}
