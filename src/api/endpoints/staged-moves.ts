import { z } from 'zod';
import { stages } from '../../model/staged-move.ts';
import { endpoint, listQuery, page, someOf } from '../endpoint.ts';
import * as text from '../text.ts';

const at = z.string();
const atOrNull = z.string().nullable();
const stage = z.enum(stages);
const status = ['running', 'stopped', 'done', 'failed', 'cancelled'] as const;
const weekSeconds = 604_800;

const stagedMove = z
  .object({
    id: z.string(),
    site: z.string(),
    from: z.string().describe('Platform that it was on when this was asked for'),
    platform: z.string().describe('Platform that it goes to'),
    status: z.enum(status).describe('stopped: a stage has failed, and it goes on when somebody resumes or cancels it'),
    stage: stage.describe(
      'lower: its records are to be remembered for a short time. wait: until the world has forgotten what they said before. move: it goes. watch: it is looked at. raise: its records are remembered as before',
    ),
    stageAt: at.describe('Since when it is in this stage'),
    nextAt: atOrNull.describe(
      'When the next stage begins, or is looked again; null: when its task has ended, or a person says so',
    ),
    task: z.string().nullable().describe('What it waits for just now'),
    ttlSeconds: z.int().describe('For so long its records may be remembered until it raises that again'),
    rememberedSeconds: z.int().describe('For so long the world may remember what they said before'),
    lowerSeconds: z.int(),
    watchSeconds: z.int(),
    problem: z.unknown().describe('What is in the way; of one that has failed or was cancelled: why'),
    account: z.string().nullable(),
    createdAt: at,
    endedAt: atOrNull,
    tasks: z
      .array(z.object({ id: z.string(), name: z.string(), status: z.string(), stage }))
      .describe('What it has asked for, the newest first, at most four of each stage'),
    actions: z.array(z.object({ name: z.string(), possible: z.boolean(), reason: z.string().optional() })),
  })
  .meta({ id: 'StagedMove' });

export const stagedMoveEndpoints = {
  'staged-move list': endpoint({
    method: 'GET',
    path: '/api/staged-moves',
    summary: 'Moves in stages, the newest first',
    query: listQuery({ site: text.reference.optional(), status: someOf(status).optional() }),
    answer: page(stagedMove),
  }),
  'staged-move get': endpoint({
    method: 'GET',
    path: '/api/sites/:name/staged-move',
    summary: 'The last move of a site in stages: where it is, and when it goes on',
    answer: stagedMove,
  }),
  'staged-move create': endpoint({
    method: 'POST',
    path: '/api/sites/:name/staged-move',
    summary:
      'Move a site to another web server in stages: make the world remember its records for a short time, wait, migrate, watch, and undo the first',
    body: z.strictObject({
      platform: text.reference.describe('Platform that it goes to, on another web server'),
      dbServer: text.reference
        .optional()
        .describe('Server whose db service its database goes to; it stays where it is unless given'),
      ttlSeconds: z
        .int()
        .min(60)
        .max(3600)
        .default(60)
        .describe('For how many seconds the world may remember its records around the move'),
      lowerSeconds: z
        .int()
        .min(0)
        .max(weekSeconds)
        .optional()
        .describe(
          'How many seconds before the move; as long as the records were remembered at least; setting staged-move.lower-seconds unless given',
        ),
      watchSeconds: z
        .int()
        .min(0)
        .max(weekSeconds)
        .optional()
        .describe('How many seconds it is watched after the move; setting staged-move.watch-seconds unless given'),
      despiteErrors: z
        .boolean()
        .default(false)
        .describe('Switch over although the copy has logged errors; they are in the log'),
      keepOldSeconds: z
        .int()
        .min(0)
        .max(3600)
        .optional()
        .describe(
          'How many seconds the former web server goes on answering at most, where resolvers may still send visitors there (60)',
        ),
    }),
    answer: stagedMove,
    status: 201,
  }),
  'staged-move cancel': endpoint({
    method: 'POST',
    path: '/api/sites/:name/staged-move/cancel',
    summary: 'Give it up, and let the site’s records be remembered as before; a site that has moved stays where it is',
    answer: stagedMove,
  }),
  'staged-move resume': endpoint({
    method: 'POST',
    path: '/api/sites/:name/staged-move/resume',
    summary: 'Go on where it was stopped, look again at once, or begin one that has failed or was cancelled again',
    answer: stagedMove,
  }),
};
