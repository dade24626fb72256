import { query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import { type Changes, putFile } from '../../machine/put.ts';
import type { Problem } from '../../model/problem.ts';
import type { LogPosition, RequestsRead } from '../../model/requests.ts';
import { type Detected, type Engine, type EngineHost, engine } from '../engine.ts';
import { selfSigned } from './certificate.ts';
import { putChallenge } from './challenge.ts';
import { Configuration, type Sign, type Wanted, type WebProgram } from './configuration.ts';
import type { AskedLog, Backend, Door, Http, Reached, Vhost } from './http.ts';
import { balanceText } from './nginx-balance.ts';
import { type MainFiles, mainFiles } from './nginx-main.ts';
import { classesIn, mapText, markIn, type OwnBlock, ownBlockText, routingClass, siteFiles } from './nginx-text.ts';
import { operatorLines } from './operator-lines.ts';
import {
  addressOf,
  askedAt,
  doorOf,
  listenOn,
  reachedAt,
  type WebOptions,
  type WebPaths,
  webOptions,
  webPaths,
} from './options.ts';
import { readme } from './readme.ts';
import { readRequests } from './requests.ts';
import { checkVhost, fileName, names, takenName } from './rules.ts';
import { sectionsOf, withSection } from './sections.ts';
import { areGone, takersOf } from './takers.ts';
import { lastLines, webLogs, withLogs } from './web-log.ts';

/** Exactly what the sudoers file allows. */
const system: WebProgram = {
  test: ['sudo', '-n', '/usr/sbin/nginx', '-t'],
  reload: ['sudo', '-n', '/usr/sbin/nginx', '-s', 'reload'],
  version: ['/usr/sbin/nginx', '-v'],
  pidPath: '/run/nginx.pid',
  logs: webLogs,
};

const directories = ['pre.d', 'platform.d', 'vhost.d', 'post.d', 'site.d', 'class.d', 'tls.d'];

/** The engine for a program of this name; tests give a private server's. */
export const nginxEngine = (program: WebProgram): Engine =>
  engine({
    type: 'http',
    name: 'nginx',
    title: 'Nginx',
    options: webOptions,
    open: (host, options) => new Nginx(host, options, program),
    detect: (machine) => detect(machine, program),
  });

export const nginx: Engine = nginxEngine(system);

async function detect(machine: Machine, { version }: WebProgram): Promise<Detected | null> {
  const { exitCode, stdout, stderr } = await machine.run({ ...query`true`, argv: version, allow: [0, 1, 127] });
  const found = /nginx\/([\d.]+)/.exec(stderr + stdout)?.[1];
  return exitCode === 0 && found !== undefined ? { engine: 'nginx', version: found, options: {} } : null;
}

/** The server block of a site, null for one that needs none, and its certificate: what is null is taken away if it was there. */
interface OwnFiles {
  readonly text: string | null;
  readonly files: readonly Wanted[];
}

/**
 * Most sites are a line per host name in one map, and share one server block: docs/decisions/0015 has the figures.
 * A site with a certificate or lines of its own has its block beside its line (drupal.md 8.6).
 */
class Nginx implements Http {
  readonly #machine: Machine;
  readonly #options: WebOptions;
  readonly #paths: WebPaths;
  readonly #configuration: Configuration;
  readonly #pidPath: string;
  readonly #logs: string;

  constructor(host: EngineHost, options: WebOptions, program: WebProgram) {
    this.#machine = host.machine;
    this.#options = options;
    this.#paths = webPaths(host, 'nginx', options);
    this.#configuration = new Configuration(host.machine, this.#paths, 'nginx', program);
    this.#pidPath = program.pidPath;
    this.#logs = program.logs;
  }

  async verify(): Promise<Changes> {
    const { config, main: mainPath } = this.#paths;
    const made = await this.#configuration.directories(directories);
    const written = await putFile(this.#machine, `${config}/README`, readme('nginx', config), { mode: '0644' });
    const main = await this.#main();
    const certificate = `${config}/tls.d/default.pem`;
    const sign = this.#sign('aegir.invalid', main.mark, '204');
    const changes = await this.#configuration.putMain(
      [
        { path: certificate, text: await selfSigned(this.#machine, certificate, ['default.invalid']) },
        { path: `${config}/site.conf`, text: main.site },
        { path: `${config}/refuse.conf`, text: main.refuse },
        { path: `${config}/php.conf`, text: main.php },
        { path: mainPath, text: main.main },
      ],
      sign,
    );
    return [...made, ...written, ...changes];
  }

  async exists(name: string): Promise<boolean> {
    return (await this.#section(name)) !== null;
  }

  async create(vhost: Vhost): Promise<Changes> {
    checkVhost(vhost);
    return this.#put(vhost, await this.#ownBlock(vhost));
  }

  /** Its line in the map is that of a site with a notice, which says nothing of its database. */
  async balance(vhost: Vhost, backends: readonly Backend[]): Promise<Changes> {
    checkVhost(vhost);
    const { certificate, files } = await this.#certificate(vhost);
    const on = { listen: await this.#listen(), listenTls: await this.#listenTls(), certificate };
    const text = balanceText(vhost, backends, this.#paths, this.#options, on);
    return this.#put({ ...vhost, state: 'maintenance' }, { text, files });
  }

  #put(vhost: Vhost, own: OwnFiles): Promise<Changes> {
    const { map, block } = siteFiles(this.#paths.config, vhost.name);
    const { text, mark } = mapText(vhost, own.text);
    return this.#configuration.put({
      wanted: [
        ...this.#classFiles(vhost),
        ...own.files,
        { path: map, site: vhost.name, text },
        { path: block, text: own.text },
        ...vhost.replaces.flatMap((name) => this.#gone(name)),
      ],
      also: async () => [],
      mayReturn: (old) => this.#withoutUsedClasses(vhost.name, old),
      explain: (said) => this.#taken(vhost.name, said),
      of: `the configuration of ${vhost.name}`,
      secrets: [vhost.database.password, ...(vhost.pem ? [vhost.pem] : [])],
      sign: this.#sign(vhost.name, mark, '204'),
    });
  }

  async destroy(name: string): Promise<void> {
    const mark = markIn((await this.#section(name)) ?? '');
    await this.#configuration.put({
      wanted: this.#gone(name),
      also: () => this.#unusedClasses(name),
      of: `the configuration without ${name}`,
      secrets: [],
      sign: this.#sign(name, mark || '0', '404'),
    });
  }

  /** All that there is of a site. */
  #gone(name: string): readonly Wanted[] {
    const { map, block } = siteFiles(this.#paths.config, name);
    const files = [block, this.#certificatePath(name)].map((path) => ({ path, text: null }));
    return [{ path: map, site: name, text: null }, ...files];
  }

  #sign(host: string, mark: string, status: Sign['status']): Sign {
    return { at: askedAt(this.#options), host, mark, status };
  }

  get reached(): Reached {
    return reachedAt(this.#options);
  }

  ownLines(siteName: string): string {
    return `${this.#paths.config}/site.d/${siteName}`;
  }

  address(vhost: Pick<Vhost, 'name' | 'redirection' | 'tls'>): string {
    return addressOf(vhost, this.#options);
  }

  door(vhost: Pick<Vhost, 'name' | 'redirection' | 'tls'>): Door {
    return doorOf(vhost, this.#options);
  }

  log(asked: AskedLog): Promise<readonly string[]> {
    const about =
      asked.log === 'access' ? (name: string) => `^${name} ` : (name: string) => `, host: "${name}(:[0-9]+)?"`;
    return lastLines(this.#machine, `${this.#logs}/nginx-${asked.log}.log`, asked, about);
  }

  putChallenge(token: string, text: string | null): Promise<void> {
    return putChallenge(this.#machine, this.#paths.acme, token, text);
  }

  requests(positions: readonly LogPosition[]): Promise<RequestsRead | null> {
    return readRequests(this.#machine, `${this.#logs}/nginx-access.log`, positions);
  }

  takers(): Promise<readonly string[]> {
    return takersOf(this.#machine, this.#pidPath);
  }

  haveAnswered(takers: readonly string[], limitMs: number): Promise<boolean> {
    return areGone(this.#machine, this.#pidPath, takers, limitMs);
  }

  async #section(name: string): Promise<string | null> {
    const text = await this.#machine.read(siteFiles(this.#paths.config, name).map);
    return sectionsOf(text ?? '').get(name) ?? null;
  }

  #certificatePath(name: string): string {
    return `${this.#paths.config}/tls.d/${fileName(name)}.pem`;
  }

  async #main(): Promise<MainFiles> {
    const paths = await withLogs(this.#machine, this.#paths, this.#logs);
    return mainFiles(paths, this.#options, await this.#listen(), await this.#listenTls());
  }

  async #ownBlock(vhost: Vhost): Promise<OwnFiles> {
    const { config } = this.#paths;
    const operator = await operatorLines(this.#machine, config, vhost);
    const { certificate, files } = await this.#certificate(vhost);
    if (vhost.tls === 'off' && vhost.lines.length === 0 && operator.before.length + operator.after.length === 0)
      return { text: null, files };
    const on = { listen: await this.#listen(), listenTls: await this.#listenTls(), certificate };
    return { text: ownBlockText(vhost, [`${config}/site.conf`], operator, on), files };
  }

  /** What it shows on https, and the file of that, if it is ours to write. */
  async #certificate(vhost: Vhost): Promise<Pick<OwnBlock, 'certificate'> & Pick<OwnFiles, 'files'>> {
    const isOwn = vhost.tls !== 'off' && vhost.certificate === null;
    const path = this.#certificatePath(vhost.name);
    const { pages, redirects } = names(vhost);
    const signed = () => selfSigned(this.#machine, path, [...pages, ...redirects]);
    const text = isOwn ? (vhost.pem?.reveal() ?? (await signed())) : null;
    const given = vhost.certificate ?? { certificatePath: path, keyPath: path };
    return { certificate: vhost.tls === 'off' ? null : given, files: [{ path, text }] };
  }

  #classFiles(vhost: Vhost): readonly Wanted[] {
    const { id, rules, choice } = routingClass(vhost);
    const base = `${this.#paths.config}/class.d/${id}`;
    return [
      { path: `${base}.conf`, text: rules },
      { path: `${base}.map`, text: choice },
    ];
  }

  /** Classes that no site but this one has any more. Called where no other site can come in between. */
  async #unusedClasses(name: string): Promise<readonly Wanted[]> {
    const classes = await this.#machine.find(`${this.#paths.config}/class.d`, {
      names: ['*.conf', '*.map'],
      depthMax: 1,
    });
    const maps = await this.#maps();
    const used = new Set([...maps.values()].flatMap((text) => classesIn(withSection(text, name, null) ?? '')));
    const idOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/\..*$/, '');
    return classes.filter(({ path }) => !used.has(idOf(path))).map(({ path }) => ({ path, text: null }));
  }

  /** A class that came with this site may be another's by now. */
  async #withoutUsedClasses(name: string, old: readonly Wanted[]): Promise<readonly Wanted[]> {
    const unused = new Set((await this.#unusedClasses(name)).map(({ path }) => path));
    const isClass = (path: string): boolean => path.startsWith(`${this.#paths.config}/class.d/`);
    return old.filter(({ path, text }) => text !== null || !isClass(path) || unused.has(path));
  }

  /** The other site that has the name which nginx found twice. Looked for only then: nginx looks at every change. */
  async #taken(name: string, said: string): Promise<Problem | null> {
    const host = /conflicting parameter "([^"]+)"/.exec(said)?.[1];
    const sections = [...(await this.#maps()).values()].flatMap((text) => [...sectionsOf(text)]);
    const other = sections.find(([site, text]) => site !== name && text.includes(`\n${host} `))?.[0];
    return host === undefined || other === undefined ? null : takenName(name, host, other);
  }

  async #maps(): Promise<ReadonlyMap<string, string>> {
    const maps = await this.#machine.find(`${this.#paths.config}/vhost.d`, { names: ['*.map'], depthMax: 1 });
    return this.#machine.readMany(maps.map(({ path }) => path));
  }

  async #listen(): Promise<readonly string[]> {
    const { port, morePorts } = this.#options;
    return listenOn(this.#options, [...new Set([port, ...morePorts])], await this.#hasIpv6());
  }

  async #listenTls(): Promise<readonly string[]> {
    return listenOn(this.#options, [this.#options.tlsPort], await this.#hasIpv6());
  }

  async #hasIpv6(): Promise<boolean> {
    return ((await this.#machine.read('/proc/net/if_inet6')) ?? '') !== '';
  }
}
