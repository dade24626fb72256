import { type Context, Hono } from 'hono';
import { type EndpointName, endpointNames, endpointOf } from '../api/endpoints.ts';
import { speakOfInput } from '../model/input-words.ts';
import { Problem, problemCodes, problemJson } from '../model/problem.ts';
import { type Caller, may, refused } from './access.ts';
import { agentApp } from './agent/app.ts';
import { exportAudit } from './audit-export.ts';
import { auditDone, auditNotDone, type Request as Told } from './audited.ts';
import { downloadBackup, uploadBackup } from './backup-files.ts';
import { etagIn } from './etag.ts';
import { type Direct, handlers } from './handlers.ts';
import { everywhere, mayBeFramed, onlyEncrypted, unkept } from './headers.ts';
import { bugId, type Hub } from './hub.ts';
import { keepAnswer, takeKey } from './idempotency.ts';
import { demandTakesIfMatch, demandUnchanged } from './if-match.ts';
import { codeOf, inTransaction } from './in-transaction.ts';
import { metricsText } from './metrics.ts';
import { type Panel, panelAnswer } from './panel.ts';
import { type RateLimits, rateLimits } from './rate-limit.ts';
import { type GivenParts, readRequest } from './request.ts';
import { callerOf } from './sign-in/caller.ts';
import { type Origin, type Visit, visitOf } from './sign-in/visit.ts';
import { answerSignUp, signUpPages } from './sign-up/pages.ts';
import { statisticsCsv } from './statistics.ts';
import { streamTask } from './task-stream.ts';

type App = Hono<{ Bindings: Origin }>;
type Request = Context<{ Bindings: Origin }>;

/** The hub as it is asked: `app.fetch(request, { local })`. */
export function hubApp(hub: Hub, panel: Panel = new Map()): App {
  speakOfInput();
  const app: App = new Hono();
  const limits = rateLimits(hub.database.db);
  app.use(async (context, next) => {
    await next();
    const https = !context.env?.local && visitOf(context.req.raw, context.env ?? {}).secure;
    for (const [name, value] of Object.entries({ ...everywhere, ...unkept, ...(https && onlyEncrypted) }))
      if (!context.res.headers.has(name) && !(name === 'x-frame-options' && mayBeFramed(context.res.headers)))
        context.header(name, value);
  });
  app.onError((error, context) => answerProblem(hub, error, context));
  app.notFound((context) => answerProblem(hub, nothingHere(context), context));
  // Where Prometheus looks unless it is told otherwise.
  app.get('/metrics', (context) => answer(hub, limits, 'metrics', context));
  for (const name of endpointNames) {
    const { method, path } = endpointOf(name);
    app.on(method, path, (context) => answer(hub, limits, name, context));
  }
  app.route('/api/agent', agentApp(hub));
  for (const { method, path, page } of signUpPages) app.on(method, path, (context) => answerSignUp(hub, page, context));
  app.get(
    '*',
    (context, next) => (context.req.path.startsWith('/api/') ? null : panelAnswer(panel, context)) ?? next(),
  );
  return app;
}

async function answer(hub: Hub, limits: RateLimits, name: EndpointName, context: Request): Promise<Response> {
  const endpoint = endpointOf(name);
  const origin = context.env ?? {};
  const visit = visitOf(context.req.raw, origin);
  const who = () => callerOf(hub.database.db, endpoint, context.req.raw, origin, visit);
  const caller = await who();
  // Before the audit: whoever is asked to wait does not fill it.
  await limits.count(name, caller, visit, (headers) => {
    for (const [header, value] of Object.entries(headers)) context.header(header, value);
  });
  const told: Told = { name, caller, address: visit.address ?? '', met: [] };
  try {
    if (!may(caller, name)) throw refused(caller, `ask for '${name}'`);
    return await permitted(hub, { caller, who, visit, told }, context);
  } catch (error) {
    await auditNotDone(hub, told, error);
    throw error;
  }
}

/** Who asks, and how that is found out again. */
interface Asker {
  readonly caller: Caller;
  readonly visit: Visit;
  readonly told: Told;
  who(): Promise<Caller>;
}

async function permitted(hub: Hub, asker: Asker, context: Request): Promise<Response> {
  const { told, visit } = asker;
  const { name } = told;
  const endpoint = endpointOf(name);
  const { given, text } = await readRequest(endpoint, context.req.raw, context.req.param());
  told.given = given;
  const gone = context.req.raw.signal;
  if (isDirect(name)) return answerDirectly(hub, name, { ...asker, gone, given }, context);
  const key = endpoint.method === 'POST' && !endpoint.open ? context.req.header('idempotency-key') : undefined;
  const ifMatch = endpoint.method === 'GET' ? undefined : context.req.header('if-match');
  const request = `${endpoint.method} ${context.req.url}\n${text}`;
  const { status, body } = await handled(hub, name, { ...asker, gone, given, key, ifMatch, request });
  const etag = etagIn(name, body);
  if (etag !== undefined) context.header('etag', etag);
  for (const cookie of visit.cookies) context.header('set-cookie', cookie, { append: true });
  // The table says which it may be; Hono wants to see it.
  return context.json(body, status as 200);
}

const direct: ReadonlySet<EndpointName> = new Set<Direct>([
  'task stream',
  'backup upload',
  'backup download',
  'metrics',
  'statistic export',
  'audit export',
]);
const isDirect = (name: EndpointName): name is Direct => direct.has(name);

/** What is given has just been checked with the schemas of its endpoint. */
async function answerDirectly(
  hub: Hub,
  name: Direct,
  { caller, who, visit, gone, given, told }: Asker & Pick<Handled, 'gone' | 'given'>,
  context: Request,
): Promise<Response> {
  const asked = { hub, caller, visit, gone, endpoint: name, met: told.met, tx: hub.database.db };
  switch (name) {
    case 'task stream': {
      const where = { task: given.params['task'] ?? '', lastEventId: context.req.header('last-event-id') };
      return streamTask(asked, where, who);
    }
    case 'metrics':
      return context.body(await metricsText(hub), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    case 'statistic export':
      return context.body(await statisticsCsv(asked, given.query as never), 200, {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': 'attachment; filename="statistics.csv"',
      });
    case 'backup upload':
      return context.json(
        await uploadBackup(given as never, asked, context.req.raw.body, (tx, answer) => auditDone(tx, told, answer)),
        201,
      );
    case 'backup download': {
      const file = await downloadBackup(given as never, asked);
      await auditDone(asked.tx, told, {});
      return context.body(file.stream, 200, {
        'content-type': 'application/x-tar',
        'content-length': String(file.bytes),
        'content-disposition': `attachment; filename="${file.name}"`,
      });
    }
    case 'audit export': {
      const { type, extension, stream } = await exportAudit(given as never, asked);
      await auditDone(asked.tx, told, {});
      const disposition = `attachment; filename="audit.${extension}"`;
      return context.body(stream, 200, { 'content-type': type, 'content-disposition': disposition });
    }
  }
}

interface Handled {
  readonly caller: Caller;
  readonly visit: Visit;
  readonly gone: AbortSignal;
  readonly given: GivenParts;
  readonly told: Told;
  readonly key: string | undefined;
  readonly ifMatch: string | undefined;
  readonly request: string;
}

/**
 * These make a transaction of their own, or several. `batch cancel` has one for each of its tasks; asked again, it does
 * nothing more.
 */
const alone: ReadonlySet<EndpointName> = new Set([
  'batch cancel',
  // What is sent is sent, whatever becomes of a transaction.
  'notification test',
  // A guess stays counted when it was wrong, and no transaction waits for a password to be hashed.
  'session create',
  'session second-factor',
  'session passkey-begin',
  'session passkey',
  'single-sign-on begin',
  'single-sign-on finish',
  'session confirm',
  'totp create',
  'password change',
  'invitation accept',
]);

async function handled(
  hub: Hub,
  name: Exclude<EndpointName, Direct>,
  { caller, visit, gone, given, told, key, ifMatch, request }: Handled,
): Promise<{ readonly status: number; readonly body: object }> {
  const { db } = hub.database;
  const { method, status = 200, once } = endpointOf(name);
  // What was given has just been checked with the schemas that the handler's type is computed from.
  const handler = handlers[name] as unknown as (given: unknown, asked: unknown) => Promise<object>;
  const asking = { hub, caller, visit, gone, endpoint: name, met: told.met };
  if (ifMatch !== undefined) demandTakesIfMatch(name);
  if (method === 'GET' || alone.has(name)) {
    const body = await handler(given, { ...asking, tx: db });
    await auditDone(db, told, body);
    return { status, body };
  }
  return inTransaction(db, async (tx) => {
    const repeated = key === undefined ? null : await takeKey(tx, caller, key, request);
    if (repeated) return { status: repeated.status, body: repeated.answer };
    told.met.length = 0; // It may be the second attempt.
    if (ifMatch !== undefined) await demandUnchanged({ ...asking, tx }, name, given, ifMatch);
    const body = await handler(given, { ...asking, tx });
    await auditDone(tx, told, body);
    if (key !== undefined) await keepAnswer(tx, caller, key, status, once ? null : body);
    return { status, body };
  });
}

const nothingHere = (context: Request): Problem =>
  new Problem('not-found', 'there is nothing at this address', {
    hint: context.req.path.startsWith('/api/')
      ? 'GET /api/openapi.json says what there is.'
      : 'The panel is at /; where it is not, npm run build makes it.',
  });

/** RFC 9457. What is not a Problem is our fault: it is told by a number only, under which the whole of it is logged. */
function answerProblem(hub: Hub, error: unknown, context: Request): Response {
  const known = error instanceof Problem && error.code !== 'bug' ? error : bug(hub, error);
  const { code, message, hint, causes, fields, retryAfterMs } = problemJson(known);
  const { title } = problemCodes[code];
  // What is away and will be back is our own database; other servers have no such time.
  const isAway = code === 'server-unreachable' && retryAfterMs !== undefined;
  const status = isAway ? 503 : problemCodes[code].status;
  const document = {
    type: `urn:aegir:problem:${code}`,
    title,
    status,
    detail: message,
    code,
    ...(hint !== undefined && { hint }),
    causes,
    ...(fields !== undefined && { fields }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
  if (retryAfterMs !== undefined) context.header('retry-after', String(Math.ceil(retryAfterMs / 1000)));
  if (code === 'unauthenticated') context.header('www-authenticate', 'Bearer realm="aegir"');
  return context.body(JSON.stringify(document), status, { 'content-type': 'application/problem+json' });
}

function bug(hub: Hub, error: unknown): Problem {
  if (isOverload(error))
    return new Problem('server-unreachable', "the hub's database does not answer", {
      hint: 'Wait a moment and try again; aegir status shows how it is.',
      retryAfterMs: 2000,
    });
  if (codeOf(error) === '57014')
    return new Problem('timeout', "the hub's database took too long", {
      hint: 'Nothing was changed. Ask for less at a time, or try again.',
    });
  const id = bugId();
  hub.onBug(id, error);
  return new Problem('bug', `a fault in Aegir: ${id}`, {
    hint: `The hub's log says more under this number. Nothing was changed by the request.`,
  });
}

/**
 * Connections refused, ended, or not to be had in time; a server that starts, stops, or has become a standby: nothing is wrong with
 * the request or with us.
 */
const isOverload = (error: unknown): boolean =>
  away.has(codeOf(error)) ||
  /timeout exceeded when trying to connect|Connection terminated/.test(error instanceof Error ? error.message : '');

const away: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EAI_AGAIN'],
  ...['57P01', '57P02', '57P03', '53300', '25006'],
]);
