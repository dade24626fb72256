import { z } from 'zod';
import { at, atOrNull } from './shapes.ts';

/** The shapes of answers about batches. */

export const batch = z
  .object({
    id: z.string(),
    name: z.string().describe('Of its tasks'),
    title: z.string(),
    args: z.record(z.string(), z.unknown()),
    canary: z.int(),
    parallel: z.int(),
    failuresMax: z.int(),
    status: z.string(),
    why: z.string().nullable(),
    account: z.string().nullable(),
    members: z.int(),
    counts: z.record(z.string(), z.int()).describe('Members by status'),
    cancelRequested: z.boolean(),
    createdAt: at,
    endedAt: atOrNull,
  })
  .meta({ id: 'Batch' });

export const batchMember = z
  .object({
    position: z.int(),
    subject: z.object({ noun: z.string(), id: z.string(), name: z.string() }),
    status: z.string(),
    task: z.string().nullable(),
    problem: z.unknown(),
    begunAt: atOrNull,
    endedAt: atOrNull,
  })
  .meta({ id: 'BatchMember' });

/** One line of a batch's log; `event` is a BatchEvent of hub/batch-run.ts. */
export const batchLogged = z
  .object({ seq: z.int(), at, event: z.looseObject({ type: z.string() }) })
  .meta({ id: 'LoggedBatchEvent' });
