import type { Answer } from '../api/endpoints.ts';
import { Problem } from '../model/problem.ts';
import { call, finish } from './hub-call.ts';
import { answerOf } from './open-site.ts';
import { type FoundPlatform, platformAtHand, platformFrom } from './platform-source.ts';
import type { Did, Say } from './screen.ts';
import { type DatabaseEngine, tlsPortOf, type WebEngine } from './up-options.ts';

const serverName = 'master';

type Service = Answer<'server get'>['services'][number];

export interface Choices {
  readonly http: WebEngine;
  readonly db: DatabaseEngine;
  readonly port: number;
}

/** What `call` answers, or null where the hub knows no such thing. */
export const orNull = <T>(asked: Promise<T>): Promise<T | null> =>
  asked.catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'not-found') return null;
    throw error;
  });

/** What the hub knows of this machine; null before the first ./up came that far. */
export async function choicesOf(): Promise<Choices | null> {
  const server = await orNull(call('server get', { params: { name: serverName } }));
  const http = server?.services.find(({ type }) => type === 'http');
  const db = server?.services.find(({ type }) => type === 'db');
  if (!http || !db) return null;
  // These engines are those that ./up set; another one that a person chose is not one ./up can carry on with.
  return { http: http.engine as WebEngine, db: db.engine as DatabaseEngine, port: Number(http.options['port'] ?? 80) };
}

export async function makeServer(choices: Choices, say: Say): Promise<Did> {
  const params = { name: serverName };
  const httpOptions = { port: choices.port, tlsPort: tlsPortOf(choices.port) };
  const wanted = [
    { type: 'http', engine: choices.http, options: httpOptions },
    { type: 'db', engine: choices.db, options: {} },
  ];
  const server = await orNull(call('server get', { params }));
  if (!server) {
    const { task } = await call('server create', { body: { name: serverName, services: wanted } });
    await finish(task, say);
    return 'made @server_master and verified it';
  }
  const did: string[] = [];
  for (const service of wanted) {
    const there = server.services.find(({ type }) => type === service.type);
    if (there && isSo(there, service)) continue;
    say(`${service.type} by ${service.engine}`);
    await setService(there !== undefined, service, say);
    did.push(
      `${service.type} is ${service.engine}${'port' in service.options ? ` on port ${service.options.port}` : ''} now`,
    );
  }
  if (did.length === 0 && server.status !== 'enabled') {
    const { task } = await call('server task', { params, body: { name: 'server verify' } });
    await finish(task, say);
    did.push('verified it');
  }
  return did.join(', ') || null;
}

type WantedService = { readonly type: string; readonly engine: string; readonly options: Record<string, unknown> };

const isSo = (there: Service, { engine, options }: WantedService): boolean =>
  there.engine === engine && Object.entries(options).every(([key, value]) => there.options[key] === value);

async function setService(isThere: boolean, { type, engine, options }: WantedService, say: Say): Promise<void> {
  const params = { name: serverName };
  if (!isThere) {
    const { task } = await call('service create', { params, body: { type, engine, options } });
    return finish(task, say);
  }
  const { tasks } = await call('service set', { params: { ...params, type }, body: { engine, options } });
  await finishAll(tasks, say);
}

/** A site may have been verified before its server was: what failed is asked for once more when the others are through. */
async function finishAll(tasks: readonly Answer<'task retry'>[], say: Say): Promise<void> {
  const failed: Answer<'task retry'>[] = [];
  for (const task of tasks)
    await finish(task, say).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      failed.push(task);
    });
  for (const task of failed) await finish(await call('task retry', { params: { task: task.id } }), say);
}

/** The platform to make a site on: the one that was asked for, else the one that is there, else one that can be had. */
export async function makePlatform(given: string | undefined, say: Say): Promise<{ name: string; did: Did }> {
  if (given === undefined) {
    const { items } = await call('platform list', { query: { server: serverName, status: 'enabled', limit: 1 } });
    if (items[0]) return { name: items[0].name, did: null };
  }
  const found = given === undefined ? await platformAtHand(say) : await platformFrom(given, say);
  return { name: found.name, did: [found.did, await register(found, say)].filter(Boolean).join(', ') || null };
}

async function register({ name, root, source }: FoundPlatform, say: Say): Promise<Did> {
  const params = { name };
  const platform = await orNull(call('platform get', { params }));
  if (!platform) {
    const { task } = await call('platform create', { body: { name, root, source, server: serverName } });
    await finish(task, say);
    return `made @platform_${name}`;
  }
  // What is built has its document root in it.
  if (platform.root !== root && !platform.root.startsWith(`${root}/`))
    throw new Problem('conflict', `the platform ${name} lies in ${platform.root}, not in ${root}`, {
      hint: 'Rename the directory, or make the platform by hand: aegir platform create --help',
    });
  if (platform.status === 'enabled') return null;
  const { task } = await call('platform task', { params, body: { name: 'platform verify' } });
  await finish(task, say);
  return 'verified it';
}

export const defaultSiteName = 'site1.aegir.localhost';

export interface SiteWish {
  readonly name: string;
  readonly platform: string;
  readonly profile: string | undefined;
}

export async function makeSite({ name, platform, profile }: SiteWish, say: Say): Promise<Did> {
  const params = { name };
  const site = await orNull(call('site get', { params }));
  if (!site || site.status === 'deleted') {
    const body = { name, platform, ...(profile !== undefined && { profile }) };
    const { task } = await call('site create', { body });
    await finish(task, say);
    return `installed ${name} on @platform_${platform}`;
  }
  if (site.status === 'disabled' || (site.status === 'enabled' && (await isServed(site.url)))) return null;
  const again = site.status === 'enabled' ? 'site verify' : 'site install';
  const { task } = await call('site task', { params, body: { name: again } });
  await finish(task, say);
  return again === 'site verify' ? 'did not answer, so verified it' : `installed ${name} on @platform_${site.platform}`;
}

/** Whatever a site itself may answer; 404 is what the web server says of a name that nobody has. */
async function isServed(url: string): Promise<boolean> {
  const status = await answerOf(url);
  return status !== null && status !== 404 && status < 500;
}

/** A fresh one each time: it opens once. Null for a site that is switched off. */
export async function loginLink(name: string, say: Say): Promise<string | null> {
  const params = { name };
  const site = await call('site get', { params });
  if (site.status !== 'enabled') return null;
  const { task } = await call('site task', { params, body: { name: 'site login' } });
  await finish(task, say);
  return (await call('site login-link', { params, query: { task: task.id } })).link;
}
