import type { ServerRow, ServiceOnServer, ServiceRow } from '../hub/task-rows/service-rows.ts';
import type { TaskRows } from '../hub/task-rows/task-rows.ts';
import type { Machine } from '../machine/machine.ts';
import { HostKeys } from '../model/host-keys.ts';
import type { Json } from '../model/json.ts';
import { Problem } from '../model/problem.ts';
import type { Secret } from '../model/secret.ts';
import { type Server, type ServerPaths, serverPaths } from '../model/server.ts';
import type { Acme, AcmeAccount } from '../services/acme/acme.ts';
import type { Services } from '../services/engine.ts';
import type { Web } from '../services/http/http.ts';
import type { Catalog, LinesFor } from '../tasks/catalog.ts';
import type { Report } from '../tasks/context.ts';

/** What a loader turns rows into things with hands with. */
export interface Loading {
  readonly rows: TaskRows;
  readonly catalog: Catalog;
  readonly report: Report;
  /** Directory on this worker's own machine through which the hub takes and gives files. An agent has none that the hub sees. */
  readonly transfers: string;
  /** `secrets` are added to those that the machines of this task scrub from what they log. */
  openMachine(server: Server, secrets: readonly Secret[]): Machine;
  openAcme(account: AcmeAccount): Acme;
  /** Those that the server's sshd shows, in the form of known_hosts, whether they are pinned or not. */
  scanHostKeys(server: Server): Promise<string>;
}

/** A server with hands on it. */
export interface OpenServer {
  readonly server: Server;
  readonly paths: ServerPaths;
  readonly machine: Machine;
}

export function openServer(
  loading: Loading,
  { root, hostKeys, ...row }: ServerRow,
  secrets: readonly Secret[],
): OpenServer {
  const server = { ...row, hostKeys: new HostKeys(hostKeys) };
  return { server, paths: serverPaths(root, row.name), machine: loading.openMachine(server, secrets) };
}

export const secretsOf = ({ secrets }: ServiceRow): readonly Secret[] => Object.values(secrets);

type Host = Parameters<Catalog['engines'][number]['open']>[0];

export function openService<Type extends keyof Services>(
  catalog: Catalog,
  type: Type,
  row: ServiceRow,
  host: Host,
): Services[Type] {
  if (row.type !== type) throw new Problem('bug', `service ${row.id} is of type ${row.type}, not ${type}`);
  return openAny(catalog, row, host) as Services[Type]; // `engine()` ties this type to what open answers
}

/** The options with the secret ones among them, as the engine's schema wants them. */
export function openAny(catalog: Catalog, row: ServiceRow, host: Host): ReturnType<Catalog['engines'][number]['open']> {
  const secrets = Object.entries(row.secrets).map(([name, secret]) => [name, secret.reveal()] as const);
  const options: Json = { ...row.options, ...Object.fromEntries(secrets) };
  return findEngine(catalog, row).open(host, options);
}

/** A service wherever it is, with the name of its server. */
export function openWhereItIs<Type extends keyof Services>(
  loading: Loading,
  type: Type,
  row: ServiceOnServer,
): { readonly server: string; readonly service: Services[Type] } {
  const host = { ...openServer(loading, row.server, secretsOf(row)), ...withWebs(loading, row, row.server) };
  return { server: row.server.name, service: openService(loading.catalog, type, row, host) };
}

/** Of a web server that publishes by those of other servers: these. Each is opened when it is wanted. */
export function withWebs(
  loading: Loading,
  row: ServiceRow,
  { host, name: own }: Pick<ServerRow, 'host' | 'name'>,
): Pick<Host, 'webs'> {
  if (!('members' in row.options)) return {};
  const opened = new Map<string, Web>();
  const find = (name: string): Web | null => {
    const known = opened.get(name);
    const web = row.webs.find(({ server }) => server.name === name);
    if (known || !web) return known ?? null;
    const { paths, machine } = openServer(loading, web.server, secretsOf(web));
    const http = openService(loading.catalog, 'http', web, { paths, machine });
    const found = { server: name, host: web.server.host, paths, machine, http };
    opened.set(name, found);
    return found;
  };
  const named = findEngine(loading.catalog, row)
    .uses(row.options)
    .map((name) => {
      const web = find(name);
      if (web) return web;
      throw new Problem('not-found', `there is no web server on ${name}, by which ${own} publishes`, {
        hint: `Give it one, or change the members: aegir service set ${own} http --option 'members=[…]'.`,
      });
    });
  return { webs: { host, named, find } };
}

/** Of a service that names a file service: that one, for what is on the machine of this service. */
export function withFiles(
  { catalog }: Loading,
  files: ServiceOnServer | null,
  { server, ...host }: OpenServer,
): Pick<Host, 'files'> {
  if (files === null) return {};
  const offeredBy = files.server.host === server.host ? {} : { offeredBy: files.server.name };
  return { files: openService(catalog, 'file', files, { ...host, ...offeredBy }) };
}

function findEngine({ engines }: Catalog, { type, engine: name }: ServiceRow): Catalog['engines'][number] {
  const engine = engines.find((one) => one.type === type && one.name === name);
  if (engine) return engine;
  throw new Problem('not-found', `there is no engine '${name}' for ${type}`, {
    hint: 'It came from a plug-in that is not in aegir.config.ts any more: bring it back, or choose another engine.',
  });
}

export const settingsLines = ({ settingsLines }: Catalog, application: string, site: LinesFor): readonly string[] =>
  settingsLines.flatMap((one) => (one.application === application ? one.lines(site) : []));

export const vhostLines = ({ vhostLines }: Catalog, engine: string, site: LinesFor): readonly string[] =>
  vhostLines.flatMap((one) => (one.engine === engine ? one.lines(site) : []));
