import { isOpen, type Window, windowEdge } from './queue.ts';

/**
 * Where a spare site is on its way. It is written down, and never concluded from names.
 *
 *     building ──► ready ──► claimed ──► renaming ──► done
 *        │           │          ▲ ╲          │
 *        ▼           ▼          │  ╲         ▼
 *      failed ──► expired     (again)  ►  failed, and stays with who has it
 */
export type SpareState = 'building' | 'ready' | 'claimed' | 'renaming' | 'done' | 'expired' | 'failed';

export interface ReserveRules {
  /** How many there are when the window has done its work. */
  readonly full: number;
  /** With fewer, they are built at any time. */
  readonly emergency: number;
  /** After that a spare is nobody's any more; 0: never. */
  readonly lifeMs: number;
  /** When spares are built and deleted, and sites renamed. */
  readonly window: Window;
}

/** What became of the task that the state is about: 'none' also when it was forgotten. */
type TaskEnd = 'none' | 'outstanding' | 'done' | 'failed';

export interface Spare {
  readonly id: string;
  readonly state: SpareState;
  readonly createdAt: Date;
  /** Somebody has asked for it: from then on nothing of it is ever deleted by us. */
  readonly claimed: boolean;
  readonly handedOver: boolean;
  /** It has the name that was asked for, or one that its owner has given it since. */
  readonly named: boolean;
  /** The template or where spares are made is another since it was begun. */
  readonly stale: boolean;
  /** Somebody wants all of then gone. */
  readonly flushed: boolean;
  readonly site: 'enabled' | 'deleted' | 'other';
  readonly task: TaskEnd;
  /** Of one that has failed, when a person had the same done since. */
  readonly mended: 'cloned' | 'handed over' | null;
  /** How often its state's task has failed, one after the other. */
  readonly failures: number;
  /** Nothing is done to it before. */
  readonly heldUntil: Date | null;
}

/** What a change of state asks for. */
export type Wish = 'hand over' | 'rename' | 'delete';

export interface Move {
  readonly id: string;
  readonly from: SpareState;
  readonly to: SpareState;
  readonly wish: Wish | null;
  readonly failures: number;
  readonly heldUntil: Date | null;
  /** It is over: nothing is looked at any more. */
  readonly ended: boolean;
  /** Whether what was wished for before has been done. */
  readonly handedOver: boolean;
}

export interface Plan {
  readonly moves: readonly Move[];
  /** How many clones are to be begun. */
  readonly build: number;
}

/** A clone holds the template, so more would only wait. */
export const buildingMax = 2;
const failuresMax = 3;
const minuteMs = 60_000;

/** Whether it can be given away. */
export const isUsable = (spare: Spare, { lifeMs }: ReserveRules, at: Date): boolean =>
  spare.state === 'ready' && !spare.claimed && spare.site === 'enabled' && isFresh(spare, lifeMs, at);

const isFresh = ({ stale, flushed, createdAt }: Spare, lifeMs: number, at: Date): boolean =>
  !stale && !flushed && (lifeMs === 0 || at.getTime() - createdAt.getTime() < lifeMs);

/** All that is to be done now. Done or not, whoever plans again finds the rest. */
export function planReserve(rules: ReserveRules, spares: readonly Spare[], at: Date): Plan {
  const own = spares.flatMap((spare) => nextMove(spare, rules, at) ?? []);
  const open = isOpen(rules.window, at);
  const moved = new Set(own.map(({ id }) => id));
  const usable = spares
    .filter((spare) => isUsable(spare, rules, at) && !moved.has(spare.id))
    .toSorted((one, other) => other.createdAt.getTime() - one.createdAt.getTime());
  const wanted = Math.max(rules.emergency, open ? rules.full : 0);
  const surplus = open ? usable.slice(Math.max(rules.full, rules.emergency)) : [];
  const coming = spares.filter((spare) => isComing(spare, rules.lifeMs, at)).length;
  const building = spares.filter(({ id, state, claimed }) => state === 'building' && !claimed && !moved.has(id)).length;
  const missing = wanted - (usable.length - surplus.length) - coming;
  return {
    moves: [...own, ...surplus.map((spare) => move(spare, 'expired', { wish: 'delete' }))],
    build: Math.max(0, Math.min(missing, buildingMax - building)),
  };
}

/** Being built for nobody yet, and fit to be given away when it is; or just finished. */
const isComing = (spare: Spare, lifeMs: number, at: Date): boolean =>
  spare.state === 'building' && !spare.claimed && spare.task !== 'failed' && isFresh(spare, lifeMs, at);

/** What this one needs by itself; null: nothing now. */
export function nextMove(spare: Spare, rules: ReserveRules, at: Date): Move | null {
  if (spare.heldUntil !== null && at < spare.heldUntil) return null;
  return steps[spare.state](spare, rules, at);
}

type NextStep = (spare: Spare, rules: ReserveRules, at: Date) => Move | null;
const steps: { readonly [State in SpareState]: NextStep } = {
  building(spare) {
    if (spare.task === 'outstanding') return null;
    if (spare.site === 'deleted') return move(spare, spare.claimed ? 'done' : 'expired', { ended: true });
    if (spare.task === 'failed' || spare.site !== 'enabled') return move(spare, 'failed');
    return spare.claimed ? move(spare, 'claimed', { wish: 'hand over' }) : move(spare, 'ready');
  },

  ready(spare, { lifeMs, window }, at) {
    if (spare.site === 'deleted') return move(spare, 'expired', { ended: true });
    const isOver = spare.flushed || (!isFresh(spare, lifeMs, at) && isOpen(window, at));
    return isOver ? move(spare, 'expired', { wish: 'delete' }) : null;
  },

  claimed(spare, { window }, at) {
    if (spare.site === 'deleted') return move(spare, 'done', { ended: true });
    if (!spare.handedOver) {
      if (spare.task === 'outstanding') return null;
      if (spare.task === 'done') return move(spare, 'claimed', { handedOver: true });
      return again(spare, { wish: 'hand over' }, at, minuteMs * 2 ** spare.failures);
    }
    if (spare.named) return move(spare, 'done', { ended: true });
    return isOpen(window, at) ? move(spare, 'renaming', { wish: 'rename', failures: spare.failures }) : null;
  },

  renaming(spare, { window }, at) {
    if (spare.task === 'outstanding') return null;
    if (spare.named || spare.site === 'deleted') return move(spare, 'done', { ended: true });
    // As it was, it answers under its name all the same: the next window will do.
    return again(spare, { to: 'claimed' }, at, windowEdge(window, at).getTime() - at.getTime());
  },

  expired(spare, _, at) {
    if (spare.task === 'outstanding') return null;
    if (spare.site === 'deleted') return move(spare, 'expired', { ended: true });
    const waitMs = Math.min(minuteMs * 2 ** spare.failures, 24 * 60 * minuteMs);
    // It takes room for as long as it is there, so this is never given up.
    return move(spare, 'expired', { wish: 'delete', failures: spare.failures + 1, heldUntil: later(at, waitMs) });
  },

  failed(spare, { window }, at) {
    if (spare.task === 'outstanding') return null;
    if (spare.site === 'deleted') return move(spare, spare.claimed ? 'done' : 'expired', { ended: true });
    if (!spare.claimed) return isOpen(window, at) ? move(spare, 'expired', { wish: 'delete' }) : null;
    if (spare.handedOver) return spare.named ? move(spare, 'done', { ended: true }) : null;
    if (spare.mended === 'handed over') return move(spare, 'claimed', { handedOver: true });
    return spare.mended === 'cloned' ? move(spare, 'claimed', { wish: 'hand over' }) : null;
  },

  done: () => null,
};

/** Some more times, then a person has to look. */
function again(
  spare: Spare,
  { to = spare.state, wish = null }: { readonly to?: SpareState; readonly wish?: Wish | null },
  at: Date,
  waitMs: number,
): Move {
  const failures = spare.failures + 1;
  if (failures > failuresMax) return move(spare, 'failed');
  return move(spare, to, { wish, failures, heldUntil: later(at, waitMs) });
}

const move = (spare: Spare, to: SpareState, more: Partial<Move> = {}): Move => ({
  ...{ id: spare.id, from: spare.state, to, wish: null, failures: 0, heldUntil: null, ended: false },
  handedOver: spare.handedOver,
  ...more,
});

const later = (at: Date, ms: number): Date => new Date(at.getTime() + ms);

/** How long no clone is tried after so many that failed, one after the other. */
export const buildPauseMs = (failures: number): number =>
  failures === 0 ? 0 : Math.min(minuteMs * 2 ** (failures - 1), 60 * minuteMs);

export interface Forecast {
  /** Sites asked for in a day, of late. */
  readonly perDay: number;
  /** When there is none left if it goes on like that; null: nobody asks, or it is filled up before. */
  readonly dryAt: Date | null;
}

/** `asked`: how often within the last `overMs`. What is filled up to is not more than `full`. */
export function forecast(
  { full, window }: ReserveRules,
  { usable, asked, overMs }: { readonly usable: number; readonly asked: number; readonly overMs: number },
  at: Date,
): Forecast {
  const dayMs = 24 * 60 * minuteMs;
  const perDay = overMs <= 0 ? 0 : (asked * dayMs) / overMs;
  if (perDay === 0) return { perDay, dryAt: null };
  const lastsMs = (usable / perDay) * dayMs;
  const opensMs = isOpen(window, at) ? 0 : windowEdge(window, at).getTime() - at.getTime();
  // Filled every night with what a day takes, it never is empty.
  if (lastsMs >= opensMs && full / perDay >= 1) return { perDay, dryAt: null };
  const dryMs = lastsMs < opensMs ? lastsMs : opensMs + (full / perDay) * dayMs;
  return { perDay, dryAt: later(at, dryMs) };
}
