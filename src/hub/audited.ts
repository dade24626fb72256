import { type EndpointName, endpointOf } from '../api/endpoints.ts';
import { Problem } from '../model/problem.ts';
import type { Caller } from './access.ts';
import { type Actor, audit, type Met } from './audit.ts';
import { bugId, type Hub, type Reader } from './hub.ts';
import type { GivenParts } from './request.ts';

/** One request, as the audit tells of it. */
export interface Request {
  readonly name: EndpointName;
  readonly caller: Caller;
  readonly address: string;
  /** Grows while it is answered: what its names have meant. */
  readonly met: Met[];
  /** Not yet known of one that is no valid request. */
  given?: GivenParts;
}

/** Asked for with GET, and told all the same. */
const secretReads: ReadonlySet<EndpointName> = new Set(['site login-link', 'backup download', 'audit export']);

/** Their handlers tell what is done: in transactions of their own, or of others than who asks. */
const tellThemselves: ReadonlySet<EndpointName> = new Set<EndpointName>([
  ...(['session create', 'session second-factor', 'session passkey', 'single-sign-on finish'] as const),
  ...(['invitation accept', 'session confirm', 'password change', 'totp create'] as const),
  ...(['account impersonate', 'session end-impersonation'] as const),
]);

/** Begun by whoever opens the panel, and nothing is done by it. */
const onlyBegun: ReadonlySet<EndpointName> = new Set<EndpointName>([
  ...(['session passkey-begin', 'single-sign-on begin', 'invitation get'] as const),
]);

/**
 * Of who has not signed in. Guesses are counted before they are looked at, and only those that were looked at are told:
 * nobody fills the audit from outside.
 */
const guesses: ReadonlySet<EndpointName> = new Set(['session create', 'session passkey', 'single-sign-on finish']);

const isGuess = ({ name, met }: Request, error: unknown): boolean =>
  error instanceof Problem && error.code === 'unauthenticated' && (guesses.has(name) || met.length > 0);

const isTold = (name: EndpointName): boolean =>
  (endpointOf(name).method !== 'GET' && !onlyBegun.has(name)) || secretReads.has(name);

/** Of what was done; `answer` as it is given. */
export async function auditDone(tx: Reader, request: Request, answer: object): Promise<void> {
  if (!isTold(request.name) || tellThemselves.has(request.name)) return;
  await audit(tx, { ...common(request, answer), result: 'done' });
}

/**
 * Of what was not; also of what one may not even read. What is wrong with the audit itself must not hide why: it is told
 * to the hub.
 */
export async function auditNotDone(
  { database: { db }, onBug }: Pick<Hub, 'database' | 'onBug'>,
  request: Request,
  error: unknown,
): Promise<void> {
  if (request.caller.kind === 'stranger' && !isGuess(request, error)) return;
  const code = error instanceof Problem ? error.code : 'bug';
  const result = code === 'forbidden' ? 'refused' : 'failed';
  if (!isTold(request.name) && result !== 'refused') return;
  const told = { ...common(request, {}), result, code } as const;
  await audit(db, told).catch((cause: unknown) => {
    const what = `'${told.what}' of ${told.actor.account || 'a stranger'}`;
    onBug(bugId(), new Error(`the audit does not know that ${what} was ${result} (${code})`, { cause }));
  });
}

function common(request: Request, answer: object) {
  const { name, caller, address, met } = request;
  const subject = subjectOf(request, answer);
  const actor = { ...actorOf(caller, address), ...(caller.kind === 'stranger' && claimed(met)) };
  return { actor, what: name, subject, details: detailsOf(request, subject) };
}

export function actorOf(caller: Caller, address: string): Actor {
  if (caller.kind === 'local') return { accountId: null, account: 'local', address: '', means: 'socket' };
  if (caller.kind === 'stranger') return { accountId: null, account: '', address, means: '' };
  const { accountId, name, by, token, session } = caller;
  const means = session ? `session ${session.id}` : `token ${token ?? ''}`;
  return { accountId, account: name, by, address, means };
}

/** Whose account somebody tried to come into. A name that is nobody's is not kept: people type passwords there. */
function claimed(met: readonly Met[]): Partial<Actor> {
  const account = met.find(({ noun }) => noun === 'account');
  return account ? { accountId: account.id, account: account.name } : {};
}

/** What is about one's own account, though nothing names it. */
const ownWays = /^(?:session|password|totp|passkey|recovery-code) /;

/** What the endpoint is about: what was found under its noun, or was made; else what was found first, or was asked for. */
function subjectOf({ name, caller, met, given }: Request, answer: object): Met | null {
  const [noun = ''] = name.split(' ');
  const client = met.find((one) => one.client !== null)?.client ?? null;
  const found = met.find((one) => one.noun === noun) ?? made(noun, answer) ?? met[0];
  if (found) return { ...found, client: found.client ?? (noun === 'client' ? found.id : client) };
  const asked = given?.params['name'] ?? given?.params[noun];
  if (asked !== undefined) return { noun, id: null, name: asked, client };
  return ownWays.test(name) && caller.kind === 'account'
    ? { noun: 'account', id: caller.accountId, name: caller.name, client }
    : null;
}

/** Every answer with what was made has its id and its name: below its noun, or `about` a secret, or in itself. */
function made(noun: string, answer: object): Met | undefined {
  const rows = answer as Readonly<Record<string, unknown>>; // It is what a handler answers.
  for (const [found, row] of [
    [noun, rows[noun]],
    [noun, rows['about']],
    [noun, rows],
    ['account', rows['account']],
  ] as const) {
    if (row === null || typeof row !== 'object' || !('id' in row)) continue;
    const called = 'name' in row ? row.name : 'title' in row ? row.title : row.id;
    return { noun: found, id: String(row.id), name: String(called), client: null };
  }
  return undefined;
}

/** Names of fields, of tasks and of what we know by a name, with whose it is: nothing that a person wrote. */
function detailsOf({ name, met, given }: Request, subject: Met | null): object {
  const body = given?.body !== null && typeof given?.body === 'object' ? (given.body as Record<string, unknown>) : {};
  const task = name.endsWith(' task') || name === 'batch create' ? body['name'] : undefined;
  const others = met.filter(({ noun, id }) => noun !== subject?.noun || id !== subject.id);
  return {
    ...(endpointOf(name).method === 'PATCH' && { fields: Object.keys(body).slice(0, 50) }),
    ...(typeof task === 'string' && { task }),
    ...(body['dryRun'] === true && { dryRun: true }),
    ...(others.length > 0 && {
      also: others.slice(0, 20).map(({ noun, name: called, client }) => ({ noun, name: called, client })),
    }),
  };
}
