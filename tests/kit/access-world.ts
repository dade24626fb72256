import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { type Kysely, sql } from 'kysely';
import { hubApp } from '../../src/hub/app.ts';
import { seal } from '../../src/hub/seal.ts';
import type { Tables } from '../../src/hub/tables.ts';
import { Secret } from '../../src/model/secret.ts';
import { browser, goodPassword, secretOf } from './browser.ts';
import { addPlatform, furnished, publishElsewhere, setStatus, type TestHub } from './hub.ts';

/** Two clients with one of everything each. Whoever is of `acme` must never read the word `umbra`. */
export type Owner = 'acme' | 'umbra';

/** Who asks: a role for the whole hub, a role for acme, one for each of both clients, or none. */
const callers = {
  r: ['administrator'],
  p: ['platform-manager'],
  a: ['account-manager'],
  v: ['viewer'],
  c: ['client', 'acme'],
  l: ['viewer', 'acme'],
  /** client of acme, and viewer of umbra */
  m: ['client', 'acme'],
  n: [],
  /** An account manager, signed in as caller c. */
  i: ['account-manager'],
} as const;
export type Caller = keyof typeof callers;
export const allCallers = Object.keys(callers) as readonly Caller[]; // of the table just above

/** Ids and names of what a client has, and below of what is the hub's own. */
export interface Things extends HubThings {
  readonly client: string;
  readonly site: string;
  /** It moves in stages; the next one could. */
  readonly movedSite: string;
  readonly movableSite: string;
  /** Only planned. */
  readonly plan: string;
  readonly platform: string;
  readonly boss: string;
  readonly backup: string;
  readonly certificate: string;
  readonly queued: string;
  readonly failed: string;
  readonly stuck: string;
  readonly runningBatch: string;
  readonly endedBatch: string;
  readonly membership: string;
  readonly token: string;
  readonly session: string;
  readonly webhook: string;
}

interface HubThings {
  readonly agent: string;
  readonly server: string;
  readonly emptyServer: string;
  readonly serverTask: string;
  readonly platformTask: string;
  /** Of no site here. */
  readonly strayBackup: string;
  readonly spareClient: string;
  readonly administrator: string;
  readonly role: string;
  readonly order: string;
}

export interface AccessWorld {
  readonly hub: TestHub;
  /** As `hub.app`, but what a request has changed is taken back. */
  readonly app: TestHub['app'];
  readonly tokens: Readonly<Record<Caller, string>>;
  /** What shows who it is: the token; of i the cookie of a session. */
  readonly shown: Readonly<Record<Caller, Readonly<Record<string, string>>>>;
  readonly things: Readonly<Record<Owner, Things>>;
  /** The same of what is not there. */
  readonly absent: Things;
}

export async function accessWorld(t: TestContext): Promise<AccessWorld> {
  const hub = await furnished(t);
  const { db } = hub.hub.database;
  for (const name of ['d11', 'acme-d10', 'umbra-d10']) await addPlatform(hub, name);
  await publishElsewhere(hub);
  // Where nobody names a server there is to be one to choose, and no task is run here.
  await sql`update server set status = 'deleted' where name = 'web2'`.execute(db);
  await sql`update platform set sites_found = '[{"directory": "umbra-found"}]'`.execute(db);
  await sql`update platform set source = '{"type": "git", "repository": "https://umbra.example/code.git"}', tree = root where name = 'd11'`.execute(
    db,
  );
  await hub.good('POST', '/api/clients', { name: 'spare' });
  await hub.good('POST', '/api/accounts', { name: 'second', role: 'administrator' });
  await hub.good('POST', '/api/roles', { name: 'editor', permissions: ['site read', 'site login'] });
  await hub.good('POST', '/api/servers', {
    name: 'empty',
    host: 'empty.example.com',
    services: [{ type: 'backup', engine: 'archive' }],
  });
  const { about: agent } = await hub.good('POST', '/api/servers/empty/agents');
  await sql`delete from task`.execute(db);
  const [acme, umbra] = [await thingsOf(hub, 'acme'), await thingsOf(hub, 'umbra')];
  const reserve = { name: 'spares', template: 'umbra.example.com', platform: 'd10', pattern: 'spare-*.example.net' };
  for (const one of [reserve, { ...reserve, name: 'sold' }]) await hub.good('POST', '/api/reserves', one);
  const sold = {
    name: 'shops',
    reserve: 'sold',
    pattern: '{name}.example.com',
    variables: { slogan: 'system.site:slogan' },
  };
  await hub.good('POST', '/api/offers', sold);
  const { order } = await hub.good('POST', '/api/saas/sites', {
    offer: 'shops',
    name: 'umbra-ordered',
    email: 'umbra@example.com',
  });
  await sql`delete from task where subject_name = 'umbra-ordered.example.com'`.execute(db);
  const { task: serverTask } = await hub.good('POST', '/api/servers/master/tasks', { name: 'server verify' });
  const { task: platformTask } = await hub.good('POST', '/api/platforms/d11/tasks', { name: 'platform verify' });
  for (const { id } of [serverTask, platformTask]) await addLine(db, id, 'as it is');
  const ofHub: HubThings = {
    ...{ server: 'master', emptyServer: 'empty', serverTask: serverTask.id, platformTask: platformTask.id },
    ...{ spareClient: 'spare', administrator: 'second', role: 'editor' },
    order: order.id,
    agent: agent.id,
    strayBackup: await addBackup(hub, 'umbra-stray', null),
  };
  return {
    hub,
    app: hubApp({ ...hub.hub, database: { ...hub.hub.database, db: takingBack(db) } }),
    ...(await shownBy(hub)),
    things: { acme: { ...acme, ...ofHub }, umbra: { ...umbra, ...ofHub } },
    absent: absentThings({ ...acme, ...ofHub }),
  };
}

/** Numbers stay numbers, and names names of their kind. */
const absentThings = (things: Things): Things =>
  Object.fromEntries(
    Object.entries(things).map(([key, value], at) => [
      key,
      /^\d+$/.test(value) ? `9000000${at + 10}` : `none-${at + 10}`,
    ]),
  ) as unknown as Things; // each key of it

async function shownBy(hub: TestHub): Promise<Pick<AccessWorld, 'tokens' | 'shown'>> {
  const tokens = {} as Record<Caller, string>; // filled for each just below
  for (const caller of allCallers) {
    const [role, client] = callers[caller];
    const name = `caller-${caller}`;
    await hub.good('POST', '/api/accounts', { name, ...(role && { role }), ...(client && { client }) });
    tokens[caller] = (await hub.good('POST', '/api/tokens', { account: name })).token;
  }
  await hub.good('POST', '/api/memberships', { account: 'caller-m', role: 'viewer', client: 'umbra' });
  const shown = {} as Record<Caller, Readonly<Record<string, string>>>; // likewise
  for (const caller of allCallers) shown[caller] = { authorization: `Bearer ${tokens[caller]}` };
  return { tokens, shown: { ...shown, i: await signedInAs(hub, 'caller-i', 'caller-c') } };
}

/** The headers of a browser in which one is signed in as another. */
async function signedInAs(hub: TestHub, name: string, other: string): Promise<Readonly<Record<string, string>>> {
  const { link } = await hub.good('POST', `/api/accounts/${name}/invitation`);
  const helper = browser(hub);
  await helper.good('POST', '/api/invitation/accept', { secret: secretOf(link), password: goodPassword });
  await helper.session();
  const { csrf } = await helper.good('POST', `/api/accounts/${other}/impersonation`);
  const cookie = [...helper.cookies].map((pair) => pair.join('=')).join('; ');
  return {
    cookie,
    host: 'localhost',
    origin: 'http://localhost',
    'sec-fetch-site': 'same-origin',
    'x-aegir-csrf': csrf,
  };
}

async function thingsOf(hub: TestHub, client: Owner): Promise<Omit<Things, keyof HubThings>> {
  const { db } = hub.hub.database;
  await hub.good('POST', '/api/clients', { name: client });
  await hub.good('PATCH', `/api/platforms/${client}-d10`, { clients: [client] });
  const boss = `${client}-boss`;
  const account = await hub.good('POST', '/api/accounts', { name: boss, role: 'client', client });
  const { about } = await hub.good('POST', '/api/tokens', { account: boss });
  const memberships = await hub.good('GET', `/api/memberships?account=${boss}`);
  const site = `${client}.example.com`;
  const named = (what: string): string => `${client}-${what}.example.com`;
  const [plan, stuckSite] = [named('plan'), named('stuck')];
  const [movedSite, movableSite] = [named('moved'), named('movable')];
  const all = [site, plan, stuckSite, movedSite, movableSite];
  for (const name of all)
    await hub.good('POST', '/api/sites', { name, platform: 'd10', client, dns: 'master', aliases: [`www.${name}`] });
  for (const name of [site, stuckSite, movedSite, movableSite]) await setStatus(hub, 'site', name, 'enabled');
  await sql`delete from task where subject_name = any (${all})`.execute(db);
  await hub.good('POST', `/api/sites/${movedSite}/staged-move`, { platform: 'elsewhere' });
  const queued = await addTask(db, site, 'queued');
  const { id: siteId } = await hub.good('GET', `/api/sites/${site}`);
  await usePackage(db, client, siteId);
  const certificate = `${client}-cert`;
  await hub.good('POST', '/api/certificates', { name: certificate, client, names: [site] });
  await sql`delete from task where subject_name = ${certificate}`.execute(db);
  return {
    ...{ client, site, plan, movedSite, movableSite, boss, queued, certificate },
    platform: `${client}-d10`,
    backup: await addBackup(hub, client, siteId),
    failed: await loggedIn(hub, site, await addTask(db, site, 'failed')),
    stuck: await addTask(db, stuckSite, 'stuck'),
    runningBatch: await addBatch(db, client, 'running', siteId),
    endedBatch: await addBatch(db, client, 'stopped', siteId),
    membership: memberships.items.find((one: { account: string }) => one.account === account.name).id,
    token: about.id,
    session: await addSession(db, account.id),
    webhook: await addWebhook(db, account.id, client),
  };
}

async function addSession(db: Kysely<Tables>, account: string): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    insert into session (account_id, hash, way, user_agent) values (${account}, ${randomBytes(32)}, 'password', '')
    returning id`.execute(db);
  assert.ok(rows[0]);
  return rows[0].id;
}

async function addWebhook(db: Kysely<Tables>, account: string, client: string): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    insert into webhook (account_id, title, url, secret)
    values (${account}, ${client}, ${`https://hook.${client}.example/`}, '') returning id`.execute(db);
  assert.ok(rows[0]);
  return rows[0].id;
}

async function addTask(db: Kysely<Tables>, site: string, status: string): Promise<string> {
  const name = status === 'queued' ? 'site backup' : 'site verify';
  const { rows } = await sql<{ id: string }>`
    insert into task (name, subject_type, subject_id, subject_name, args, locks, timeout_ms, status, ended_at)
    select ${name}, 'site', id, name, '{}', array['site:' || id], 1000, ${status}, case when ${status} <> 'queued' then now() end
    from site where name = ${site} returning id`.execute(db);
  assert.ok(rows[0]);
  return rows[0].id;
}

/** The task left a link and a line of log behind. */
async function loggedIn({ hub }: TestHub, site: string, task: string): Promise<string> {
  const sealed = seal(hub.sealKey, new Secret(`https://${site}/login`), `task_secret.loginLink:${task}`);
  await sql`insert into task_secret (task_id, name, sealed) values (${task}, 'loginLink', ${sealed})`.execute(
    hub.database.db,
  );
  await addLine(hub.database.db, task, `done to ${site}`);
  return task;
}

async function addLine(db: Kysely<Tables>, task: string, text: string): Promise<void> {
  const line = JSON.stringify({ type: 'note', level: 'info', text });
  await sql`insert into event (task_id, seq, data) values (${task}, 1, ${line}::jsonb)`.execute(db);
}

async function addBackup({ hub }: TestHub, name: string, site: string | null): Promise<string> {
  const manifest = { format: 1, site: { name }, application: { name: 'drupal', version: '10.1.2' } };
  const { rows } = await sql<{ id: string }>`
    insert into backup (name, status, site_id, site_name, reason, note, server_id, engine, manifest, bytes)
    select ${`${name}-backup`}, 'enabled', ${site}::bigint, ${name}, 'request', ${`of ${name}`}, id, 'archive',
           ${JSON.stringify(manifest)}::jsonb, 10
    from server where name = 'master' returning id`.execute(hub.database.db);
  await mkdir(hub.transfers, { recursive: true });
  await writeFile(`${hub.transfers}/${name}-backup.tar`, `all of ${name}`);
  assert.ok(rows[0]);
  return rows[0].id;
}

async function addBatch(db: Kysely<Tables>, client: string, status: string, site: string): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    with made as (
      insert into batch (name, noun, title, canary, parallel, failures_max, status)
      values ('site verify', 'site', ${`all of ${client}`}, 1, 1, 1, ${status}) returning id),
    member as (
      insert into batch_member (batch_id, position, subject_id, subject_name)
      select id, 1, ${site}, ${`${client}.example.com`} from made),
    event as (insert into batch_event (batch_id, seq, data)
      select id, 1, jsonb_build_object('type', 'begun', 'subject', ${client}::text) from made)
    select id from made`.execute(db);
  assert.ok(rows[0]);
  return rows[0].id;
}

/** A module that nobody else has, in the site's own directory. */
async function usePackage(db: Kysely<Tables>, client: string, site: string): Promise<void> {
  await sql`
    with made as (insert into package (application, type, name, title)
        values ('drupal', 'module', ${`${client}_module`}, ${client}) returning id),
      released as (insert into release (package_id, version) select id, '1.0' from made returning id),
      placed as (insert into instance (release_id, site_id, path) select id, ${site}, ${client} from released)
    insert into package_on_site (site_id, package_id, enabled) select ${site}, id, true from made`.execute(db);
}

class TakenBack extends Error {
  readonly answer: unknown;
  constructor(answer: unknown) {
    super('taken back');
    this.answer = answer;
  }
}

/** Every transaction is rolled back after it has answered: so requests do not change what the next one finds. */
function takingBack(db: Kysely<Tables>): Kysely<Tables> {
  const execute = (action: (tx: never) => Promise<unknown>): Promise<unknown> =>
    db
      .transaction()
      .execute(async (tx) => {
        throw new TakenBack(await action(tx as never));
      })
      .catch((error: unknown) => {
        if (error instanceof TakenBack) return error.answer;
        throw error;
      });
  return new Proxy(db, {
    get(target, name) {
      if (name === 'transaction') return () => ({ execute });
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
