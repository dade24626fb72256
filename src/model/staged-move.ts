import { Problem, type ProblemJson, problemJson } from './problem.ts';

/**
 * Where a move in stages is. It is written down, and each change of it in one transaction with the task that it asks for.
 *
 *     lower ──► wait ──► move ──► watch ──► raise ──► done
 *        ╲        ╲        ╲                  ▲  ╲
 *         ╰────────╰────────╰─────────────────╯   ╰► failed, cancelled
 *
 * Until `raise` the records of the site may be remembered for a short time only. `raise` ends that, also of one that failed or
 * was cancelled.
 */
export const stages = ['lower', 'wait', 'move', 'watch', 'raise', 'done', 'failed', 'cancelled'] as const;
export type Stage = (typeof stages)[number];
/** What it is to be once it has raised. */
export type Ending = Extract<Stage, 'done' | 'failed' | 'cancelled'>;

/** What a task has seen of a site, as the world sees it. */
export type Seen = {
  /** For how long the world may remember what the records said before the task; null: nothing. */
  readonly ttlBefore: number | null;
  /** For how long what they say now. */
  readonly ttl: number | null;
  /** Records that are not to be seen yet, in words. */
  readonly missing: readonly string[];
  /** Status of the front page; null: nobody was asked. */
  readonly frontPage: number | null;
};

type TaskEnd =
  | { readonly status: 'none' | 'outstanding' }
  | { readonly status: 'done'; readonly seen: Partial<Seen> | null }
  | { readonly status: 'failed' | 'cancelled'; readonly problem: ProblemJson };

export interface StagedMove {
  readonly stage: Stage;
  readonly stageAt: Date;
  /** Nothing is done before. */
  readonly dueAt: Date;
  /** Of a wait and a watch. */
  readonly endsAt: Date | null;
  readonly ttlSeconds: number;
  readonly lowerSeconds: number;
  readonly watchSeconds: number;
  /** For how long the world may remember what the records said before. */
  readonly rememberedSeconds: number;
  /** What its front page answered before; null: not known. */
  readonly frontPage: number | null;
  readonly ending: Ending;
  readonly failures: number;
  /** What has become of what the stage has asked for. */
  readonly task: TaskEnd;
}

/** - look: at its records and its front page. - watch: the same, and what is wrong is a failure. - move: the move itself. */
export type Wish = 'look' | 'watch' | 'move';

/** What is different from then on. */
export interface Turn {
  readonly stage: Stage;
  readonly stageAt: Date;
  readonly dueAt: Date;
  readonly endsAt: Date | null;
  readonly rememberedSeconds: number;
  readonly frontPage: number | null;
  readonly ending: Ending;
  readonly failures: number;
  readonly wish: Wish | null;
  /** A person has to say how it goes on. */
  readonly stopped: boolean;
  /** What is in the way just now. */
  readonly problem: ProblemJson | null;
  /** Why it fails or was cancelled. Undefined: as it was. */
  readonly why?: ProblemJson;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** What fails is tried so often, a little later each time. */
const failuresMax = 3;
/** So long others may take to make records, where a person makes them. */
export const patienceMs = 7 * 24 * hourMs;
/** So long something else that is done to the site may keep the move waiting. */
const waitForOthersMs = 24 * hourMs;
const watchEveryMs = 15 * minuteMs;

/** What is to be done now; null: nothing. Done or not, whoever asks again finds the rest. */
export function nextTurn(move: StagedMove, at: Date): Turn | null {
  if (at < move.dueAt || move.task.status === 'outstanding') return null;
  return turns[move.stage](move, at);
}

type NextTurn = (move: StagedMove, at: Date) => Turn | null;
const turns: { readonly [One in Stage]: NextTurn } = {
  lower(move, at) {
    const { task, lowerSeconds, ttlSeconds } = move;
    if (task.status !== 'done') return asked(move, at, 'look', (problem) => raise(move, at, 'failed', problem));
    const rememberedSeconds = Math.max(move.rememberedSeconds, task.seen?.ttlBefore ?? 0);
    const known = { ...move, rememberedSeconds, frontPage: task.seen?.frontPage ?? null };
    const ttl = task.seen?.ttl ?? 0;
    const long = ttl > ttlSeconds ? [`its records may be remembered for ${ttl} s, and not ${ttlSeconds}`] : [];
    const missing = [...(task.seen?.missing ?? []), ...long];
    if (missing.length > 0) return notSeen(known, at, missing, (problem) => raise(known, at, 'failed', problem));
    const endsAt = later(at, Math.max(rememberedSeconds, lowerSeconds) * 1000);
    return enter(known, 'wait', at, { dueAt: endsAt, endsAt });
  },

  wait: (move, at) => enter(move, 'move', at),

  move(move, at) {
    const { task, watchSeconds } = move;
    if (task.status === 'done') return enter(move, 'watch', at, { endsAt: later(at, watchSeconds * 1000) });
    // It has put everything back; trying the same again helps seldom, and costs the site's visitors something each time.
    if (task.status === 'failed' || task.status === 'cancelled') return raise(move, at, task.status, task.problem);
    return stay(move, { wish: 'move' });
  },

  watch(move, at) {
    const { task, endsAt, watchSeconds } = move;
    const stop = (problem: ProblemJson): Turn => stay(move, { stopped: true, problem });
    if (task.status !== 'done') return asked(move, at, 'watch', stop);
    const missing = task.seen?.missing ?? [];
    // From when its names lead there.
    if (missing.length > 0) return notSeen({ ...move, endsAt: later(at, watchSeconds * 1000) }, at, missing, stop);
    // The last look was due at the end, however long no hub was there.
    if (endsAt === null || move.dueAt >= endsAt) return enter(move, 'raise', at);
    return stay(move, { dueAt: earlier(endsAt, later(at, watchEveryMs)), failures: 0 });
  },

  raise(move, at) {
    if (move.task.status === 'done') return enter(move, move.ending, at);
    return asked(move, at, 'look', (problem) => stay(move, { stopped: true, problem }));
  },

  done: () => null,
  failed: () => null,
  cancelled: () => null,
};

/**
 * What it has wished for could not even be asked for: something else is done to the site, or it may not be any more. The move
 * waits for others; what it may not, it fails of.
 */
export function refusedTurn(move: StagedMove, problem: ProblemJson, at: Date): Turn {
  if (move.stage !== 'move')
    return turns[move.stage]({ ...move, task: { status: 'failed', problem } }, at) ?? stay(move, { problem });
  const isForNow = problem.code === 'wrong-status' && at.getTime() - move.stageAt.getTime() < waitForOthersMs;
  return isForNow ? stay(move, { dueAt: later(at, 5 * minuteMs), problem }) : raise(move, at, 'failed', problem);
}

/** Goes on where it was stopped, or looks at once and not later. */
export const resumedTurn = (move: StagedMove, at: Date): Turn =>
  stay(move, {
    ...{ stageAt: at, dueAt: at, failures: 0 },
    endsAt: move.stage === 'watch' ? later(at, move.watchSeconds * 1000) : move.endsAt,
  });

/** A person does not want it any more. What was moved stays where it is. */
export const cancelledTurn = (move: StagedMove, at: Date): Turn =>
  raise(
    move,
    at,
    'cancelled',
    problemJson(new Problem('cancelled', `it was cancelled ${move.stage === 'watch' ? 'after' : 'before'} the move`)),
  );

/** Of a stage that looks, while its task is none or has failed. */
function asked(move: StagedMove, at: Date, wish: Wish, giveUp: (problem: ProblemJson) => Turn): Turn {
  const { task, failures } = move;
  if (task.status !== 'failed' && task.status !== 'cancelled') return stay(move, { wish });
  if (failures + 1 >= failuresMax) return giveUp(task.problem);
  const dueAt = later(at, minuteMs * 2 ** failures);
  return stay(move, { failures: failures + 1, dueAt, problem: task.problem });
}

/** Looked at again and again, ever less often. */
function notSeen(move: StagedMove, at: Date, missing: readonly string[], giveUp: (problem: ProblemJson) => Turn): Turn {
  const sinceMs = at.getTime() - move.stageAt.getTime();
  const problem = problemJson(
    new Problem('timeout', missing.join('; '), {
      hint: 'Where you make the records yourself, make them so. It is looked again and again; aegir staged-move resume looks at once.',
    }),
  );
  if (sinceMs >= patienceMs) return giveUp(problem);
  const dueAt = later(at, Math.min(Math.max(sinceMs / 4, minuteMs), hourMs));
  return stay(move, { ...{ dueAt, failures: 0, problem }, endsAt: move.endsAt });
}

const raise = (move: StagedMove, at: Date, ending: Ending, why: ProblemJson): Turn => ({
  ...enter(move, 'raise', at),
  ...{ ending, why },
});

/** Without a task, until it asks for one. */
const stay = (move: StagedMove, more: Partial<Turn>): Turn => ({
  ...{ stage: move.stage, stageAt: move.stageAt, dueAt: move.dueAt, endsAt: move.endsAt },
  ...{ rememberedSeconds: move.rememberedSeconds, frontPage: move.frontPage, ending: move.ending },
  ...{ failures: move.failures, wish: null, stopped: false, problem: null },
  ...more,
});

const enter = (move: StagedMove, stage: Stage, at: Date, more: Partial<Turn> = {}): Turn =>
  stay(move, { stage, stageAt: at, dueAt: at, endsAt: null, failures: 0, ...more });

const later = (at: Date, ms: number): Date => new Date(at.getTime() + ms);
const earlier = (one: Date, other: Date): Date => (one < other ? one : other);
