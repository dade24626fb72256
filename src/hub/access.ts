import type { EndpointName } from '../api/endpoints.ts';

/** Who asks: an account by its token, or root and aegir through the socket that only they can open. */
export type Caller =
  | { readonly kind: 'local' }
  | { readonly kind: 'account'; readonly accountId: string; readonly name: string };

/**
 * What an endpoint lets one do. Forget one and this does not compile.
 * - read: look. - task: have work done on what is there. - change: make, change and delete rows.
 * - secret: see or make what lets one in. - rule: over hub and accounts.
 */
type Power = 'read' | 'task' | 'change' | 'secret' | 'rule';

const powers: { readonly [Name in EndpointName]: Power } = {
  'client list': 'read',
  'client get': 'read',
  'client create': 'change',
  'client set': 'change',
  'client delete': 'change',
  'account list': 'rule',
  'account get': 'rule',
  'account create': 'rule',
  'account set': 'rule',
  'account delete': 'rule',
  'token list': 'rule',
  'token create': 'rule',
  'token delete': 'rule',
  'server list': 'read',
  'server get': 'read',
  'server create': 'rule',
  'server set': 'rule',
  'server delete': 'rule',
  'server task': 'task',
  'service list': 'read',
  'service get': 'read',
  'service create': 'rule',
  'service set': 'rule',
  'service delete': 'rule',
  'platform list': 'read',
  'platform get': 'read',
  'platform create': 'change',
  'platform set': 'change',
  'platform packages': 'read',
  'platform compare': 'read',
  'platform task': 'task',
  'site list': 'read',
  'site get': 'read',
  'site create': 'change',
  'site clone': 'change',
  'site set': 'change',
  'site discard': 'change',
  'site packages': 'read',
  'package list': 'read',
  'package sites': 'read',
  'site login-link': 'secret',
  'site task': 'task',
  'alias list': 'read',
  'backup list': 'read',
  'backup get': 'read',
  'backup pin': 'change',
  'backup unpin': 'change',
  'backup task': 'task',
  'backup upload': 'change',
  // All of a site is in it, the hashes of its passwords too.
  'backup download': 'secret',
  'task list': 'read',
  'task get': 'read',
  'task log': 'read',
  'task stream': 'read',
  'task cancel': 'task',
  'task retry': 'task',
  'task settle': 'task',
  'platform migrate': 'task',
  'batch create': 'task',
  'batch list': 'read',
  'batch get': 'read',
  'batch members': 'read',
  'batch log': 'read',
  'batch cancel': 'task',
  'batch retry': 'task',
  'queue list': 'read',
  'queue get': 'read',
  'queue set': 'rule',
  'queue turns': 'read',
  'queue runs': 'read',
  'queue pause': 'rule',
  'queue resume': 'rule',
  status: 'read',
  resolve: 'read',
  'engine list': 'read',
  'application list': 'read',
  'task-type list': 'read',
  'setting list': 'rule',
  'setting set': 'rule',
  openapi: 'read',
};

/** All powers for all, until roles come; a caller or endpoint that is not known here may nothing. */
const powersOf: { readonly [Kind in Caller['kind']]: ReadonlySet<Power> } = {
  local: new Set(['read', 'task', 'change', 'secret', 'rule']),
  account: new Set(['read', 'task', 'change', 'secret', 'rule']),
};

/** Fails closed: `endpoint` may be any text. */
export function may(caller: Caller, endpoint: string): boolean {
  if (!Object.hasOwn(powers, endpoint) || !Object.hasOwn(powersOf, caller.kind)) return false;
  // Just looked up: it is one of the keys.
  return powersOf[caller.kind].has(powers[endpoint as EndpointName]);
}
