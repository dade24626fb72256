import { lacksSudo, webUser } from '../model/sudoers.ts';
import type { OpenService } from './context.ts';

// Types and not interfaces, so that they are Json and can be stored as they are.
export type Finding = {
  /** What is not as it should be, without a full stop. */
  readonly finding: string;
  /** What to do about it, a sentence. */
  readonly hint: string;
};
export type Program = { readonly type: string; readonly engine: string; readonly version: string };

/** What `server verify` saw: facts, engines that could be added as services, and what is, or will become, a problem. */
export type Diagnosis = {
  readonly system: string;
  readonly kernel: string;
  readonly cpus: number;
  readonly memoryMb: number;
  readonly diskFreeMb: number;
  /** Of a hundred files that the disk can hold; null where it has no such limit. */
  readonly filesFreePercent: number | null;
  readonly php: string | null;
  readonly phpExtensions: readonly string[];
  /** How far its clock is ahead of the worker's; null: it does not say. */
  readonly clockAheadSeconds: number | null;
  /** TCP ports on which something listens for others. */
  readonly ports: readonly number[];
  /** As whom we work there, and in which groups. */
  readonly groups: readonly string[];
  /** Servers' programs that are there, whether they are services or not. */
  readonly programs: readonly Program[];
  /** Those of them that would be a service of a type that it does not have yet. */
  readonly offers: readonly Program[];
  readonly warnings: readonly Finding[];
};

/** What findings look at besides the diagnosis. */
export interface Seen extends Omit<Diagnosis, 'warnings'> {
  readonly services: readonly OpenService[];
  readonly server: string;
  readonly user: string;
  /** What `sudo -l` says; null: there is no sudo. */
  readonly sudo: string | null;
  /** Names of programs that services need and that are not there. */
  readonly missing: readonly string[];
  /** Whether a pool of PHP-FPM is listening anywhere; null: nobody knows. */
  readonly fpmRuns: boolean | null;
}

/** Below this a backup or an update of a usual site may not fit. */
const diskFreeMinMb = 1024;
const filesFreeMinPercent = 5;
/** Links that log in once live for minutes, keys of the DNS take no more than five; certificates and cron notice less. */
const clockMaxSeconds = 30;
const extensionsWanted = ['gd', 'mbstring', 'pdo', 'xml', 'curl'];
const databasesWanted = ['pdo_mysql', 'pdo_pgsql', 'pdo_sqlite'];

/** What is wrong, or soon will be, with what to do about it: what stops everything first. */
export const findings = (seen: Seen): readonly Finding[] => [
  ...disk(seen),
  ...clock(seen),
  ...rights(seen),
  ...tools(seen),
  ...(has(seen, 'http') ? php(seen) : []),
];

const has = ({ services }: Seen, type: string): boolean => services.some((one) => one.type === type);

function disk({ diskFreeMb, filesFreePercent }: Seen): readonly Finding[] {
  const list: Finding[] = [];
  if (diskFreeMb < diskFreeMinMb)
    list.push({
      finding: `only ${diskFreeMb} MB of disk are free`,
      hint: 'Make room before backups and updates fail.',
    });
  if (filesFreePercent !== null && filesFreePercent < filesFreeMinPercent)
    list.push({
      finding: `the disk has room for only ${filesFreePercent} % of the files that it can hold`,
      hint: 'Remove what nobody needs: df -i shows where.',
    });
  return list;
}

function clock({ clockAheadSeconds }: Seen): readonly Finding[] {
  if (clockAheadSeconds === null || Math.abs(clockAheadSeconds) <= clockMaxSeconds) return [];
  const way = clockAheadSeconds > 0 ? 'ahead of' : 'behind';
  return [
    {
      finding: `its clock is ${Math.abs(clockAheadSeconds)} s ${way} that of the hub's machine`,
      hint: 'Let both follow a time server: apt-get install -y systemd-timesyncd, then timedatectl set-ntp true.',
    },
  ];
}

/** What `server bootstrap` makes, as far as a service needs it. */
function rights(seen: Seen): readonly Finding[] {
  const { server, user, groups, sudo, services } = seen;
  if (user === 'root' || user === '') return [];
  const again = `Run the script again: aegir server bootstrap ${server} | ssh root@HOST sh (on the hub's machine: ./up).`;
  const list: Finding[] = [];
  if (sudo === null) list.push({ finding: 'sudo is missing', hint: `Run: apt-get install -y sudo. ${again}` });
  else {
    const lacking = lacksSudo(
      sudo,
      services.map(({ engine }) => engine),
    );
    if (lacking.length > 0) list.push({ finding: `${user} may not run by sudo: ${lacking.join('; ')}`, hint: again });
  }
  if (has(seen, 'http') && !groups.includes(webUser))
    list.push({ finding: `${user} is no member of the web server's group ${webUser}`, hint: again });
  return list;
}

function tools({ missing }: Seen): readonly Finding[] {
  if (missing.length === 0) return [];
  return [{ finding: `${missing.join(', ')} is missing`, hint: `Run: apt-get install -y ${missing.join(' ')}` }];
}

function php({ php: version, phpExtensions, fpmRuns }: Seen): readonly Finding[] {
  if (version === null) return [{ finding: 'PHP is missing', hint: 'Run: apt-get install -y php-cli php-fpm' }];
  const list: Finding[] = [];
  const missing = extensionsWanted.filter(
    (name) => !phpExtensions.includes(name) && !phpExtensions.includes(`simple${name}`),
  );
  if (missing.length > 0)
    list.push({
      finding: `PHP lacks ${missing.join(', ')}`,
      hint: `Run: apt-get install -y ${missing.map((name) => `php-${name}`).join(' ')}`,
    });
  if (!databasesWanted.some((name) => phpExtensions.includes(name)) && phpExtensions.includes('pdo'))
    list.push({
      finding: 'PHP can reach no kind of database',
      hint: 'Run: apt-get install -y php-mysql, or php-pgsql, or php-sqlite3',
    });
  if (fpmRuns === false)
    list.push({
      finding: 'PHP-FPM does not run: there is no socket in /run/php',
      hint: `Run: apt-get install -y php-fpm; systemctl start php${version.replace(/\.\d+$/, '')}-fpm`,
    });
  return list;
}
