import { query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import { type Changes, putFile } from '../../machine/put.ts';
import type { LogPosition, RequestsRead } from '../../model/requests.ts';
import { type Detected, type Engine, type EngineHost, engine } from '../engine.ts';
import { apacheMain, listenedIn } from './apache-main.ts';
import { type ApacheBlocks, apacheTexts, writtenFor } from './apache-text.ts';
import { selfSigned } from './certificate.ts';
import { putChallenge } from './challenge.ts';
import { Configuration, type Sign, type Wanted, type WebProgram } from './configuration.ts';
import type { AskedLog, Door, Http, Reached, Vhost } from './http.ts';
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
import { areGone, takersOf } from './takers.ts';
import { lastLines, webLogs, withLogs } from './web-log.ts';

/** Exactly what the sudoers file allows. */
const system: WebProgram = {
  test: ['sudo', '-n', '/usr/sbin/apache2ctl', 'configtest'],
  reload: ['sudo', '-n', '/usr/sbin/apache2ctl', 'graceful'],
  version: ['/usr/sbin/apache2', '-v'],
  pidPath: '/run/apache2/apache2.pid',
  logs: webLogs,
};

const directories = ['pre.d', 'platform.d', 'vhost.d', 'wild.d', 'post.d', 'site.d', 'tls.d'];

/** The engine for a program of this name; tests give a private server's, which has no ports.conf. */
export const apacheEngine = (program: WebProgram, portsPath: string | null): Engine =>
  engine({
    type: 'http',
    name: 'apache',
    title: 'Apache',
    options: webOptions,
    open: (host, options) => new Apache(host, options, program, portsPath),
    detect: (machine) => detect(machine, program),
  });

export const apache: Engine = apacheEngine(system, '/etc/apache2/ports.conf');

async function detect(machine: Machine, { version }: WebProgram): Promise<Detected | null> {
  const { exitCode, stdout, stderr } = await machine.run({ ...query`true`, argv: version, allow: [0, 1, 127] });
  const found = /Apache\/([\d.]+)/.exec(stdout + stderr)?.[1];
  return exitCode === 0 && found !== undefined ? { engine: 'apache', version: found, options: {} } : null;
}

/** One file with the blocks of a site; names with a wildcard stand in a second one, which Apache reads later. */
class Apache implements Http {
  readonly #machine: Machine;
  readonly #options: WebOptions;
  readonly #paths: WebPaths;
  readonly #configuration: Configuration;
  readonly #pidPath: string;
  readonly #logs: string;
  readonly #portsPath: string | null;

  constructor(host: EngineHost, options: WebOptions, program: WebProgram, portsPath: string | null) {
    this.#machine = host.machine;
    this.#options = options;
    this.#paths = webPaths(host, 'apache', options);
    this.#configuration = new Configuration(host.machine, this.#paths, 'Apache', program);
    this.#pidPath = program.pidPath;
    this.#logs = program.logs;
    this.#portsPath = portsPath;
  }

  async verify(): Promise<Changes> {
    const { config, main: mainPath } = this.#paths;
    const made = await this.#configuration.directories(directories);
    const written = await putFile(this.#machine, `${config}/README`, readme('Apache', config), { mode: '0644' });
    const certificate = `${config}/tls.d/default.pem`;
    const main = apacheMain(await withLogs(this.#machine, this.#paths, this.#logs), this.#options, {
      blocks: this.#blocks(),
      blocksTls: this.#blocksTls(),
      listens: await this.#listens(),
    });
    const sign = this.#sign('aegir.invalid', main.mark, '204');
    const changes = await this.#configuration.putMain(
      [
        { path: certificate, text: await selfSigned(this.#machine, certificate, ['default.invalid']) },
        { path: mainPath, text: main.text },
      ],
      sign,
    );
    return [...made, ...written, ...changes];
  }

  async exists(name: string): Promise<boolean> {
    return (await this.#machine.stat(this.#files(name).exact)) !== null;
  }

  async create(vhost: Vhost): Promise<Changes> {
    checkVhost(vhost);
    const { config } = this.#paths;
    const files = this.#files(vhost.name);
    const { pages, redirects } = names(vhost);
    const ownCertificate = vhost.tls !== 'off' && vhost.certificate === null;
    const signed = () => selfSigned(this.#machine, files.pem, [...pages, ...redirects]);
    const pem = ownCertificate ? (vhost.pem?.reveal() ?? (await signed())) : null;
    const blocks: ApacheBlocks = {
      listen: this.#blocks(),
      listenTls: this.#blocksTls(),
      certificate: vhost.certificate ?? { certificatePath: files.pem, keyPath: files.pem },
      operator: await operatorLines(this.#machine, config, vhost),
    };
    const { exact, wild, mark } = apacheTexts(
      vhost,
      await withLogs(this.#machine, this.#paths, this.#logs),
      this.#options,
      blocks,
    );
    return this.#configuration.put({
      wanted: [
        { path: files.pem, text: pem },
        { path: files.exact, text: exact },
        { path: files.wild, text: wild },
        ...vhost.replaces.flatMap((name) => this.#gone(name)),
      ],
      also: async () => {
        await this.#mustBeFree(vhost);
        return [];
      },
      of: `the configuration of ${vhost.name}`,
      secrets: [vhost.database.password, ...(vhost.pem ? [vhost.pem] : [])],
      sign: this.#sign(vhost.name, mark, '204'),
    });
  }

  async destroy(name: string): Promise<void> {
    const files = this.#files(name);
    const text = (await this.#machine.read(files.exact)) ?? '';
    const mark = /aegir\/([0-9a-f]{12})\$/.exec(text)?.[1] ?? '0';
    await this.#configuration.put({
      wanted: this.#gone(name),
      also: async () => [],
      of: `the configuration without ${name}`,
      secrets: [],
      sign: this.#sign(name, mark, '404'),
    });
  }

  /** Apache takes a name twice without a word, and answers with the site whose file it reads first. */
  async #mustBeFree(vhost: Vhost): Promise<void> {
    const { config } = this.#paths;
    const files = this.#files(vhost.name);
    const { pages, redirects } = names(vhost);
    const lineOf = (host: string): readonly string[] => [`  ServerName ${host}`, `  ServerAlias ${host}`];
    const found = await this.#machine.run({
      ...query`grep --recursive --files-with-matches --line-regexp --fixed-strings --file=- ${config}/vhost.d ${config}/wild.d`,
      stdin: `${[...pages, ...redirects].flatMap(lineOf).join('\n')}\n`,
      allow: [0, 1],
      quiet: true,
    });
    const own = [files, ...vhost.replaces.map((name) => this.#files(name))].flatMap(Object.values);
    const path = found.stdout.split('\n').find((one) => one !== '' && !own.includes(one));
    const text = path === undefined ? null : await this.#machine.read(path);
    if (text === null) return;
    const lines = new Set(text.split('\n'));
    const host = [...pages, ...redirects].find((one) => lineOf(one).some((line) => lines.has(line)));
    throw takenName(vhost.name, host ?? vhost.name, writtenFor(text));
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
    const about = asked.log === 'access' ? (name: string) => `^${name} ` : (name: string) => ` \\[host ${name}\\] `;
    return lastLines(this.#machine, `${this.#logs}/apache-${asked.log}.log`, asked, about);
  }

  putChallenge(token: string, text: string | null): Promise<void> {
    return putChallenge(this.#machine, this.#paths.acme, token, text);
  }

  requests(positions: readonly LogPosition[]): Promise<RequestsRead | null> {
    return readRequests(this.#machine, `${this.#logs}/apache-access.log`, positions);
  }

  takers(): Promise<readonly string[]> {
    return takersOf(this.#machine, this.#pidPath);
  }

  haveAnswered(takers: readonly string[], limitMs: number): Promise<boolean> {
    return areGone(this.#machine, this.#pidPath, takers, limitMs);
  }

  /** All that there is of a site. */
  #gone(name: string): readonly Wanted[] {
    const { exact, wild, pem } = this.#files(name);
    return [exact, wild, pem].map((path) => ({ path, text: null }));
  }

  #files(name: string): { readonly exact: string; readonly wild: string; readonly pem: string } {
    const { config } = this.#paths;
    // The more labels a name has the earlier it is read: *.a.example.com comes before *.example.com.
    const labels = String(999 - name.split('.').length);
    return {
      exact: `${config}/vhost.d/${fileName(name)}.conf`,
      wild: `${config}/wild.d/${labels}-${fileName(name)}.conf`,
      pem: `${config}/tls.d/${fileName(name)}.pem`,
    };
  }

  #blocks(): readonly string[] {
    const { port, morePorts } = this.#options;
    return this.#on([...new Set([port, ...morePorts])]);
  }

  #blocksTls(): readonly string[] {
    return this.#on([this.#options.tlsPort]);
  }

  /** '*' is every address of both families. */
  #on(ports: readonly number[]): readonly string[] {
    return listenOn(this.#options, ports, false).map((one) => (/^\d+$/.test(one) ? `*:${one}` : one));
  }

  async #listens(): Promise<readonly string[]> {
    const { port, morePorts, tlsPort } = this.#options;
    const wanted = listenOn(this.#options, [...new Set([port, ...morePorts, tlsPort])], false);
    if (this.#portsPath === null) return wanted;
    const withTls = (await this.#machine.stat('/etc/apache2/mods-enabled/ssl.load')) !== null;
    const open = listenedIn((await this.#machine.read(this.#portsPath)) ?? '', withTls);
    return wanted.filter((one) => !open.has(one));
  }
}
