import { rm } from 'node:fs/promises';
import { Problem } from '../model/problem.ts';
import { apacheModules, webIncludes } from '../model/server-layout.ts';
import { isUntouched } from './debian-file.ts';
import { exists, putFile, putLink, textOf } from './files.ts';
import * as places from './places.ts';
import { mustBeFree } from './port.ts';
import { ask, lastLines, must } from './program.ts';
import type { Did } from './screen.ts';
import { ensureRunning, isRunning, reloadService, stopService } from './system-service.ts';
import { tlsPortOf, type WebEngine } from './up-options.ts';

const written = '# Written by ./up of Aegir.\n';
const services = { nginx: 'nginx', apache: 'apache2' } as const;
const otherOf = { nginx: 'apache', apache: 'nginx' } as const;

/** Our web server may hold the ports; so may the other one, if it is ours too: it is stopped when the engines change. */
export async function checkPorts(engine: WebEngine, port: number): Promise<void> {
  const other = otherOf[engine];
  const mayHold: string[] = [services[engine]];
  // Its own default page is no reason to stop; a site of somebody else's is.
  if (await isOnlyOurs(other)) mayHold.push(services[other]);
  const hint = `Choose another port, for example: ./up --port 8080 (https is then on ${tlsPortOf(8080)}). Or stop that program.`;
  for (const one of [port, tlsPortOf(port)]) await mustBeFree(one, mayHold, hint);
}

const isOnlyOurs = async (engine: WebEngine): Promise<boolean> => exists(webIncludes[engine].path);

export async function setUpWebServer(engine: WebEngine, port: number): Promise<Did> {
  const did: string[] = [];
  if (await standDown(otherOf[engine])) did.push(`stopped ${services[otherOf[engine]]}`);
  const before = await isRunning(services[engine]);
  const changes = engine === 'nginx' ? await includeInNginx() : await includeInApache(port);
  did.push(...changes);
  if (await ensureRunning(services[engine])) did.push(`started ${services[engine]}`);
  else if (changes.length > 0 && before) await reloadService(services[engine]);
  return did.join(', ') || null;
}

/** The web server that was Aegir's until now: it would keep the ports. */
async function standDown(engine: WebEngine): Promise<boolean> {
  if (!(await isOnlyOurs(engine))) return false;
  await stopService(services[engine]);
  await rm(webIncludes[engine].path);
  if (engine === 'apache') await rm('/etc/apache2/conf-enabled/aegir.conf', { force: true });
  return true;
}

async function includeInNginx(): Promise<string[]> {
  const did: string[] = [];
  const site = '/etc/nginx/sites-enabled/default';
  if (await isUntouched(site)) {
    await rm(site);
    did.push("switched off Debian's default page");
  }
  const text = `${written}${webIncludes.nginx.text(places.sitesConfiguration('nginx'))}`;
  if (await putFile(webIncludes.nginx.path, text, { mode: 0o644 })) did.push(`wrote ${webIncludes.nginx.path}`);
  await mustAccept(['nginx', '-t'], 'nginx');
  return did;
}

async function includeInApache(port: number): Promise<string[]> {
  const did: string[] = [];
  const site = '/etc/apache2/sites-enabled/000-default.conf';
  if (await isUntouched(site)) {
    await rm(site);
    did.push("switched off Debian's default page");
  }
  const missing: string[] = [];
  for (const name of apacheModules) if (!(await exists(`/etc/apache2/mods-enabled/${name}.load`))) missing.push(name);
  if (missing.length > 0) {
    await must(['a2enmod', '-q', ...missing], 'Run: apt-get install --reinstall apache2');
    did.push(`modules ${missing.join(' ')}`);
  }
  const text = `${written}${webIncludes.apache.text(places.sitesConfiguration('apache'))}`;
  if (await putFile(webIncludes.apache.path, text, { mode: 0o644 })) did.push(`wrote ${webIncludes.apache.path}`);
  await putLink('/etc/apache2/conf-enabled/aegir.conf', '../conf-available/aegir.conf');
  if (await listenOnlyOn(port)) {
    did.push(`ports ${port} and ${tlsPortOf(port)}`);
    // A reload does not let go of a port that another program may be waiting for.
    await stopService('apache2');
  }
  await mustAccept(['apache2ctl', 'configtest'], 'Apache');
  return did;
}

/** Debian's Apache listens on 80 whatever its sites say. A ports.conf that a person wrote is left as it is. */
async function listenOnlyOn(port: number): Promise<boolean> {
  const path = '/etc/apache2/ports.conf';
  const ours = (await textOf(path))?.startsWith(written) ?? true;
  const untouched = await isUntouched(path);
  if (!ours && (!untouched || port === 80)) return false;
  const text = `${written}Listen ${port}\n<IfModule ssl_module>\n  Listen ${tlsPortOf(port)}\n</IfModule>\n`;
  return putFile(path, text, { mode: 0o644 });
}

async function mustAccept(argv: readonly [string, ...string[]], title: string): Promise<void> {
  const { exitCode, stderr, stdout } = await ask(argv);
  if (exitCode === 0) return;
  throw new Problem(
    'configuration-refused',
    `${title} refuses its configuration:\n    ${lastLines(stderr || stdout, 6)}`,
    {
      hint: `Correct what ${argv.join(' ')} names, then run ./up again.`,
    },
  );
}
