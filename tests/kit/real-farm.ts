import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { applications } from '../../src/applications/applications.ts';
import { LocalMachine } from '../../src/machine/local.ts';
import { engines } from '../../src/services/engines.ts';
import { nginxEngine } from '../../src/services/http/nginx.ts';
import { platformVerify } from '../../src/tasks/platform-verify.ts';
import { serverVerify } from '../../src/tasks/server-verify.ts';
import { codeBases } from './applications.ts';
import { type PrivateMariadb, privateMariadb, privatePostgres } from './databases.ts';
import type { Place } from './place.ts';
import { played } from './played.ts';
import { databases, dropOwn, ownDatabases, postgresDatabases } from './real-databases.ts';
import { isPassing, rowsIn } from './real-rows.ts';
import { sameWorld } from './same-world.ts';
import { freshTruth, siteName, type Truth } from './truth.ts';
import { openDirectory, type PrivateWeb, startNginx, startPhpFpm } from './web.ts';

const run = promisify(execFile);

/** A place as data, so that a worker in a process of its own can be told of it. */
export interface PlaceData {
  readonly application: string;
  readonly db: string;
  readonly profile: string;
  readonly root: string;
  readonly platformRoot: string;
  readonly otherRoot: string;
  readonly program: PrivateWeb['program'];
  readonly httpOptions: object;
  readonly dbOptions: object;
  readonly fpmSocket: string;
}

export function placeOf({ application: called, db: engine, program, ...data }: PlaceData): Place {
  const application = applications.find(({ name }) => name === called);
  const db = engines.find(({ type, name }) => type === 'db' && name === engine);
  assert.ok(application && db);
  const http = nginxEngine(program);
  return {
    ...data,
    second: null,
    dns: null,
    http,
    db,
    application,
    applications,
    engines,
    open: (hands) => new LocalMachine(hands),
  };
}

/** The world and the truth at some moment, to come back to. */
export interface Saved {
  readonly world: string;
  readonly truth: Truth;
  /** Where the files were copied to. */
  readonly copy: string;
  readonly sql: string;
}

interface Page {
  readonly status: number;
  readonly text: string;
}

/** One server of this process alone: MariaDB, nginx, php-fpm and a platform, all real. Verified, without a site. */
export interface RealFarm {
  readonly data: PlaceData;
  readonly place: Place;
  readonly truth: Truth;
  readonly server: PrivateMariadb;
  readonly web: PrivateWeb;
  /** Databases, users, grants, paths with modes and owners, what is in files, and what a browser gets, as text. */
  world(): Promise<string>;
  /** Every file of the platform's code, which no task may change. */
  code(): string;
  page(path: string, name?: string): Promise<Page>;
  /** Something that was started in between and must end before the directories go. */
  onStop(stop: () => Promise<void>): void;
  save(truth: Truth): Promise<Saved>;
  restore(saved: Saved): Promise<void>;
}

export interface RealFarmMore {
  readonly application?: 'wordpress' | 'drupal';
  readonly source?: string;
  /** Code of a second platform to go to. */
  readonly other?: string;
  /** `save` and `restore` know MariaDB only. */
  readonly db?: 'mysql' | 'postgresql' | 'sqlite';
  /** Below this directory instead of a new one. */
  readonly root?: string;
  /** The world also tells of the rows in MariaDB's tables, and of the front pages of these names. */
  readonly rowsAndPages?: readonly string[];
}

export async function realFarm(t: TestContext, more: RealFarmMore = {}): Promise<RealFarm> {
  const { application = 'wordpress', source = codeBases.wordpress, db = 'mysql', rowsAndPages = null } = more;
  const server = await privateMariadb(t);
  const postgres = db === 'postgresql' ? await privatePostgres(t) : null;
  const directory = await openDirectory('aegir-real');
  const root = more.root ?? join(directory.path, 'aegir');
  const web = await startNginx(directory.path, `${root}/config/server_master/nginx.conf`);
  const fpm = await startPhpFpm(directory.path);
  const stops = [() => web.stop(), () => fpm.stop()];
  t.after(async () => {
    await Promise.all(stops.map((stop) => stop()));
    await dropOwn(server); // Other tests of this process have the same one.
    await directory.remove();
  });
  const platformRoot = await copyCode(source, `${root}/platforms/p1`);
  const otherRoot = more.other === undefined ? '/nowhere' : await copyCode(more.other, `${root}/platforms/p2`);
  const bare: PlaceData = {
    ...{ application, db, profile: '', root, program: web.program, fpmSocket: fpm.socket, platformRoot, otherRoot },
    dbOptions: { mysql: server.options, postgresql: postgres?.options ?? {}, sqlite: {} }[db],
    httpOptions: { port: web.port, tlsPort: web.tlsPort, addresses: ['127.0.0.1'] },
  };
  const truth = await played(placeOf(bare), freshTruth(), [serverVerify, platformVerify]);
  if (more.other !== undefined) await played(placeOf(bare), truth, [platformVerify], '2');
  const profiles = truth.scan ? placeOf(bare).application.profiles(truth.scan) : [];
  const data = { ...bare, profile: profiles.includes('minimal') ? 'minimal' : (profiles[0] ?? '') };
  const place = placeOf(data);
  const page = (path: string, name = siteName): Promise<Page> => get(web.port, name, path);
  const looks: Looks = {
    async shown() {
      const all: string[] = [];
      for (const name of rowsAndPages ?? [siteName]) all.push(`${name}${shownOf(await page('/', name))}`);
      return all.join('\n');
    },
    async world() {
      const found = postgres ? await postgresDatabases(postgres) : await databases(server);
      const rows = rowsAndPages ? await rowsIn(server, await ownDatabases(server.sql)) : [];
      const kept = rowsAndPages ? found.filter((line) => !isPassing(line)) : found;
      return [...kept, ...rows, ...tree(root, [data.platformRoot, data.otherRoot]), await looks.shown()].join('\n');
    },
  };
  return {
    ...{ page, world: looks.world, data, place, truth, server, web },
    onStop: (stop) => void stops.push(stop),
    code: () => codeOf(data.platformRoot),
    save: (at) => save(looks, server, data, join(directory.path, `saved-${++copies}`), at),
    restore: (saved) => restore(looks, server, data, saved),
  };
}
let copies = 0;

/** At the world, and at what a browser gets of it, which is its end. */
interface Looks {
  world(): Promise<string>;
  shown(): Promise<string>;
}

function shownOf({ status, text }: Page): string {
  const title = /<title>([^<]*)/.exec(text)?.[1] ?? '';
  // Headings show what is in the database: an installer that ran twice would write its first post twice.
  const headings = text.match(/<h[1-6]/g)?.length ?? 0;
  return `/: ${status} ${title}, ${headings} headings`;
}

/** Answers its document root. */
async function copyCode(source: string, platform: string): Promise<string> {
  const isComposer = await readFile(join(source, '../composer.json')).then(
    () => true,
    () => false,
  );
  await mkdir(dirname(platform), { recursive: true });
  // Far quicker than fs.cp for tens of thousands of files.
  await run('cp', ['-aL', isComposer ? join(source, '..') : source, platform]);
  await run('chown', ['-R', `${process.geteuid?.()}:${process.getegid?.()}`, platform]);
  return isComposer ? join(platform, source.split('/').at(-1) ?? '') : platform;
}

/** Where an application's code lies, which is compared as a whole at the end. */
const codeDirectories = ['wp-admin', 'wp-includes', 'wp-content', 'core', 'modules', 'vendor', 'includes', 'profiles'];

function tree(root: string, platformRoots: readonly string[]): readonly string[] {
  const pruned = new Set(platformRoots.flatMap((one) => codeDirectories.map((name) => join(one, name))));
  return below(root, pruned).flatMap(({ path, line, stat }) => {
    // A web server's configuration gives the one up on a full disk, and makes it again with the next change (kept-room.test.ts);
    // the others Drupal makes and fills when somebody looks at it.
    if (/\/nginx\/kept-room$|\/files\/(css|js|php)(\/|$)/.test(path)) return [];
    // No two backups are alike, as each says when it was made.
    const isOther = path.startsWith(join(root, 'backups/'));
    return stat.isFile() && !isOther
      ? `${line} ${createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 12)}`
      : line;
  });
}

const codeOf = (platformRoot: string): string =>
  below(platformRoot, new Set([join(platformRoot, 'sites')]))
    .map(({ line, stat }) => `${line} ${stat.isFile() ? `${stat.size} ${stat.mtimeMs}` : ''}`)
    .join('\n');

interface Entry {
  readonly path: string;
  readonly line: string;
  readonly stat: ReturnType<typeof lstatSync> & object;
}

function below(path: string, pruned: ReadonlySet<string>): readonly Entry[] {
  if (pruned.has(path)) return [];
  const stat = lstatSync(path);
  const target = stat.isSymbolicLink() ? ` -> ${readlinkSync(path)}` : '';
  const line = `${path} ${(stat.mode & 0o7777).toString(8)} ${stat.uid}:${stat.gid}${target}`;
  const inside = stat.isDirectory() ? readdirSync(path).toSorted() : [];
  return [{ path, line, stat }, ...inside.flatMap((name) => below(join(path, name), pruned))];
}

async function save(
  looks: Looks,
  { sql, socket }: PrivateMariadb,
  data: PlaceData,
  copy: string,
  truth: Truth,
): Promise<Saved> {
  for (const [at, path] of kept(data).entries()) {
    await mkdir(join(copy, String(at)), { recursive: true });
    await run('cp', ['-a', `${path}/.`, join(copy, String(at))]);
  }
  const accounts = await sql(
    `select user, host, authentication_string, db from mysql.user join mysql.db using (user, host) where db <> 'mysql'`,
  );
  const statements = accounts.map(
    ([user, host, hash, pattern]) =>
      `create user '${user}'@'${host}' identified via mysql_native_password using '${hash}'; grant all on \`${pattern?.replaceAll('\\\\', '\\')}\`.* to '${user}'@'${host}';`,
  );
  const names = await ownDatabases(sql);
  const dump = ['--no-defaults', `--socket=${socket}`, '--user=root', '--skip-comments', '--databases', ...names];
  const { stdout } = names.length > 0 ? await run('mariadb-dump', dump, { maxBuffer: 1e9 }) : { stdout: '' };
  return {
    world: await looks.world(),
    truth: structuredClone(truth),
    copy,
    sql: `${statements.join('\n')}\n${stdout}`,
  };
}

/** What is saved of the files. */
const kept = ({ root, platformRoot, otherRoot }: PlaceData): readonly string[] => [
  ...[join(root, 'config'), join(root, 'backups'), join(platformRoot, 'sites')],
  ...(otherRoot === '/nowhere' ? [] : [join(otherRoot, 'sites')]),
];

/** By other means than our own, so that what is left behind is not carried on. */
async function restore(looks: Looks, server: PrivateMariadb, data: PlaceData, saved: Saved): Promise<void> {
  if ((await looks.world()) === saved.world) return;
  await dropOwn(server);
  if (saved.sql.trim() !== '') await server.sql(saved.sql);
  await rm(join(data.root, 'transfers'), { recursive: true, force: true });
  for (const [at, path] of kept(data).entries()) {
    // The directories themselves stay: their times and inodes are nobody's business, but nginx may be looking.
    await run('find', [path, '-mindepth', '1', '-delete']);
    const from = join(saved.copy, String(at));
    for (const name of await readdir(from)) await run('cp', ['-a', join(from, name), path]);
  }
  const [reload, ...args] = data.program.reload;
  await run(reload, args);
  // The processes of before answer for a moment more.
  for (let alike = 0, tries = 0; alike < 5; tries++) {
    const isAlike = saved.world.endsWith(await looks.shown());
    if (tries === 300) break;
    alike = isAlike ? alike + 1 : 0;
    await wait(20);
  }
  sameWorld(await looks.world(), saved.world, 'the world that was saved does not come back');
}

function get(port: number, host: string, path: string): Promise<Page> {
  return new Promise((resolve, reject) => {
    const headers = { host: `${host}:${port}`, connection: 'close' };
    const asked = request({ host: '127.0.0.1', port, path, headers, timeout: 60_000 }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    asked.on('error', reject);
    asked.on('timeout', () => asked.destroy(new Error('no answer within a minute')));
    asked.end();
  });
}
