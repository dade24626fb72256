import { type Command, query } from '../machine/command.ts';
import type { Machine } from '../machine/machine.ts';
import type { ServerPaths } from '../model/server.ts';
import type { Engine } from '../services/engine.ts';
import type { OpenService } from './context.ts';

interface Warning {
  /** What is not as it should be, without a full stop. */
  readonly finding: string;
  /** What to do about it, a sentence. */
  readonly hint: string;
}

// A type and not an interface, so that it is Json and can be stored as it is.
/** What `server verify` saw: facts, engines that could be added as services, and what will become a problem. */
export type Diagnosis = {
  readonly system: string;
  readonly kernel: string;
  readonly cpus: number;
  readonly memoryMb: number;
  readonly diskFreeMb: number;
  readonly php: string | null;
  readonly phpExtensions: readonly string[];
  readonly offers: readonly { readonly type: string; readonly engine: string; readonly version: string }[];
  readonly warnings: readonly { readonly finding: string; readonly hint: string }[];
};

/** Below this a backup or an update of a usual site may not fit. */
const diskFreeMinMb = 1024;
const extensionsWanted = ['gd', 'mbstring', 'pdo', 'xml', 'curl'];

export async function diagnose(
  machine: Machine,
  engines: readonly Engine[],
  services: readonly OpenService[],
  paths: ServerPaths,
): Promise<Diagnosis> {
  const system = /^PRETTY_NAME="?([^"\n]*)/m.exec((await machine.read('/etc/os-release')) ?? '')?.[1] ?? 'unknown';
  const kernel = await answer(machine, query`uname -r`);
  const cpus = Number(await answer(machine, query`nproc`)) || 1;
  const memoryMb = Math.round(
    Number(/^MemTotal:\s+(\d+)/m.exec((await machine.read('/proc/meminfo')) ?? '')?.[1] ?? 0) / 1024,
  );
  const disk = await answer(machine, query`df -Pm ${(await machine.stat(paths.root)) ? paths.root : '/'}`);
  const diskFreeMb = Number(disk.split('\n').at(-1)?.split(/\s+/)[3] ?? 0);
  const php = /^PHP (\d+\.\d+\.\d+)/m.exec(await answer(machine, query`php -v`))?.[1] ?? null;
  const phpExtensions = (await answer(machine, query`php -m`))
    .split('\n')
    .map((line) => line.trim().toLowerCase())
    .filter((line) => /^[a-z]/.test(line));
  const offers = await detectOffers(machine, engines, services);
  const facts = { system, kernel, cpus, memoryMb, diskFreeMb, php, phpExtensions, offers };
  return { ...facts, warnings: warnings(facts, services) };
}

async function answer(machine: Machine, command: Command): Promise<string> {
  // 127: the program is not there, which is an answer too.
  const { exitCode, stdout } = await machine.run({ ...command, allow: [0, 1, 127], timeoutMs: 10_000, quiet: true });
  return exitCode === 0 ? stdout.trim() : '';
}

async function detectOffers(
  machine: Machine,
  engines: readonly Engine[],
  services: readonly OpenService[],
): Promise<Diagnosis['offers']> {
  const offers = [];
  for (const { type, detect } of engines) {
    if (services.some((service) => service.type === type)) continue;
    const found = await detect?.(machine);
    if (found) offers.push({ type, engine: found.engine, version: found.version });
  }
  return offers;
}

function warnings(
  { php, phpExtensions, diskFreeMb }: Omit<Diagnosis, 'warnings'>,
  services: readonly OpenService[],
): readonly Warning[] {
  const list: Warning[] = [];
  const carriesSites = services.some(({ type }) => type === 'http');
  if (carriesSites && php === null) list.push({ finding: 'PHP is missing', hint: 'Install php-cli and php-fpm.' });
  const missing = extensionsWanted.filter(
    (name) => !phpExtensions.includes(name) && !phpExtensions.includes(`simple${name}`),
  );
  if (carriesSites && php !== null && missing.length > 0)
    list.push({
      finding: `PHP lacks ${missing.join(', ')}`,
      hint: `Install ${missing.map((name) => `php-${name}`).join(' ')}.`,
    });
  if (diskFreeMb < diskFreeMinMb)
    list.push({
      finding: `only ${diskFreeMb} MB of disk are free`,
      hint: 'Make room before backups and updates fail.',
    });
  return list;
}
