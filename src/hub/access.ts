import type { EndpointName } from '../api/endpoints.ts';
import { everything, isPermission, permissions } from '../model/permission.ts';
import { Problem } from '../model/problem.ts';
import { ofOneOffer, onlyOneself, rules } from './rules.ts';

/**
 * Who asks: root and aegir through the socket that only they can open, an account, or a stranger at an endpoint that is open
 * to all.
 */
export type Caller = { readonly kind: 'local' } | { readonly kind: 'stranger' } | AccountCaller;

/** An account that is signed in. */
export interface SignedIn {
  readonly kind: 'account';
  readonly accountId: string;
  readonly name: string;
  /** Who really is there, when signed in as another; what is done is done with the other's rights. */
  readonly by?: { readonly accountId: string; readonly name: string };
  /** What a token is limited to, as in a role's permissions; left out: to nothing, it may what its account may. */
  readonly scopes?: readonly string[];
  /** By its browser. */
  readonly session?: CallingSession;
  /** By a token that is for the orders of this offer, and nothing else: its id. */
  readonly offer?: string;
  /** By a token: its id. */
  readonly token?: string;
}

export interface CallingSession {
  readonly id: string;
  /** When its person last showed who they are. */
  readonly confirmedAt: Date;
  /** Its account must have a second factor, and has none yet. */
  readonly lacksFactor: boolean;
}

export interface AccountCaller extends SignedIn {
  /** As they were when the request came. */
  readonly grants: readonly Grant[];
}

/** What one membership lets an account do. */
export interface Grant {
  readonly role: string;
  readonly permissions: ReadonlySet<string>;
  /** Id; null: of the whole hub. */
  readonly client: string | null;
}

/** Whose a thing is: a client's, by its id; null: the hub's own. */
export interface Owned {
  readonly client: string | null;
}

/**
 * Whether this may be asked: of a subject; without one, of any at all. `endpoint` may be any text: what is not known is
 * refused. This and `mayDo` decide all, from what was loaded with the request.
 */
export function may(caller: Caller, endpoint: string, subject?: Owned): boolean {
  if (!Object.hasOwn(rules, endpoint)) return false;
  const name = endpoint as EndpointName; // Just looked up.
  if (caller.kind === 'account' && caller.by && onlyOneself.has(name)) return false;
  if (caller.kind === 'account' && caller.offer !== undefined && !ofOneOffer.has(name)) return false;
  const rule = rules[name];
  if (rule === 'open') return isKnown(caller) || caller.kind === 'stranger';
  if (rule === 'anyone') return isKnown(caller);
  return rule.some((permission) => mayDo(caller, permission, subject));
}

/** The same of a permission or of the name of a task type. */
export function mayDo(caller: Caller, permission: string, subject?: Owned): boolean {
  const clients = reach(caller, permission);
  if (clients === 'all') return true;
  if (subject === undefined) return clients.length > 0;
  return subject.client !== null && clients.includes(subject.client);
}

/** Ids of the clients for whose things one has a permission; 'all': also for what is the hub's own. */
export function reach(caller: Caller, permission: string): 'all' | readonly string[] {
  if (caller.kind === 'local') return 'all';
  if (caller.kind !== 'account') return [];
  if (caller.scopes && !holds(new Set(caller.scopes), permission)) return [];
  const grants = caller.grants.filter((grant) => holds(grant.permissions, permission));
  if (grants.some(({ client }) => client === null)) return 'all';
  if (isOfHub(permission)) return [];
  return [...new Set(grants.flatMap(({ client }) => client ?? []))];
}

const isKnown = ({ kind }: Caller): boolean => kind === 'local' || kind === 'account';

/** Who asks for `site task` may not mean all of them: one will do until it is known which. */
const holds = (held: ReadonlySet<string>, wanted: string): boolean =>
  holdsAllOf(held, wanted) || [...held].some((one) => !isPermission(one) && `${nounOf(one)} task` === wanted);

/** `site task` is every task type of sites. */
const holdsAllOf = (held: ReadonlySet<string>, wanted: string): boolean =>
  held.has(everything) || held.has(wanted) || (!isPermission(wanted) && held.has(`${nounOf(wanted)} task`));

const nounOf = (permission: string): string => permission.split(' ')[0] ?? '';

/** Nobody gives to another, or takes away, what they may not themselves. */
export function covers(caller: Caller, role: Pick<Grant, 'permissions' | 'client'>): boolean {
  if (caller.kind === 'local') return true;
  if (caller.kind !== 'account') return false;
  const { scopes, grants } = caller;
  const own = grants.filter(({ client }) => client === null || client === role.client);
  return [...role.permissions]
    .filter((wanted) => role.client === null || !isOfHub(wanted)) // For a client that means nothing.
    .every((wanted) => inScope(scopes, wanted) && own.some((grant) => holdsAllOf(grant.permissions, wanted)));
}

const isOfHub = (permission: string): boolean => isPermission(permission) && permissions[permission].of === 'hub';
/** Of a token that is limited. */
export const inScope = (scopes: readonly string[] | undefined, wanted: string): boolean =>
  scopes === undefined || holdsAllOf(new Set(scopes), wanted);

/** For a person, or null when one may. */
export function whyNotAllowed(caller: Caller, permission: string, subject: Owned): string | null {
  return mayDo(caller, permission, subject) ? null : `${rolesIn(caller, subject)} may not do this.`;
}

export const refused = (caller: Caller, what: string, subject?: Owned): Problem =>
  new Problem('forbidden', `you may not ${what}`, {
    hint:
      caller.kind === 'account' && caller.by
        ? `You are signed in as ${caller.name}, and may what both of you may, and nothing that is only theirs to do.`
        : `${rolesIn(caller, subject)} may not. Ask an administrator for one that may.`,
  });

/** 'Your role viewer', of all roles that one has there. */
function rolesIn(caller: Caller, subject?: Owned): string {
  const grants = caller.kind === 'account' ? caller.grants : [];
  const there = grants.filter(({ client }) => subject === undefined || client === null || client === subject.client);
  const names = [...new Set(there.map(({ role }) => role))].toSorted();
  if (names.length === 0) return 'You have no role here, and without one you';
  if (caller.kind === 'account' && caller.scopes)
    return `Your token, or your role${names.length > 1 ? 's' : ''} ${names.join(', ')}`;
  return `Your role${names.length > 1 ? 's' : ''} ${names.join(' and ')}`;
}
