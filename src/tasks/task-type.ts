import type { ZodType } from 'zod';
import type { BackupReason } from '../model/backup.ts';
import type { Json } from '../model/json.ts';
import type { Load } from './context.ts';
import type { Outcome } from './outcome.ts';

/**
 * One thing done to the world, and how to put it back.
 * `run` may be called again after a crash, `undo` too: both must end in the same place however often they run.
 * When a task fails, every step that began is undone, the failed one first.
 */
export interface Step<Context, Result> {
  readonly name: string;
  /** Nothing is made by it, so it is left out where somebody only asks what would be changed. */
  readonly looks?: true;
  run(context: Context): Promise<Partial<Result> | void>;
  readonly undo: Undo<(context: Context) => Promise<void>>;
}

/**
 * - a function: puts it back.
 * - 'nothing': there is nothing to put back; needs a comment that says why.
 * - 'forward': it cannot be put back (a dropped database). Such steps stand last. Once one has begun the task only goes
 *   forward: it is tried again, and when that does not help the task is stuck and a person has to look.
 */
export type Undo<Action> = 'nothing' | 'forward' | Action;

export interface Definition<Args, Context, Result> {
  /** Subject and verb, as said aloud: 'site install'. */
  readonly name: `${Noun} ${string}`;
  readonly title: string;
  readonly args: ZodType<Args>;
  /** The statuses of the subject in which this may be asked for. */
  readonly from: readonly string[];
  /** After this much time it fails and is undone. */
  readonly timeoutMs: number;
  /** Lower runs first; 0 unless it matters. */
  readonly priority?: number;
  /** A second one, queued with the same arguments, is the first: three edits in a row are one verify. */
  readonly coalesce?: boolean;
  /** What no other task may touch meanwhile, besides the subject itself. */
  locks?(subject: string, args: Args): readonly string[];
  /** Of a site: the place and the names that are allocated with the task, for `load.copy`. */
  copy?(args: Args): CopyWanted;
  /** Of a site: the backup that it makes, whose row comes to be with the task, for `load.newBackup`; null: none. */
  backup?(args: Args): BackupWanted | null;
  context(load: Load, subject: string, args: Args): Promise<Context>;
  /** Reads, and throws a Problem when the task should not even begin. Changes nothing. */
  check(context: Context): Promise<void>;
  steps(context: Context): readonly Step<Context, Result>[];
  done(context: Context, result: Partial<Result>): Outcome;
  failed(context: Context): Outcome;
}

/**
 * A copy of a site, as the hub allocates it in the transaction that adds the task. It is given back when the task has
 * ended, unless the outcome says that the site takes it over.
 */
export interface CopyWanted {
  /** Platform that it goes to, as a person names it; the site's own if not given. */
  readonly platform?: string | undefined;
  /** Server whose db service holds its database, as a person names it; the site's own if not given. */
  readonly dbServer?: string | undefined;
  /** Name that the site will have; reserved for it. Its own if not given. */
  readonly name?: string | undefined;
  /**
   * Where it is made, below sites/:
   * - 'named': in the directory that the site then has: called as it is now, or as its new name is.
   * - 'aside': in a hidden one, and it takes the place of the site's own in the end.
   * - 'apart': in one of its own, which the site never has: a copy to be thrown away.
   */
  readonly directory: 'named' | 'aside' | 'apart';
}

/** Why a task makes a backup. */
export interface BackupWanted {
  readonly reason: BackupReason;
  readonly note: string;
}

export interface OpenStep {
  readonly name: string;
  readonly looks?: true;
  run(): Promise<Json>;
  readonly undo: Undo<() => Promise<void>>;
}

/** A task ready to run: the context is bound, so the runner needs to know nothing about it. */
export interface OpenTask {
  check(): Promise<void>;
  readonly steps: readonly OpenStep[];
  done(result: Json): Outcome;
  failed(): Outcome;
}

export type Noun = 'server' | 'platform' | 'site' | 'backup' | 'certificate';

export interface TaskType {
  readonly name: string;
  readonly noun: Noun;
  readonly title: string;
  readonly args: ZodType;
  readonly from: readonly string[];
  readonly timeoutMs: number;
  readonly priority: number;
  readonly coalesce: boolean;
  /** Sorted, with the subject's own: ['site:7']. */
  locks(subject: string, args: unknown): readonly string[];
  /** Whether it has a copy of its site: then it moves the site, and no other such task may be asked for meanwhile. */
  readonly hasCopy: boolean;
  copy(args: unknown): CopyWanted | null;
  backup(args: unknown): BackupWanted | null;
  /** `added` are steps of plug-ins, placed before or after ours. */
  open(load: Load, subject: string, args: unknown, added?: readonly AddedSteps[]): Promise<OpenTask>;
}

/** Steps of a plug-in, placed before or after one of a task's own, reversible and shown like all others. */
export interface AddedSteps {
  /** 'site install'. */
  readonly task: string;
  readonly place: 'before' | 'after';
  /** Name of the task's own step; a step that does not exist is a Problem when the task is opened. */
  readonly step: string;
  // The context is the task type's own: SiteContext for 'site …'. It is erased here and restored where the step is bound.
  readonly steps: readonly Step<never, Record<string, Json>>[];
}
