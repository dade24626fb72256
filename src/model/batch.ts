/** How a batch goes about its members, as a person asked for it. */
export interface BatchRule {
  /** So many go first and alone; the others only when all of these are done. 0: nobody goes first. */
  readonly canary: number;
  /** How many at once. */
  readonly parallel: number;
  /** With so many failures no more is begun; what runs is finished. */
  readonly failuresMax: number;
}

/**
 * - waiting: its task was not asked for yet. - running: its task waits in the queue, or runs.
 * - refused: the task could not even be asked for, so nothing was done to it. - skipped: the batch ended before its turn.
 */
export type MemberStatus = 'waiting' | 'running' | 'done' | 'failed' | 'refused' | 'cancelled' | 'stuck' | 'skipped';

export type BatchStatus = 'running' | 'done' | 'stopped' | 'cancelled';

/** What happens next: so many are begun now, in their order; or it has ended, and why. */
export type BatchTurn =
  | { readonly begin: number }
  | { readonly end: Exclude<BatchStatus, 'running'>; readonly why: string | null };

/** Statuses that count as a failure. A refusal does not: nothing was tried, so it says nothing about the others. */
const failures: ReadonlySet<MemberStatus> = new Set(['failed', 'stuck', 'cancelled']);

/** `members` in the order in which they are begun. */
export function batchTurn(rule: BatchRule, members: readonly MemberStatus[], cancelRequested: boolean): BatchTurn {
  const count = (...wanted: readonly MemberStatus[]): number => members.filter((one) => wanted.includes(one)).length;
  const [running, waiting] = [count('running'), count('waiting')];
  const failed = members.filter((one) => failures.has(one)).length;
  const stop = cancelRequested ? 'it was cancelled' : whyStop(rule, failed, members);
  if (stop !== null && waiting > 0)
    return running > 0 ? { begin: 0 } : { end: cancelRequested ? 'cancelled' : 'stopped', why: stop };
  if (waiting === 0) return running > 0 ? { begin: 0 } : { end: 'done', why: null };
  const free = Math.max(0, rule.parallel - running);
  const first = canaries(rule, members);
  const canariesLeft = first.filter((one) => one === 'waiting').length;
  if (canariesLeft > 0) return { begin: Math.min(free, canariesLeft) };
  return first.includes('running') ? { begin: 0 } : { begin: Math.min(free, waiting) };
}

/** A refused one proves nothing, so the next takes its place at the front. */
const canaries = ({ canary }: BatchRule, members: readonly MemberStatus[]): readonly MemberStatus[] =>
  members.filter((one) => one !== 'refused').slice(0, canary);

function whyStop(rule: BatchRule, failed: number, members: readonly MemberStatus[]): string | null {
  if (canaries(rule, members).some((one) => failures.has(one))) return 'one of those that went first failed';
  return failed >= rule.failuresMax ? `${failed} failed, and ${rule.failuresMax} were allowed at most` : null;
}
