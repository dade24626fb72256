import { readdir } from 'node:fs/promises';
import { Problem } from '../model/problem.ts';
import { absentIsNull, exists } from './files.ts';
import { ask, lastLines, must, succeeds } from './program.ts';

/** True where systemd runs the machine; else services are started by Debian's init scripts, and ours directly. */
export const hasSystemd = (): Promise<boolean> => exists('/run/systemd/system');

/** Debian's names of the services that we may need to start. */
export type SystemService = 'nginx' | 'apache2' | 'mariadb' | 'postgresql' | `php${string}-fpm`;

/** Debian 12 has php8.2-fpm. The newest, if there are several. */
export async function fpmService(): Promise<`php${string}-fpm`> {
  const versions = (await readdir('/etc/php').catch(absentIsNull)) ?? [];
  const newest = versions.toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))[0];
  if (!newest) throw new Problem('not-found', 'there is no PHP in /etc/php', { hint: 'Run: apt-get install php-fpm' });
  return `php${newest}-fpm`;
}

export async function isRunning(service: SystemService): Promise<boolean> {
  // Debian's postgresql is a service that only stands for its clusters.
  if (service === 'postgresql') return (await ask(['pg_lsclusters', '-h'])).stdout.includes(' online ');
  if (await hasSystemd()) return succeeds(['systemctl', 'is-active', '--quiet', service]);
  return succeeds(['service', service, 'status'], { timeoutMs: 20_000 });
}

const hintFor = (service: SystemService): string =>
  `Look into its log below /var/log, then try: service ${service} start`;

/** Starts it if it does not run, now and at each boot. */
export async function ensureRunning(service: SystemService): Promise<boolean> {
  if (await isRunning(service)) return false;
  if (await hasSystemd()) await must(['systemctl', 'enable', '--now', service], `Try: journalctl -u ${service} -n 50`);
  else {
    const { stdout, stderr } = await ask(['service', service, 'start'], { timeoutMs: 120_000 });
    if (!(await isRunning(service)))
      throw new Problem('command-failed', `${service} does not start: ${lastLines(stderr || stdout, 6)}`, {
        hint: hintFor(service),
      });
  }
  return true;
}

export async function stopService(service: SystemService): Promise<void> {
  if (!(await isRunning(service))) return;
  if (await hasSystemd()) await must(['systemctl', 'disable', '--now', service], `Try: systemctl status ${service}`);
  else await must(['service', service, 'stop'], hintFor(service), { timeoutMs: 60_000 });
}

/** Makes it read its configuration again. */
export async function reloadService(service: SystemService): Promise<void> {
  if (await hasSystemd()) await must(['systemctl', 'reload', service], `Try: journalctl -u ${service} -n 50`);
  else await must(['service', service, 'reload'], hintFor(service));
}
