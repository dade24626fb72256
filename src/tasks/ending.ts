import type { Json } from '../model/json.ts';
import type { ProblemJson } from '../model/problem.ts';

/** How a task came out. */
export type Ending =
  | { status: 'done'; result: Json }
  | { status: 'failed'; problem: ProblemJson } // Everything was put back.
  | { status: 'cancelled'; problem: ProblemJson } // Everything was put back, because somebody asked for it.
  | { status: 'stuck'; problem: ProblemJson }; // Neither forward nor back: a person has to look.
