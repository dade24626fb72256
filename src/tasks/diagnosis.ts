import { type Command, query } from '../machine/command.ts';
import type { Machine } from '../machine/machine.ts';
import type { ServerPaths } from '../model/server.ts';
import type { Engine } from '../services/engine.ts';
import { allEnded } from './all-ended.ts';
import type { OpenService } from './context.ts';
import { type Diagnosis, findings, type Program, type Seen } from './findings.ts';

export async function diagnose(
  machine: Machine,
  engines: readonly Engine[],
  services: readonly OpenService[],
  paths: ServerPaths,
): Promise<Diagnosis> {
  const has = (type: string): boolean => services.some((one) => one.type === type);
  const [base, php, who, clock, sockets, programs, missing, fpm] = await allEnded([
    baseOf(machine, paths),
    phpOf(machine),
    whoWeAre(machine),
    clockOf(machine),
    answer(machine, query`ss -Hltn`),
    programsOf(machine, engines),
    missingOf(machine, programsOfServices(engines, services)),
    machine.find('/run/php', { names: ['*.sock'], depthMax: 1, follow: true }),
  ]);
  const facts = { ...base, ...php, ...clock, ports: portsIn(sockets), groups: who.groups, programs };
  const offers = programs.filter(({ type }) => !has(type));
  const seen: Seen = {
    ...{ ...facts, offers, services, server: machine.name, user: who.user, sudo: who.sudo, missing: missing ?? [] },
    // A link that leads nowhere is what one that has ended left.
    fpmRuns: missing === null ? null : fpm.some(({ kind }) => kind === 'other'),
  };
  return { ...facts, offers, warnings: findings(seen) };
}

async function baseOf(machine: Machine, paths: ServerPaths) {
  const root = (await machine.stat(paths.root)) ? paths.root : '/';
  const [release, memory, kernel, cpus, blocks, files] = await allEnded([
    machine.read('/etc/os-release'),
    machine.read('/proc/meminfo'),
    answer(machine, query`uname -r`),
    answer(machine, query`nproc`),
    answer(machine, query`df -Pm ${root}`),
    answer(machine, query`df -Pi ${root}`),
  ]);
  const lastRow = (df: string): readonly string[] => df.split('\n').at(-1)?.split(/\s+/) ?? [];
  const [, inodes = '', , inodesFree = ''] = lastRow(files);
  return {
    system: /^PRETTY_NAME="?([^"\n]*)/m.exec(release ?? '')?.[1] ?? 'unknown',
    kernel,
    cpus: Number(cpus) || 1,
    memoryMb: Math.round(Number(/^MemTotal:\s+(\d+)/m.exec(memory ?? '')?.[1] ?? 0) / 1024),
    diskFreeMb: Number(lastRow(blocks)[3] ?? 0),
    // Some file systems make room for files as they come: they say 0, or '-'.
    filesFreePercent: Number(inodes) > 0 ? Math.floor((Number(inodesFree) / Number(inodes)) * 100) : null,
  };
}

async function phpOf(machine: Machine) {
  const [version, modules] = await allEnded([answer(machine, query`php -v`), answer(machine, query`php -m`)]);
  const lines = modules.split('\n').map((line) => line.trim().toLowerCase());
  return {
    php: /^PHP (\d+\.\d+\.\d+)/m.exec(version)?.[1] ?? null,
    phpExtensions: lines.filter((line) => /^[a-z]/.test(line)),
  };
}

async function whoWeAre(machine: Machine) {
  const asked = { ...query`sudo -n -l`, allow: [0, 1, 126, 127], timeoutMs: 10_000, quiet: true };
  const [user, groups, sudo] = await allEnded([
    answer(machine, query`id -un`),
    answer(machine, query`id -nG`),
    machine.run(asked),
  ]);
  const isThere = sudo.exitCode !== 127 && sudo.exitCode !== 126;
  return { user, groups: groups.split(' ').filter((one) => one !== ''), sudo: isThere ? sudo.stdout : null };
}

/** Its clock at the middle of the question and the answer. */
async function clockOf(machine: Machine): Promise<Pick<Diagnosis, 'clockAheadSeconds'>> {
  const asked = Date.now();
  const said = Number(await answer(machine, query`date +%s.%N`));
  const middle = (asked + Date.now()) / 2;
  return { clockAheadSeconds: said > 0 ? Math.round(said - middle / 1000) : null };
}

async function programsOf(machine: Machine, engines: readonly Engine[]): Promise<readonly Program[]> {
  const found = await allEnded(engines.map(async ({ type, detect }) => ({ type, program: await detect?.(machine) })));
  return found.flatMap(({ type, program }) =>
    program ? [{ type, engine: program.engine, version: program.version }] : [],
  );
}

type Programs = Readonly<Record<string, string>>;

/** Programs that tasks run, with the packages that bring them. */
const toolPackages = { curl: 'curl', openssl: 'openssl', tar: 'tar', zstd: 'zstd', flock: 'util-linux' } as const;

const programsOfServices = (engines: readonly Engine[], services: readonly OpenService[]): Programs =>
  Object.assign(
    {},
    ...engines
      .filter(({ type, name }) => services.some((one) => one.type === type && one.engine === name))
      .map(({ programs }) => programs),
  );

async function missingOf(machine: Machine, more: Programs): Promise<readonly string[] | null> {
  const packages: Programs = { ...toolPackages, ...more };
  const names = Object.keys(packages);
  const there = await machine.statMany(names.map((name) => `/usr/bin/${name}`));
  // Where none is there it is no Debian, or a server in memory: then nobody can say.
  return there.size === 0
    ? null
    : names.filter((name) => !there.has(`/usr/bin/${name}`)).map((name) => packages[name] ?? name);
}

async function answer(machine: Machine, command: Command): Promise<string> {
  // 127: the program is not there, which is an answer too.
  const { exitCode, stdout } = await machine.run({
    ...command,
    allow: [0, 1, 126, 127],
    timeoutMs: 10_000,
    quiet: true,
  });
  return exitCode === 0 ? stdout.trim() : '';
}

/** Of `ss -Hltn`: those that are not bound to the machine itself alone. */
function portsIn(sockets: string): readonly number[] {
  const bound = sockets.split('\n').map((line) => line.trim().split(/\s+/)[3] ?? '');
  const open = bound.filter((one) => one !== '' && !/^(?:127\.|\[::1\])/.test(one));
  return [...new Set(open.map((one) => Number(one.replace(/^.*:/, ''))))].toSorted((one, other) => one - other);
}
