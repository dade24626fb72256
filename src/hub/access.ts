import type { EndpointName } from '../api/endpoints.ts';

/**
 * Who asks: an account by its token or its browser's session, root and aegir through the socket that only they can open, or
 * a stranger at an endpoint that is open to all.
 */
export type Caller =
  | { readonly kind: 'local' }
  | { readonly kind: 'stranger' }
  | {
      readonly kind: 'account';
      readonly accountId: string;
      readonly name: string;
      readonly session?: CallingSession;
    };

export interface CallingSession {
  readonly id: string;
  /** When its person last showed who they are. */
  readonly confirmedAt: Date;
  /** Its account must have a second factor, and has none yet. */
  readonly lacksFactor: boolean;
}

/**
 * What an endpoint lets one do. Forget one and this does not compile.
 * - open: come in. - self: one's own account and sessions.
 * - read: look. - task: have work done on what is there. - change: make, change and delete rows.
 * - secret: see or make what lets one in. - rule: over hub and accounts.
 */
type Power = 'open' | 'self' | 'read' | 'task' | 'change' | 'secret' | 'rule';

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
  'account invite': 'rule',
  'account reset-password': 'rule',
  'account reset-factors': 'rule',
  'session create': 'open',
  'session second-factor': 'open',
  'session passkey-begin': 'open',
  'session passkey': 'open',
  'factor list': 'self',
  'totp begin': 'self',
  'totp create': 'self',
  'totp delete': 'self',
  'passkey begin': 'self',
  'passkey create': 'self',
  'passkey delete': 'self',
  'recovery-code create': 'self',
  'session get': 'self',
  'session set': 'self',
  'session confirm': 'self',
  'session end': 'self',
  'session list': 'self',
  'session delete': 'self',
  'session end-others': 'self',
  'password change': 'self',
  'invitation get': 'open',
  'invitation accept': 'open',
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
  local: new Set(['open', 'self', 'read', 'task', 'change', 'secret', 'rule']),
  account: new Set(['open', 'self', 'read', 'task', 'change', 'secret', 'rule']),
  stranger: new Set(['open']),
};

/** Fails closed: `endpoint` may be any text. */
export function may(caller: Caller, endpoint: string): boolean {
  if (!Object.hasOwn(powers, endpoint) || !Object.hasOwn(powersOf, caller.kind)) return false;
  // Just looked up: it is one of the keys.
  return powersOf[caller.kind].has(powers[endpoint as EndpointName]);
}
