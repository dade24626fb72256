import { z } from 'zod';
import type { Machine } from '../../machine/machine.ts';
import { type Changes, putDirectory, putFile } from '../../machine/put.ts';
import { Problem } from '../../model/problem.ts';
import type { LogPosition, RequestsRead } from '../../model/requests.ts';
import { type Engine, type EngineHost, engine } from '../engine.ts';
import { serverName } from '../server-name.ts';
import type { AskedLog, Backend, Door, Http, Reached, Spread, Vhost, Web, Webs } from './http.ts';
import { latest } from './latest.ts';
import { reachedAt, reachedOptions } from './options.ts';
import { fileName } from './rules.ts';

const options = reachedOptions.extend({
  members: z
    .array(serverName)
    .min(1)
    .max(100)
    .describe('Servers whose web servers publish its sites, at the same paths'),
  front: serverName
    .optional()
    .describe('Server whose nginx passes requests on to the members; without, the DNS leads to all of them'),
});
type Options = z.output<typeof options>;

const clusterEngine = (name: string, title: string, isShared: boolean): Engine =>
  engine({
    type: 'http',
    name,
    title,
    options,
    uses: ({ members, front }) => [...new Set([...members, ...(front === undefined ? [] : [front])])],
    open: (host, given) => new Cluster(host, given, isShared),
  });

/** Each member has files of its own: what is on the cluster's server is copied to all. */
export const cluster: Engine = clusterEngine(
  'cluster',
  'Cluster: several servers, each with a copy of the files',
  false,
);
/** The members see the files of the cluster's server, by a disk that all have mounted at the same path. */
export const pack: Engine = clusterEngine(
  'pack',
  'Pack: several servers, with the files on a disk that all share',
  true,
);

/**
 * Sites of a server that publishes nothing itself: it has their files and does all work on them, and the web servers of its
 * members publish them. Which those are, it notes for each site: a member that has left must give back what it has.
 */
class Cluster implements Http {
  readonly #machine: Machine;
  readonly #options: Options;
  readonly #webs: Webs;
  readonly #config: string;
  readonly #platforms: string;
  readonly #isShared: boolean;

  constructor({ machine, paths, webs }: EngineHost, given: Options, isShared: boolean) {
    if (!webs)
      throw new Problem(
        'invalid',
        `the web server of ${machine.name} is a cluster, which can be no member of another`,
        {
          hint: 'Name its members instead.',
        },
      );
    this.#machine = machine;
    this.#options = given;
    this.#webs = webs;
    this.#config = `${paths.config}/${isShared ? 'pack' : 'cluster'}`;
    this.#platforms = paths.platforms;
    this.#isShared = isShared;
  }

  async verify(): Promise<Changes> {
    const changes = await putDirectory(this.#machine, this.#config, { mode: '0700' });
    for (const member of this.#members()) backendOf(member);
    if (this.#isShared) await this.#demandShared();
    return changes;
  }

  /** The members first, then the front, then who has it no more: at any moment those who are asked have it. */
  async create(vhost: Vhost): Promise<Changes> {
    const [members, front] = [this.#members(), this.#front()];
    const before = await this.#noted(vhost.name);
    await this.#note(vhost.name, [...new Set([...before, ...this.#names()])]);
    const changes: string[] = [];
    const on = async ({ server }: Web, action: Promise<Changes>): Promise<void> => {
      changes.push(...(await action).map((change) => `${server}: ${change}`));
    };
    for (const member of members) await on(member, member.http.create(vhost));
    if (front) await on(front, this.#balance(front, vhost, members));
    for (const one of await this.#former(vhost.name)) {
      if (!(await one.http.exists(vhost.name))) continue;
      await one.http.destroy(vhost.name);
      changes.push(`${one.server}: publishes ${vhost.name} no more`);
    }
    if (this.#isShared) await this.#settle(vhost.name);
    for (const name of vhost.replaces) await this.#settle(name);
    return changes;
  }

  async destroy(name: string): Promise<void> {
    const [members, front] = [this.#members(), this.#front()];
    for (const { http } of [...(front ? [front] : []), ...members, ...(await this.#former(name))])
      await http.destroy(name);
    if (this.#isShared) await this.#settle(name);
  }

  async exists(name: string): Promise<boolean> {
    for (const { http } of this.#webs.named) if (await http.exists(name)) return true;
    return false;
  }

  get spread(): Spread | undefined {
    if (this.#isShared) return undefined;
    return {
      // One on the cluster's own server has its files at hand.
      members: this.#members().filter(({ host }) => host !== this.#webs.host),
      former: (name) => this.#former(name),
      settled: (name) => this.#settle(name),
    };
  }

  get reached(): Reached {
    const own = reachedAt(this.#options);
    if (own.host !== null || own.addresses.length > 0) return own;
    const front = this.#front();
    if (front) return front.http.reached;
    return { host: null, addresses: this.#members().flatMap(({ http }) => http.reached.addresses) };
  }

  ownLines(siteName: string): string {
    return `site.d/${siteName} on each of ${this.#names().join(', ')}`;
  }

  address(vhost: Pick<Vhost, 'name' | 'redirection' | 'tls'>): string {
    return this.#entrance().http.address(vhost);
  }

  /** As visitors do: through the front, or by the first member. */
  door(vhost: Pick<Vhost, 'name' | 'redirection' | 'tls'>): Door | null {
    const { http, host } = this.#entrance();
    const door = http.door(vhost);
    if (door === null || host === this.#webs.host) return door;
    const [ip] = http.reached.addresses;
    return ip === undefined ? null : { ...door, ip };
  }

  async log(asked: AskedLog): Promise<readonly string[]> {
    const all = await Promise.all(this.#members().map(({ http }) => http.log(asked)));
    return latest(all, asked.linesMax);
  }

  async putChallenge(token: string, text: string | null): Promise<void> {
    for (const { http } of this.#webs.named) await http.putChallenge(token, text);
  }

  /** What the front has passed on, a member has answered. */
  async requests(positions: readonly LogPosition[]): Promise<RequestsRead | null> {
    const read = await Promise.all(this.#members().map(({ http }) => http.requests(positions)));
    const found = read.filter((one) => one !== null);
    if (found.length === 0) return null;
    return { counts: found.flatMap(({ counts }) => counts), positions: found.flatMap((one) => one.positions) };
  }

  async takers(): Promise<readonly string[]> {
    const all = this.#members().map(async ({ server, http }) => (await http.takers()).map((one) => `${server} ${one}`));
    return (await Promise.all(all)).flat();
  }

  async haveAnswered(takers: readonly string[], limitMs: number): Promise<boolean> {
    const all = this.#members().map(({ server, http }) => {
      const own = takers.filter((one) => one.startsWith(`${server} `)).map((one) => one.slice(server.length + 1));
      return http.haveAnswered(own, limitMs);
    });
    return (await Promise.all(all)).every((one) => one);
  }

  #names(): readonly string[] {
    return this.#options.members;
  }

  #members(): readonly Web[] {
    return this.#names().map((name) => this.#named(name));
  }

  #front(): Web | null {
    const { front } = this.#options;
    return front === undefined ? null : this.#named(front);
  }

  #entrance(): Web {
    return this.#front() ?? this.#named(this.#names()[0] ?? '');
  }

  #named(name: string): Web {
    const web = this.#webs.named.find(({ server }) => server === name);
    if (!web) throw new Problem('bug', `the web server of ${name} was not opened for that of ${this.#machine.name}`);
    return web;
  }

  #balance({ server, http }: Web, vhost: Vhost, members: readonly Web[]): Promise<Changes> {
    if (!http.balance)
      throw new Problem('invalid', `the web server of ${server} cannot pass requests on`, {
        hint: 'Nginx can: choose a server that has it for the front of the cluster, or do without a front.',
      });
    return http.balance(vhost, members.map(backendOf));
  }

  /** A file that is here must be there. */
  async #demandShared(): Promise<void> {
    const path = `${this.#platforms}/.aegir-pack-${this.#machine.name}`;
    await putFile(this.#machine, path, 'Shared by all members of the pack.\n', { mode: '0644' });
    for (const { server, machine } of this.#members())
      if ((await machine.stat(path)) === null)
        throw new Problem(
          'configuration-refused',
          `${server} does not see ${this.#platforms} of ${this.#machine.name}`,
          {
            hint: `Mount it there, at the same path. Where each server is to have files of its own, choose the engine cluster.`,
          },
        );
  }

  /** Names of all servers that may publish the site of this name. */
  async #noted(name: string): Promise<readonly string[]> {
    const text = await this.#machine.read(this.#notePath(name));
    return (text ?? '').split('\n').filter((line) => line !== '');
  }

  async #note(name: string, servers: readonly string[]): Promise<void> {
    await putFile(this.#machine, this.#notePath(name), servers.map((one) => `${one}\n`).join(''), { mode: '0600' });
  }

  #notePath(name: string): string {
    return `${this.#config}/${fileName(name)}`;
  }

  /** A server that the hub has no more cannot be asked for anything. */
  async #former(name: string): Promise<readonly Web[]> {
    const now = new Set(this.#names());
    const former = (await this.#noted(name)).filter((one) => !now.has(one));
    return former.map((one) => this.#webs.find(one)).filter((web) => web !== null);
  }

  /** While it is published it is on the members, and noted as such; else nowhere. */
  async #settle(name: string): Promise<void> {
    if (await this.exists(name)) await this.#note(name, this.#names());
    else await this.#machine.remove(this.#notePath(name));
  }
}

function backendOf({ server, host, http }: Web): Backend {
  const plain = http.door({ name: '', redirection: null, tls: 'off' });
  const tls = http.door({ name: '', redirection: null, tls: 'on' });
  if (plain && tls) return { host, port: plain.port, tlsPort: tls.port };
  throw new Problem('invalid', `the web server of ${server} publishes no sites, so it can be no member of a cluster`, {
    hint: 'Give it the engine nginx or apache, or take it from the members.',
  });
}
