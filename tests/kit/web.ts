import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { access, chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** How an engine of ours works on a private server: the same three commands as on a system's. */
export interface PrivateWeb {
  readonly port: number;
  readonly tlsPort: number;
  readonly program: {
    readonly test: readonly [string, ...string[]];
    readonly reload: readonly [string, ...string[]];
    readonly version: readonly [string, ...string[]];
    readonly pidPath: string;
    readonly logs: string;
  };
  /** Process id of the server's master, to look at its memory. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** A new directory below /tmp that every user may enter, as web servers and PHP run as www-data. Removed by `remove()`. */
export async function openDirectory(prefix: string): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `${prefix}-`));
  await chmod(path, 0o755);
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/**
 * A port of 127.0.0.1 that nobody listens on at this moment. By chance, and below those that the system gives to whoever
 * asks for any: it is used only later, and must not be another's by then.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + randomInt(20_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** PHP-FPM of its own, as www-data, on a socket below `directory` (which www-data must be able to enter). */
export async function startPhpFpm(directory: string): Promise<{ socket: string; stop(): Promise<void> }> {
  const [socket, conf, log] = ['php-fpm.sock', 'php-fpm.conf', 'php-fpm.log'].map((name) => join(directory, name));
  if (!socket || !conf) throw new Error('three names make three paths');
  const pool = [
    '[www]',
    'user=www-data',
    'group=www-data',
    `listen=${socket}`,
    'listen.owner=www-data',
    'listen.mode=0660',
  ];
  const children = ['pm=static', 'pm.max_children=4', 'catch_workers_output=yes', 'clear_env=yes'];
  await writeFile(conf, ['[global]', `error_log=${log}`, 'daemonize=no', ...pool, ...children, ''].join('\n'));
  const program = await firstOf(['/usr/sbin/php-fpm8.2', '/usr/sbin/php-fpm8.4', '/usr/sbin/php-fpm']);
  const child = spawn(program, ['--nodaemonize', '--allow-to-run-as-root', '--fpm-config', conf], { stdio: 'ignore' });
  await until('php-fpm makes its socket', child, () => exists(socket));
  return { socket, stop: () => end(child) };
}

/** nginx of its own on loopback ports. `include` is the main file of the engine under test; it need not be there yet. */
export async function startNginx(directory: string, include: string): Promise<PrivateWeb> {
  const home = join(directory, 'nginx-home');
  await mkdir(join(home, 'logs'), { recursive: true, mode: 0o755 });
  const conf = join(home, 'nginx.conf');
  const temporary = ['client_body', 'fastcgi', 'proxy', 'scgi', 'uwsgi'].map(
    (name) => `${name}_temp_path ${home}/${name};`,
  );
  await writeFile(
    conf,
    `user www-data; worker_processes 1; daemon off; pid ${home}/pid; error_log ${home}/error.log;
     events { worker_connections 256; }
     http { include /etc/nginx/mime.types; default_type application/octet-stream; access_log off;
       ${temporary.join(' ')} include ${include.replace(/.$/, '[$&]')}; }`,
  );
  const nginx = ['/usr/sbin/nginx', '-e', `${home}/error.log`, '-c', conf] as const;
  const child = spawn(nginx[0], nginx.slice(1), { stdio: 'ignore' });
  await until('nginx writes its process id', child, () => exists(`${home}/pid`));
  return {
    port: await freePort(),
    tlsPort: await freePort(),
    program: {
      test: [...nginx, '-t'],
      reload: [...nginx, '-s', 'reload'],
      version: ['/usr/sbin/nginx', '-v'],
      pidPath: `${home}/pid`,
      logs: `${home}/logs`,
    },
    pid: child.pid ?? 0,
    stop: () => end(child),
  };
}

/** Debian's files that load PHP into Apache itself, without '.load' and '.conf'; null if its package is not installed. */
export async function findModPhp(): Promise<string | null> {
  for (const version of ['8.2', '8.4']) {
    const path = `/etc/apache2/mods-available/php${version}`;
    if (await exists(`/usr/lib/apache2/modules/libphp${version}.so`)) return path;
  }
  return null;
}

/**
 * Apache of its own with the event MPM, or with prefork and PHP in it as Debian sets it up. It listens on one more port
 * than the engine's, as it cannot start on none.
 */
export async function startApache(directory: string, include: string, modPhp?: string): Promise<PrivateWeb> {
  const home = join(directory, 'apache-home');
  await mkdir(join(home, 'logs'), { recursive: true, mode: 0o755 });
  const conf = join(home, 'apache.conf');
  const modules = [
    modPhp === undefined ? 'mpm_event' : 'mpm_prefork',
    'authz_core',
    'authz_host',
    'mime',
    'dir',
    'env',
    'alias',
    'setenvif',
  ];
  await writeFile(
    conf,
    [
      `ServerRoot ${home}`,
      'ServerName localhost',
      `PidFile ${home}/pid`,
      `DefaultRuntimeDir ${home}`,
      `ErrorLog ${home}/error.log`,
      ...modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
      `Mutex file:${home} default`,
      'User www-data',
      'Group www-data',
      'StartServers 1',
      'TypesConfig /etc/mime.types',
      ...(modPhp === undefined
        ? []
        : [`Include ${modPhp}.load`, `Include ${modPhp}.conf`, 'DirectoryIndex index.html index.php']),
      `Listen 127.0.0.1:${await freePort()}`,
      '<Directory />\n  AllowOverride None\n  Require all denied\n</Directory>',
      `IncludeOptional ${include.replace(/.$/, '[$&]')}`,
      '',
    ].join('\n'),
  );
  const apache = ['/usr/sbin/apache2', '-f', conf] as const;
  // Prefork ends by sending SIGTERM to its whole process group: it must not be that of the tests.
  const detached = modPhp !== undefined;
  const child = spawn(apache[0], [...apache.slice(1), '-DFOREGROUND'], { stdio: 'ignore', detached });
  await until('Apache writes its process id', child, () => exists(`${home}/pid`));
  return {
    port: await freePort(),
    tlsPort: await freePort(),
    program: {
      test: [...apache, '-t'],
      reload: [...apache, '-k', 'graceful'],
      version: ['/usr/sbin/apache2', '-v'],
      pidPath: `${home}/pid`,
      logs: `${home}/logs`,
    },
    pid: child.pid ?? 0,
    stop: () => end(child),
  };
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function firstOf(paths: readonly string[]): Promise<string> {
  for (const path of paths) if (await exists(path)) return path;
  throw new Error(`none of ${paths.join(', ')} is installed`);
}

export async function until(what: string, child: ChildProcess, state: () => Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 30_000;
  while (!(await state())) {
    if (child.exitCode !== null) throw new Error(`waited until ${what}, but it ended with ${child.exitCode}`);
    if (Date.now() > endMs) throw new Error(`waited 30 seconds until ${what}`);
    await wait(20);
  }
}

/** Asks it to end, and forces it after ten seconds. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const force = globalThis.setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(force);
}
