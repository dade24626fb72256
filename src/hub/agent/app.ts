import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { Problem } from '../../model/problem.ts';
import { secretsApart, secretsBack } from '../../model/secrets-apart.ts';
import type { Ending } from '../../tasks/ending.ts';
import type { Found, Outcome } from '../../tasks/outcome.ts';
import { fieldsOf } from '../fields.ts';
import { type Holding, heldTask } from '../held-task.ts';
import type { Hub } from '../hub.ts';
import type { Claim } from '../queue.ts';
import { bodyText } from '../request.ts';
import { guessFrom } from '../sign-in/guesses.ts';
import { type Origin, visitOf } from '../sign-in/visit.ts';
import { readRows } from '../task-rows/task-rows.ts';
import { demandEdition, giveBack, holdingOf, leave, stillAlive, waitForTask, workerName } from './claim.ts';
import { type Agent, agentOf } from './credential.ts';
import { agentLimits } from './limits.ts';
import { demandAbout, demandOwn } from './own-writes.ts';
import { agentBodies } from './shapes.ts';

type Bodies = typeof agentBodies;
type Word = keyof Bodies;
type Given<One extends Word> = z.output<Bodies[One]>;

/** A request of an agent about a task that it holds. */
interface Asked<One extends Word> {
  readonly hub: Hub;
  readonly agent: Agent;
  readonly given: Given<One>;
  readonly claim: Claim;
}
type OfTask = Exclude<Word, 'claim' | 'leave'>;

const bytesMax: { readonly [One in Word]: number } = {
  ...{ claim: 10_000, leave: 1000, log: 1000, beat: 1000, rows: 1000, keep: 20_000 },
  // Events in a batch, and what a scan of a large platform finds.
  ...{ append: 8_000_000, record: 32_000_000, end: 2_000_000 },
};

/**
 * What agents ask, below /api/agent: with a credential of their own, which is none of an account and good for one server. It is
 * not for other programs, and so not in the table of endpoints.
 */
export function agentApp(hub: Hub): Hono<{ Bindings: Origin }> {
  const app = new Hono<{ Bindings: Origin }>();
  const limits = agentLimits();
  const asked = async <One extends Word>(word: One, context: Context<{ Bindings: Origin }>) => {
    const agent = await agentOf(hub.database.db, context.req.header('authorization')).catch((error: unknown) => {
      if (error instanceof Problem)
        limits.countUnknown(guessFrom(visitOf(context.req.raw, context.env ?? {}).address).key);
      throw error;
    });
    limits.count(agent.id);
    return { hub, agent, given: await bodyOf(word, context.req.raw) };
  };
  app.post('/claim', async (context) => {
    const { agent, given } = await asked('claim', context);
    demandEdition(hub, given.edition);
    return context.json({ task: await waitForTask(hub, agent, given, context.req.raw.signal) });
  });
  app.post('/leave', async (context) => {
    const { agent, given } = await asked('leave', context);
    await leave(hub.database.db, agent, given.instance);
    return context.json({});
  });
  const ofTask = <One extends OfTask>(word: One, answer: (asked: Asked<One>) => Promise<unknown>): void => {
    app.post(`/tasks/:task{[1-9][0-9]{0,17}}/${word}`, async (context) => {
      const { agent, given } = await asked(word, context);
      const { instance, attempt } = given as Given<'beat'>; // Each of them has these.
      const claim = { taskId: context.req.param('task') ?? '', worker: workerName(agent, instance), attempt };
      return context.json(secretsApart((await answer({ hub, agent, given, claim })) ?? {}));
    });
  };
  ofTask('log', async ({ claim }) => (await held(hub, claim)).log());
  ofTask('beat', async ({ claim }) => {
    const said = await (await held(hub, claim)).beat();
    await stillAlive(hub.database.db, claim.worker);
    return said;
  });
  ofTask('append', async ({ given, claim }) => (await held(hub, claim)).append(given.first, given.events as never));
  ofTask('rows', rowsFor);
  ofTask('keep', async ({ given, claim }) => (await held(hub, claim)).keep(given.name, given.secret));
  ofTask('record', async ({ given, claim }) => {
    const holding = await holdingOf(hub.database.db, claim);
    await demandOwn(hub.database.db, holding, given.found);
    await heldTask(source(hub), holding).record(given.found as Found); // zod says undefined where we say nothing
  });
  ofTask('end', async ({ given, claim }) => {
    const holding = await holdingOf(hub.database.db, claim, { ended: true });
    await demandOwn(hub.database.db, holding, given.outcome);
    await heldTask(source(hub), holding).end(given.seq, given.ending as Ending, given.outcome as Outcome);
  });
  return app;
}

const source = ({ database, sealKey }: Hub) => ({ db: database.db, key: sealKey });
const held = async (hub: Hub, claim: Claim) => heldTask(source(hub), await holdingOf(hub.database.db, claim));

/**
 * Of one server only. What has come to lie on another since the task was claimed is not for this agent: the task goes to the
 * hub's own workers.
 */
async function rowsFor({ hub, agent, given: { what, id }, claim }: Asked<'rows'>): Promise<unknown> {
  const holding: Holding = await holdingOf(hub.database.db, claim);
  const rows = readRows({ ...source(hub), task: claim.taskId });
  if (what === 'platform' || what === 'site' || what === 'backup')
    await demandAbout(hub.database.db, holding, what, id ?? '0');
  const read =
    what === 'copy' ? rows.copy(holding.subjectId) : what === 'newBackup' ? rows.newBackup() : rows[what](id ?? '0');
  const found = await read;
  if (serversIn(found).every((server) => server === agent.serverId)) return found;
  await giveBack(hub.database.db, claim, { hubOnly: true });
  throw new Problem('lost', `task ${claim.taskId} needs more than the server ${agent.serverName}`, {
    hint: 'A worker of the hub does it; nothing is to be done.',
  });
}

/** Ids of the servers of all services and of the servers themselves, wherever they stand in rows. */
function serversIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => {
    if (name === 'serverId') return [String(one)];
    if (name === 'server' && typeof one === 'object' && one !== null && 'id' in one) return [String(one.id)];
    // What others wrote may be called anything, and is as deep as they like.
    return name === 'scan' || name === 'ownScan' || name === 'data' || name === 'options' ? [] : serversIn(one);
  });
}

async function bodyOf<One extends Word>(word: One, request: Request): Promise<Given<One>> {
  const body = await bodyText(request, bytesMax[word]);
  const parsed = agentBodies[word].safeParse(secretsBack(apartIn(body)));
  if (parsed.success) return parsed.data as Given<One>; // of this very schema
  throw new Problem('invalid', `an agent does not say '${word}' so`, {
    hint: 'Agent and hub must be of the same version.',
    fields: fieldsOf(parsed.error, []).slice(0, 20),
  });
}

const depthMax = 64;
const apart = z.strictObject({
  value: z.unknown(),
  secrets: z
    .array(
      z.strictObject({ path: z.array(z.union([z.string().max(300), z.int()])).max(10), text: z.string().max(20_000) }),
    )
    .max(100),
});

function apartIn(body: string): z.output<typeof apart> {
  try {
    if (depthOf(body) > depthMax) throw new Error(`nested deeper than ${depthMax}`);
    return apart.parse(JSON.parse(body));
  } catch (cause) {
    throw notAgents(cause);
  }
}

function depthOf(text: string): number {
  let [depth, most] = [0, 0];
  for (const [bracket] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (bracket === '[' || bracket === '{') most = Math.max(most, ++depth);
    else if (bracket === ']' || bracket === '}') depth--;
  }
  return most;
}

const notAgents = (cause: unknown): Problem => new Problem('invalid', 'this is not what an agent sends', { cause });
