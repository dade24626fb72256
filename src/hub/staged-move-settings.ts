import { z } from 'zod';

/** A week: nothing that the world remembers is remembered for longer. */
const secondsMax = 604_800;

export const stagedMoveSettings = {
  'staged-move.lower-seconds': {
    about:
      'How long before a move in stages the site’s records are remembered for a short time only; as long as they were remembered at least',
    schema: z.int().min(0).max(secondsMax),
    value: 86_400,
  },
  'staged-move.watch-seconds': {
    about: 'How long a site that has moved in stages is watched before its records are remembered for long again',
    schema: z.int().min(0).max(secondsMax),
    value: 3600,
  },
} as const;
