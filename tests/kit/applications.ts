import { execFile, spawn } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Application, InstalledSite } from '../../src/applications/application.ts';
import { keepForeign } from '../../src/applications/own-files.ts';
import { LocalMachine } from '../../src/machine/local.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { putDirectory, putFile } from '../../src/machine/put.ts';
import type { TaskEvent } from '../../src/model/event.ts';
import type { Platform } from '../../src/model/platform.ts';
import { Secret } from '../../src/model/secret.ts';
import type { DatabaseAddress, Site } from '../../src/model/site.ts';
import { privateMariadb, privatePostgres } from './databases.ts';
import { openDirectory } from './web.ts';

/** Where code is that tests may copy, never write into. Null: not on this machine, the test must say that it skips. */
export const codeBases = {
  wordpress: '/usr/share/wordpress',
  drupal10: process.env['AEGIR_TEST_DRUPAL10'] ?? null,
  drupal7: process.env['AEGIR_TEST_DRUPAL7'] ?? null,
  /** Newer releases, to move to. */
  drupal10New: process.env['AEGIR_TEST_DRUPAL10_NEW'] ?? null,
  drupal7New: process.env['AEGIR_TEST_DRUPAL7_NEW'] ?? null,
} as const;

/** A machine of this computer that keeps its log. */
export function testMachine(): { readonly machine: LocalMachine; readonly events: TaskEvent[] } {
  const events: TaskEvent[] = [];
  const log = {
    append: async (event: TaskEvent) => {
      events.push(event);
    },
  };
  return { machine: new LocalMachine({ name: 'here', log, claim: new AbortController().signal }), events };
}

/** A copy of a code base that this test may write into; for Drupal 10 with its vendor directory beside. */
export async function copyPlatform(t: TestContext, source: string, application: Application): Promise<Platform> {
  const directory = await openDirectory('aegir-application');
  t.after(() => directory.remove());
  const composer = await readFile(join(source, '../composer.json'), 'utf8').catch(() => null);
  const [from, root] =
    composer === null ? [source, '/code'] : [join(source, '..'), `/code/${source.split('/').at(-1)}`];
  // Much faster than fs.cp for the tens of thousands of files of a Composer project.
  await promisify(execFile)('cp', ['-aL', from, `${directory.path}/code`]);
  const { machine } = testMachine();
  const found = await application.detect(machine, `${directory.path}${root}`);
  if (!found) throw new Error(`${source} is not ${application.title}`);
  const platform: Platform = { id: '1', name: 'p1', status: 'enabled', ...found };
  await putDirectory(machine, `${platform.root}/sites`, { mode: '0755' });
  for (const file of application.platformFiles(platform)) {
    await keepForeign(machine, file);
    await putDirectory(machine, file.path.replace(/\/[^/]*$/, ''), { mode: '0755' });
    await putFile(machine, file.path, file.text, { mode: file.mode });
  }
  return platform;
}

let siteNumber = 0;

export function testSite(
  platform: Platform,
  database: DatabaseAddress,
  port: number,
  more: Partial<Site> = {},
): InstalledSite {
  const id = String(++siteNumber);
  const name = more.name ?? `site${id}.example.com`;
  const { name: databaseName, user, password } = database;
  const site: Site = {
    id,
    name,
    status: 'enabled',
    directory: name,
    title: "Zoë's “site” & <more>",
    profile: 'minimal',
    language: 'en',
    email: 'admin@example.com',
    aliases: [],
    redirection: null,
    tls: 'off',
    hstsSeconds: null,
    certificate: null,
    pem: null,
    database: { name: databaseName, user, password },
    databaseIsOurs: true,
    hashSalt: new Secret('salt_of-the-site-0123456789abcdefghijklmnopqrstuvwxyz01'),
    runUser: 'www-data',
    fpmSocket: '/run/php/none.sock',
    cronKey: new Secret('cron-key'),
    cron: { everySeconds: 3600, by: 'web', secondsMax: 300 },
    data: {},
    ...more,
  };
  return { site, platform, database, address: `http://${name}:${port}` };
}

/** Directories and files of a site as `site verify` puts them; answers what was changed. */
export async function putSite(
  application: Application,
  installed: InstalledSite,
  machine: Machine = testMachine().machine,
): Promise<readonly string[]> {
  const changes: string[] = [];
  for (const { path, ...mode } of application.directories(installed.site, installed.platform))
    changes.push(...(await putDirectory(machine, path, mode)));
  for (const { path, text, once, foreignTo: _, ...mode } of application.files(installed, []))
    if (!once || (await machine.stat(path)) === null) changes.push(...(await putFile(machine, path, text, mode)));
  return changes;
}

let databaseNumber = 0;
const databaseName = (): string => `site_${process.pid}_${++databaseNumber}`;
const password = new Secret('pass_word-0123456789');

export async function mysqlDatabase(t: TestContext): Promise<DatabaseAddress> {
  const server = await privateMariadb(t);
  const name = databaseName();
  await server.sql(
    `create database ${name} character set utf8mb4; create user ${name}@localhost identified by '${password.reveal()}'; grant all on ${name}.* to ${name}@localhost`,
  );
  return { driver: 'mysql', name, user: name, password, host: 'localhost', port: null, socket: server.socket };
}

export async function pgsqlDatabase(t: TestContext): Promise<DatabaseAddress> {
  const server = await privatePostgres(t);
  const name = databaseName();
  await server.sql(`create role ${name} login password '${password.reveal()}'`);
  await server.sql(`create database ${name} owner ${name}`);
  return { driver: 'pgsql', name, user: name, password, host: '127.0.0.1', port: server.port, socket: null };
}

/** A file in the site's private directory, which the site's user may write into. */
export const sqliteDatabase = (platform: Platform, siteName: string): DatabaseAddress => ({
  driver: 'sqlite',
  name: `${platform.root}/sites/${siteName}/private/db.sqlite`,
  user: '',
  password: new Secret(''),
  host: '',
  port: null,
  socket: null,
});

export interface Page {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** A browser as far as a login needs one: it keeps cookies and follows redirects on the same address. */
export class Browser {
  readonly #cookies = new Map<string, string>();
  readonly #port: number;
  readonly #host: string;

  constructor({ address }: Pick<InstalledSite, 'address'>) {
    const { port, host } = new URL(address);
    this.#port = Number(port);
    this.#host = host;
  }

  /** The same browser, with its cookies, once the name leads to another server. */
  at(installed: InstalledSite): Browser {
    const other = new Browser(installed);
    for (const [name, value] of this.#cookies) other.#cookies.set(name, value);
    return other;
  }

  async open(address: string, more: { form?: Record<string, string> } = {}): Promise<Page> {
    let { pathname, search } = new URL(address, `http://${this.#host}`);
    let form = more.form;
    for (let hop = 0; hop < 10; hop++) {
      const page = await this.#get(`${pathname}${search}`, form);
      const location = page.headers.get('location');
      if (page.status < 300 || page.status > 399 || location === null) return page;
      ({ pathname, search } = new URL(location, `http://${this.#host}${pathname}`));
      form = undefined;
    }
    throw new Error(`${address} redirects for ever`);
  }

  // fetch does not let us choose the Host header.
  async #get(path: string, form: Record<string, string> | undefined): Promise<Page> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const body = form && new URLSearchParams(form).toString();
    const headers = {
      host: this.#host,
      ...(cookie !== '' && { cookie }),
      ...(body !== undefined && {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(body.length),
      }),
    };
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          path,
          method: body === undefined ? 'GET' : 'POST',
          headers,
          timeout: 60_000,
        },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (part) => {
            text += part;
          });
          answer.on('end', () => {
            for (const set of answer.headers['set-cookie'] ?? []) {
              const [pair = ''] = set.split(';');
              const at = pair.indexOf('=');
              this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
            }
            const plain = Object.entries(answer.headers).flatMap(([name, value]) =>
              typeof value === 'string' ? [[name, value] as [string, string]] : [],
            );
            resolve({ status: answer.statusCode ?? 0, text, headers: new Headers(plain) });
          });
        },
      );
      asked.on('error', reject);
      asked.on('timeout', () => asked.destroy(new Error('no answer within a minute')));
      asked.end(body);
    });
  }
}

/**
 * PHP's own web server as the site's user, which hands every request to the application with the parameters that our
 * web servers give. It runs scripts that `routing` names, and the front controller for all else. Ends with the test, or when it is told to.
 */
export async function servePhp(
  t: TestContext,
  application: Application,
  installed: InstalledSite,
): Promise<{ stop(): Promise<void> }> {
  const { site, platform, database, address } = installed;
  const { scripts, frontController } = application.routing(site, platform);
  const parameters = {
    DRIVER: database.driver,
    NAME: database.name,
    USER: database.user,
    PASSWORD: database.password.reveal(),
    HOST: database.host,
    PORT: database.port === null ? '' : String(database.port),
    SOCKET: database.socket ?? '',
  };
  const data = Buffer.from(
    JSON.stringify({ parameters, scripts, frontController, directory: site.directory, root: platform.root }),
  );
  const directory = await openDirectory('aegir-php-server');
  const router = `${directory.path}/router.php`;
  await writeFile(router, routerText(data.toString('base64')), { mode: 0o644 });
  const port = new URL(address).port;
  const server = spawn(
    'sudo',
    ['-n', '-u', 'www-data', 'php', '-d', 'opcache.enable=0', '-S', `127.0.0.1:${port}`, '-t', platform.root, router],
    { stdio: 'ignore', detached: true },
  );
  const stop = async (): Promise<void> => {
    const gone = new Promise((resolve) => server.once('exit', resolve));
    if (server.pid !== undefined && server.exitCode === null && server.signalCode === null) {
      process.kill(-server.pid, 'SIGTERM');
      await gone;
    }
    await rm(directory.path, { recursive: true, force: true });
  };
  t.after(stop);
  const browser = new Browser(installed);
  for (;;) {
    if (server.exitCode !== null) throw new Error(`php -S ended with ${server.exitCode}`);
    const answered = await browser.open('/aegir-test-ready').then(
      () => true,
      () => false,
    );
    if (answered) return { stop };
    await wait(50, undefined, { signal: t.signal });
  }
}

const routerText = (data: string): string => `<?php
$it = json_decode(base64_decode('${data}'), true);
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/aegir-test-ready') exit('ready');
if (preg_match('~/$~', $path) && is_file($it['root'] . $path . 'index.php')) $path .= 'index.php';
if (!preg_match('~\\.php$~', $path) && is_file($it['root'] . $path)) return false;
$script = in_array($path, $it['scripts'], true) ? $path : $it['frontController'];
if (preg_match('~\\.php$~', $path) && $script !== $path) { http_response_code(404); exit; }
foreach ($it['parameters'] as $key => $value) $_SERVER["AEGIR_DB_$key"] = $value;
$_SERVER['AEGIR_SITE_DIR'] = $it['directory'];
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = $script;
$_SERVER['SCRIPT_FILENAME'] = $it['root'] . $script;
chdir(dirname($_SERVER['SCRIPT_FILENAME']));
unset($it, $path);
require $_SERVER['SCRIPT_FILENAME'];
`;

/** Text of every file below a directory, by path; to see whether anything was touched. */
export async function filesBelow(directory: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(path, await readFile(path, 'latin1'));
  }
  return files;
}
