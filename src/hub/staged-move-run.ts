import { sql } from 'kysely';
import { Problem, problemJson } from '../model/problem.ts';
import { nextTurn, refusedTurn, type Turn, type Wish } from '../model/staged-move.ts';
import { whyNotAllowed } from './access.ts';
import { askFor } from './ask.ts';
import { type Asked, byItself, type Hub } from './hub.ts';
import { stagedMoveHappened } from './notification/happened.ts';
import { demandPossible, ownerOf, taskTypeOf } from './possible.ts';
import { resolve } from './resolve.ts';
import { asAccount } from './rights.ts';
import { noVisit } from './sign-in/visit.ts';
import { heldStagedMove, type StagedMoveRow, writeTurn } from './staged-move-rows.ts';
import { ask } from './task.ts';

/** In one look; the next is in two seconds. */
const atOnceMax = 100;

/**
 * Moves every move in stages on: one transaction for each change of its stage, with the task that this asks for. What a hub
 * that was killed has not done, the next look finds. Any number of hubs may do it: whoever holds the row is the one.
 */
export async function runStagedMoves(hub: Hub, at?: Date): Promise<void> {
  const { db } = hub.database;
  const now = at === undefined ? sql`now()` : sql`${at}::timestamptz`;
  const { rows } = await sql<{ id: string; now: Date }>`
    select staged_move.id, ${now} as now
    from staged_move join site on site.id = staged_move.site_id left join task on task.id = staged_move.task_id
    where staged_move.ended_at is null
      and (site.status = 'deleted' or not stopped and due_at <= ${now}
           and (task.id is null or task.status in ('done', 'failed', 'cancelled')))
    order by due_at, staged_move.id limit ${atOnceMax}`.execute(db);
  for (const { id, now: moment } of rows) while (await advance(hub, id, moment));
}

/** False: nothing is to be done now, or another hub does it. */
async function advance(hub: Hub, id: string, at: Date): Promise<boolean> {
  return hub.database.db.transaction().execute(async (tx) => {
    const which = sql`staged_move.id = ${id} and staged_move.ended_at is null`;
    const move = await heldStagedMove(tx, which, true);
    if (!move) return false;
    const turn = move.siteIsDeleted ? gone(move, at) : move.stopped ? null : nextTurn(move, at);
    if (turn === null) return false;
    const asked = await begun(hub, tx, move, turn, at);
    const next = advised(move, asked.turn);
    await writeTurn(tx, move, next, { task: asked.task, at });
    await told(tx, move, next);
    return asked.task === null;
  });
}

/** Asks for what the turn wishes for; where that is refused, it is another turn. */
async function begun(
  hub: Hub,
  tx: Asked['tx'],
  move: StagedMoveRow,
  turn: Turn,
  at: Date,
): Promise<{ readonly turn: Turn; readonly task: string | null }> {
  if (turn.wish === null) return { turn, task: null };
  try {
    // What was written before the refusal is taken back, and the transaction goes on.
    await sql`savepoint wish`.execute(tx);
    const task = await askForWish(hub, tx, move, turn.wish);
    await sql`release savepoint wish`.execute(tx);
    return { turn, task };
  } catch (error) {
    if (!(error instanceof Problem) || error.code === 'bug') throw error;
    await sql`rollback to savepoint wish`.execute(tx);
    return { turn: refusedTurn({ ...move, ...turn }, problemJson(error), at), task: null };
  }
}

/**
 * It is moved in the name of who has asked for that, with what that account may by now. Looking is the hub's own: what was lowered
 * must be raised, whatever has become of the account.
 */
async function askForWish(hub: Hub, tx: Asked['tx'], move: StagedMoveRow, wish: Wish): Promise<string> {
  const { siteId, accountId, accountName, args, frontPage } = move;
  if (wish === 'move') {
    const caller = await asAccount(tx, { accountId, name: accountName });
    if (whyNotAllowed(caller, 'site migrate', { client: await ownerOf(tx, 'site', siteId) }) !== null)
      throw new Problem('forbidden', `${accountName} has asked for it, and may not migrate the site any more`, {
        hint: `Whoever may can begin it again: aegir staged-move resume ${move.siteName}.`,
      });
    const gone = new AbortController().signal;
    const asked: Asked = { hub, tx, caller, endpoint: 'site task', visit: noVisit(), met: [], gone };
    return (await ask(asked, 'site', siteId, { name: 'site migrate', args, dryRun: false })).task;
  }
  const type = taskTypeOf(hub, 'site', 'site probe');
  const asking = { tx, hub, ...byItself(type) };
  const site = await resolve(asking, 'site', siteId, { lock: true });
  await demandPossible(tx, type, site);
  const watched = wish === 'watch' ? { strict: true, ...(frontPage !== null && { before: frontPage }) } : {};
  return (await askFor(asking, type, site, { args: watched, accountId })).task;
}

/** There is nothing to be raised any more. */
const gone = (move: StagedMoveRow, at: Date): Turn => ({
  ...move,
  ...{ stage: 'cancelled', ending: 'cancelled', stageAt: at, wish: null, stopped: false, problem: null },
  why: problemJson(new Problem('not-found', 'the site was deleted')),
});

/** Where it stops it says what to do. */
function advised({ siteName, from }: StagedMoveRow, turn: Turn): Turn {
  const { stage, stopped, problem } = turn;
  if (!stopped || problem === null) return turn;
  const resume = `aegir staged-move resume ${siteName}`;
  const hint =
    stage === 'watch'
      ? `It has moved, and its records are remembered for a short time until you say how it goes on. When it is well: ${resume} watches it again. To move it back: aegir site migrate ${siteName} ${from}, then aegir staged-move cancel ${siteName}.`
      : `Its records could not be written as they were. When that is mended: ${resume}.`;
  return { ...turn, problem: { ...problem, hint: [problem.hint, hint].filter(Boolean).join(' ') } };
}

/** A person is told once: when it waits for them, and when it has failed. */
async function told(
  tx: Asked['tx'],
  before: StagedMoveRow,
  { stage, stopped, problem, ending, why }: Turn,
): Promise<void> {
  if (stopped && problem) await stagedMoveHappened(tx, before.siteId, problem);
  else if (stage === 'raise' && before.stage !== 'raise' && ending === 'failed' && why)
    await stagedMoveHappened(tx, before.siteId, why);
}
