import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { nodeOptions } from '../src/setup/settings.ts';
import type { Resources } from './resources.ts';

const startMaxMs = 60_000;
const endMaxMs = 15_000;

export interface Started {
  readonly pid: number;
  /** Asks it to end, and forces it after 15 s. */
  end(): Promise<void>;
}

/** A hub or a worker of this database, as in production but for the user: a process of its own, and no load keeps it from working. */
export interface Farm {
  readonly databaseUrl: string;
  readonly socketPath: string;
  readonly keyPath: string;
  /** Programs of a private nginx, see tests/kit/web.ts. */
  readonly nginx?: object;
}

export const startHub = (resources: Resources, farm: Farm): Promise<Started> =>
  startOurs(resources, farm, 'hub', 1, /^the hub listens/);

export const startWorker = (resources: Resources, farm: Farm, slots: number): Promise<Started> =>
  startOurs(resources, farm, 'worker', slots, /^worker .* takes/);

async function startOurs(
  resources: Resources,
  { databaseUrl, socketPath, keyPath, nginx }: Farm,
  name: 'hub' | 'worker',
  slots: number,
  ready: RegExp,
): Promise<Started> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('run-process.ts', import.meta.url)), name], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      NODE_OPTIONS: nodeOptions,
      DATABASE_URL: databaseUrl,
      AEGIR_SOCKET: socketPath,
      AEGIR_KEY: keyPath,
      AEGIR_LISTEN: '127.0.0.1:0',
      AEGIR_WORKER_SLOTS: String(slots),
      AEGIR_LOAD_FACTOR: '10000',
      ...(nginx && { AEGIR_BENCH_NGINX: JSON.stringify(nginx) }),
    },
  });
  const end = (): Promise<void> => endChild(child);
  resources.defer(end);
  await untilSaid(child, ready, name);
  return { pid: child.pid ?? 0, end };
}

/** A Node.js that only waits: what any of our processes needs at least. */
export async function startIdleNode(resources: Resources): Promise<Started> {
  const child = spawn(process.execPath, ['-e', "console.log('ready'); setInterval(() => {}, 1e6)"], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = (): Promise<void> => endChild(child);
  resources.defer(end);
  await untilSaid(child, /^ready/, 'node');
  return { pid: child.pid ?? 0, end };
}

async function untilSaid(child: ChildProcess, ready: RegExp, name: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`${name} is not ready after ${startMaxMs} ms`)), startMaxMs);
  child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)));
  if (child.stdout) createInterface(child.stdout).on('line', (line) => ready.test(line) && resolve());
  await promise.finally(() => clearTimeout(timer));
}

/** Asks it to end, forces it after 15 s, and waits until it is gone. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), endMaxMs);
  await gone;
  clearTimeout(force);
}
