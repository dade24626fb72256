import type { EndpointName } from '../../src/api/endpoints.ts';
import { by, type Example, everybody, hub, own } from './access-example.ts';
import type { Things } from './access-world.ts';

const verify = { name: 'site verify' };
const paths = { certificatePath: '/etc/ssl/private/a.pem', keyPath: '/etc/ssl/private/a.key' };
const newSite = { name: 'new.example.com', platform: 'd10' };
const found = { ...newSite, import: true, directory: 'found' };
const backedUp = { name: 'backup verify' };

/** Who is signed in may ask, and is answered what is there for them: maybe nothing. */
export const askedByAnyone: ReadonlySet<EndpointName> = new Set([
  'resolve',
  'token create',
  'token delete',
  'view delete',
  'session list',
  'session delete',
  'session end-others',
  ...([
    'notification list',
    'notification choices',
    'notification choose',
    'notification test',
    'webhook list',
    'webhook create',
    'webhook set',
    'webhook delete',
  ] as const),
]);

const stranger = { attempt: 'x', secret: 'x', password: 'not the password of anybody' };

/** What is open answers all alike; one's own ways in are for who is signed in with a browser, and these here have tokens. */
const signIn = {
  'session create': [hub('*', () => ({ body: { name: 'nobody', password: stranger.password } }))],
  'session second-factor': [hub('*', () => ({ body: { attempt: stranger.attempt, code: '123456' } }))],
  'session passkey-begin': [hub('*')],
  'session passkey': [hub('*', () => ({ body: { attempt: stranger.attempt, passkey: { id: 'x' } } }))],
  'invitation get': [hub('*', () => ({ body: { secret: stranger.secret } }))],
  'invitation accept': [hub('*', () => ({ body: { secret: stranger.secret, password: stranger.password } }))],
  'session ways': [hub('*')],
  'single-sign-on begin': [hub('*')],
  'single-sign-on finish': [hub('*', () => ({ body: { search: 'code=x&state=x' } }))],
  'session get': [hub('*')],
  'session set': [hub('', () => ({ body: { title: 'New' } }))],
  'session confirm': [hub('', () => ({ body: { password: stranger.password } }))],
  'session end': [hub('')],
  'session list': [
    hub('*'),
    own('ra', ({ boss }) => ({ query: { account: boss } }), 'ra c'),
    hub('r', ({ administrator }) => ({ query: { account: administrator } }), 'a'),
  ],
  'session delete': [own('ra', by('session'), 'ra')],
  'session end-impersonation': [hub('')],
  'session end-others': [
    hub('*', () => ({ body: {} })),
    own('ra', ({ boss }) => ({ body: { account: boss } }), 'ra c'),
    hub('r', ({ administrator }) => ({ body: { account: administrator } }), 'a'),
  ],
  'password change': [hub('', () => ({ body: { old: stranger.password, new: stranger.password } }))],
  'factor list': [hub('')],
  'totp begin': [hub('')],
  'totp create': [hub('', () => ({ body: { attempt: stranger.attempt, code: '123456' } }))],
  'totp delete': [hub('')],
  'passkey begin': [hub('')],
  'passkey create': [hub('', () => ({ body: { attempt: stranger.attempt, title: 'x', passkey: { id: 'x' } } }))],
  'passkey delete': [hub('', () => ({ params: { passkey: '1' } }))],
  'recovery-code create': [hub('')],
} satisfies Partial<Readonly<Record<EndpointName, readonly Example[]>>>;

const cron = () => ({ params: { name: 'cron' } });
const offer = () => ({ params: { name: 'shops' } });
const reserve = () => ({ params: { name: 'spares' } });
const ofBoss = ({ boss }: Things) => ({ account: boss });
/** One's own, and those of whom one has power over. */
const notifications = {
  'notification list': [hub('*'), own('ra', (things) => ({ query: ofBoss(things) }), 'ra c')],
  'notification choices': [hub('*'), own('ra', (things) => ({ query: ofBoss(things) }), 'ra c')],
  'notification choose': [
    hub('*', () => ({ body: { kind: 'task failed', mail: 'never' } })),
    own('ra', (things) => ({ body: { kind: 'task failed', mail: 'never', ...ofBoss(things) } }), 'ra c'),
  ],
  'notification test': [own('ra', (things) => ({ body: ofBoss(things) }), 'ra c')],
  'webhook list': [hub('*'), own('ra', (things) => ({ query: ofBoss(things) }), 'ra c')],
  'webhook create': [
    hub('*', () => ({ body: { url: 'https://hook.example.com/' } })),
    own('ra', (things) => ({ body: { url: 'https://hook.example.com/', ...ofBoss(things) } }), 'ra c'),
  ],
  'webhook set': [own('ra', by('webhook', { title: 'New' }), 'ra')],
  'webhook delete': [own('ra', by('webhook'), 'ra')],
} satisfies Partial<Readonly<Record<EndpointName, readonly Example[]>>>;

/** Forget an endpoint and this does not compile. */
export const examples: { readonly [Name in EndpointName]: readonly Example[] } = {
  'client list': [hub(everybody)],
  'client get': [own(everybody, by('client'))],
  'client create': [hub('ra', () => ({ body: { name: 'new' } }))],
  'client set': [own('ra', by('client', { title: 'New' }))],
  'client delete': [hub('ra', by('spareClient'))],
  'account list': [hub('ra c')],
  'account get': [own('ra c', by('boss'), 'ra c')],
  'account create': [
    hub('ra', () => ({ body: { name: 'new' } })),
    hub('r', () => ({ body: { name: 'new', role: 'administrator' } }), 'a'),
    own('ra', ({ client }) => ({ body: { name: 'new', role: 'client', client } })),
  ],
  'account set': [own('ra', by('boss', { email: null })), hub('r', by('administrator', { status: 'locked' }), 'a')],
  'account delete': [own('ra', by('boss')), hub('r', by('administrator'), 'a')],
  'account invite': [own('ra', by('boss')), hub('r', by('administrator'), 'a')],
  'account reset-password': [own('ra', by('boss')), hub('r', by('administrator'), 'a')],
  'account reset-factors': [own('ra', by('boss')), hub('r', by('administrator'), 'a')],
  // These here have tokens, and only a browser is another's.
  'account impersonate': [own('', by('boss'), 'ra c')],
  ...signIn,
  'token list': [hub('*')],
  'token create': [
    hub('*', () => ({ body: {} })),
    hub('*', () => ({ body: { scopes: ['read'] } })),
    own('r', ({ boss }) => ({ body: { account: boss } }), 'a c'),
    hub('r', ({ administrator }) => ({ body: { account: administrator } }), 'a'),
  ],
  'token delete': [own('ra', by('token'), 'ra')],
  'permission list': [hub('*')],
  'role list': [hub('ra c')],
  'role get': [hub('ra c', by('role'))],
  'role create': [hub('r', () => ({ body: { name: 'new', permissions: ['site read'] } }))],
  'role set': [hub('r', by('role', { title: 'New' }))],
  'role delete': [hub('r', by('role'))],
  'membership list': [hub('*')],
  'membership create': [
    own('ra', ({ boss, client }) => ({ body: { account: boss, role: 'viewer', client } })),
    own('r', ({ boss }) => ({ body: { account: boss, role: 'administrator' } })),
  ],
  'membership delete': [own('ra', by('membership'))],
  'server list': [hub('rpv')],
  'server get': [hub('rpv', by('server'))],
  'server load': [hub('rpv', by('server'))],
  'server names': [hub('rpv', by('server'))],
  'server bootstrap': [hub('rp', by('emptyServer'))],
  'server create': [hub('rp', () => ({ body: { name: 'new' } }))],
  'server set': [hub('rp', by('server', { title: 'New' }))],
  'server delete': [hub('rp', by('emptyServer'))],
  'server task': [hub('rp', by('server', { name: 'server verify' }))],
  'agent list': [hub('rpv')],
  'agent enrol': [hub('rp', by('emptyServer'))],
  'agent revoke': [hub('rp', by('agent'))],
  'service list': [hub('rpv', by('server'))],
  'service get': [hub('rpv', ({ server }) => ({ params: { name: server, type: 'db' } }))],
  'service create': [hub('rp', by('emptyServer', { type: 'http', engine: 'nginx' }))],
  'service set': [
    hub('rp', ({ server }) => ({ params: { name: server, type: 'http' }, body: { options: { port: 8080 } } })),
  ],
  'service delete': [hub('rp', ({ emptyServer }) => ({ params: { name: emptyServer, type: 'backup' } }))],
  'platform list': [hub(everybody)],
  'platform get': [own(everybody, by('platform'))],
  'platform create': [hub('rp', () => ({ body: { name: 'new', root: '/var/aegir/platforms/new' } }))],
  'platform set': [own('rp', by('platform', { title: 'New' }))],
  'platform drift': [hub('rpv', by('platform'))],
  'platform packages': [own(everybody, by('platform'))],
  'platform compare': [
    own(everybody, ({ site }) => ({ params: { name: 'd11' }, query: { site } })),
    own(everybody, ({ platform }) => ({ params: { name: platform }, query: { from: 'd10' } })),
    hub(everybody, () => ({ params: { name: 'd11' }, query: { from: 'd10' } })),
  ],
  'platform task': [own('rp', by('platform', { name: 'platform verify' }))],
  'platform migrate': [
    hub('rpa c', () => ({ params: { name: 'd10' }, body: { to: 'd11' } })),
    own('rpa c', ({ site }) => ({ params: { name: 'd10' }, body: { to: 'd11', sites: [site] } })),
  ],
  'site list': [hub(everybody), own(everybody, ({ client }) => ({ query: { client } }))],
  'site get': [own(everybody, by('site'))],
  'site create': [
    own('ra c', ({ client }) => ({ body: { ...newSite, client } })),
    own('r', ({ client }) => ({ body: { ...found, client } })),
    own('r', ({ client }) => ({ body: { ...newSite, ...paths, client } })),
  ],
  'site clone': [own('ra c', by('site', { name: 'new.example.com' }))],
  'site set': [
    own('ra c', by('site', { title: 'New' })),
    own('r', by('site', paths)),
    hub('ra', ({ spareClient }) => ({ params: { name: 'acme.example.com' }, body: { client: spareClient } })),
  ],
  'site discard': [own('ra c', by('plan'))],
  'site packages': [own(everybody, by('site'))],
  'site login-link': [own('ra c', by('site'))],
  'site drift': [own(everybody, by('site'))],
  'site web-log': [own(everybody, by('site'))],
  'site task': [
    own('rpa c', by('site', verify)),
    own('ra c', by('site', { name: 'site login' })),
    own('ra c', ({ site, backup }) => ({
      params: { name: site },
      body: { name: 'site restore', args: { backup } },
    })),
    own('r', by('plan', { name: 'site import' })),
  ],
  'staged-move list': [hub(everybody), own(everybody, ({ site }) => ({ query: { site } }))],
  'staged-move get': [own(everybody, by('movedSite'))],
  'staged-move create': [own('rpa c', by('movableSite', { platform: 'elsewhere' }))],
  ...{ 'staged-move cancel': [own('rpa c', by('movedSite'))], 'staged-move resume': [own('rpa c', by('movedSite'))] },
  'package list': [hub(everybody)],
  'package sites': [hub(everybody, () => ({ params: { package: 'umbra_module' } }))],
  'alias list': [hub(everybody), own(everybody, ({ site }) => ({ query: { site } }))],
  'certificate list': [hub(everybody), own(everybody, ({ client }) => ({ query: { client } }))],
  'certificate get': [own(everybody, by('certificate'))],
  'certificate create': [own('ra c', ({ client }) => ({ body: { name: 'new', client } }))],
  'certificate set': [own('ra c', by('certificate', { names: ['new.example.com'] }))],
  'certificate delete': [own('ra c', by('certificate'))],
  'certificate task': [own('rpa c', by('certificate', { name: 'certificate obtain' }))],
  'backup list': [hub(everybody), own(everybody, ({ site }) => ({ query: { site } }))],
  'backup get': [own(everybody, by('backup')), hub('rpav', by('strayBackup'))],
  'backup pin': [own('ra c', by('backup')), hub('ra', by('strayBackup'))],
  'backup unpin': [own('ra c', by('backup'))],
  'backup task': [own('rpa c', by('backup', backedUp)), hub('rpa', by('strayBackup', backedUp))],
  'backup upload': [
    own('ra c', ({ site }) => ({ query: { site }, body: 'a file' })),
    hub('ra', () => ({ body: 'a file' }), 'c'),
  ],
  'backup download': [own('ra c', by('backup')), hub('ra', by('strayBackup'))],
  'task list': [hub(everybody)],
  ...{ 'task get': tasks(), 'task log': tasks(), 'task stream': tasks() },
  'task cancel': [own('rpa c', by('queued')), hub('rp', by('serverTask')), hub('rp', by('platformTask'), 'a')],
  'task retry': [own('rpa c', by('failed'))],
  'task settle': [own('rp', by('stuck'))],
  'batch create': [
    hub('rpa c', () => ({ body: { ...verify, matching: {} } })),
    own('rpa c', ({ site }) => ({ body: { ...verify, sites: [site] } })),
    own('ra c', ({ site }) => ({ body: { name: 'site login', sites: [site] } })),
    own('rpa c', ({ client }) => ({ body: { ...verify, matching: { client } } })),
  ],
  'batch list': [hub(everybody)],
  'batch get': [own(everybody, by('runningBatch'))],
  'batch members': [own(everybody, by('runningBatch'))],
  'batch log': [own(everybody, by('runningBatch'))],
  'batch cancel': [own('rpa c', by('runningBatch'))],
  'batch retry': [own('rpa c', by('endedBatch'))],
  ...notifications,
  'queue list': [hub('rpv')],
  ...{ 'queue get': [hub('rpv', cron)], 'queue turns': [hub('rpv', cron)], 'queue runs': [hub('rpv', cron)] },
  'queue set': [hub('r', () => ({ params: { name: 'cron' }, body: { limit: 4 } }))],
  'queue pause': [hub('r', () => ({ params: { name: 'task' } }))],
  'queue resume': [hub('r', () => ({ params: { name: 'task' } }))],
  ...{ 'reserve list': [hub('rpv')], 'reserve get': [hub('rpv', reserve)], 'reserve spares': [hub('rpv', reserve)] },
  'reserve create': [
    hub('r', () => ({ body: { name: 'new', template: 'umbra.example.com', pattern: 'new-*.example.com' } })),
  ],
  'reserve set': [hub('r', () => ({ ...reserve(), body: { full: 4 } }))],
  ...{ 'reserve delete': [hub('r', reserve)], 'reserve flush': [hub('r', reserve)] },
  'reserve claim': [own('ra c', ({ client }) => ({ ...reserve(), body: { name: 'new.example.com', client } }))],
  ...{ 'offer list': [hub('rpv')], 'offer get': [hub('rpv', offer)], 'offer delete': [hub('r', offer)] },
  'offer create': [hub('r', () => ({ body: { name: 'new', reserve: 'spares', pattern: '{name}.new.example.com' } }))],
  'offer set': [hub('r', () => ({ ...offer(), body: { dailyMax: 4 } }))],
  'order create': [
    hub('r', () => ({
      body: { offer: 'shops', name: 'cakes', email: 'ana@example.com', values: { slogan: 'Cakes' } },
    })),
  ],
  'order list': [hub('ra')],
  'order get': [hub('ra', ({ order }) => ({ params: { order } }))],
  'statistic list': [hub(everybody), own(everybody, ({ site }) => ({ query: { site } }))],
  'statistic days': [hub(everybody), own(everybody, ({ client }) => ({ query: { client } }))],
  'statistic export': [hub(everybody), own(everybody, ({ site }) => ({ query: { site } }))],
  home: [hub('*')],
  status: [hub('rpv')],
  metrics: [hub('rpv')],
  resolve: [
    own(everybody, ({ site }) => ({ params: { context: `@${site}` } })),
    own(everybody, ({ platform }) => ({ params: { context: `@platform_${platform}` } })),
    hub('rpv', ({ server }) => ({ params: { context: `@server_${server}` } })),
  ],
  'engine list': [hub('*')],
  'application list': [hub('*')],
  'task-type list': [hub('*')],
  'setting list': [hub('r')],
  'setting set': [hub('r', () => ({ params: { name: 'site.run-user' }, body: { value: 'www-data' } }))],
  'audit list': [hub('ra c', () => ({ query: { result: 'done' } }))],
  'audit export': [hub('ra c', () => ({ query: { result: 'done' } }))],
  'view list': [hub('*')],
  'view create': [hub('*', () => ({ body: { list: 'site list', name: 'mine', search: { status: 'failed' } } }))],
  'view delete': [hub('', () => ({ params: { view: '9000' } }))],
  openapi: [hub('*')],
};

function tasks(): readonly Example[] {
  return [own(everybody, by('failed')), hub('rpv', by('serverTask')), hub('rpav', by('platformTask'))];
}
