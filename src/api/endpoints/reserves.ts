import { z } from 'zod';
import { hostName } from '../../model/host-name.ts';
import { period } from '../../model/period.ts';
import { windowText } from '../../model/queue.ts';
import { endpoint, listQuery, page, someOf } from '../endpoint.ts';
import * as shape from '../shapes.ts';
import * as text from '../text.ts';

/** A number stands in the place of the star; of ten digits at most. */
const pattern = z
  .string()
  .max(240)
  .refine((given) => given.split('*').length === 2, "has not exactly one '*', where the number stands")
  .refine((given) => isHost(given.replace('*', '1234567890')), 'makes no host names')
  .describe(
    "How spares are called until somebody has them: 'spare-*.example.net', with a number in the place of the star",
  );

function isHost(name: string): boolean {
  try {
    return hostName(name) === name;
  } catch {
    return false; // That is the answer.
  }
}

const rules = {
  full: z.int().min(0).max(1000).describe('How many spares there are after each window'),
  emergency: z.int().min(0).max(1000).describe('With fewer than these, they are made at any time'),
  life: period.describe("After that a spare is not given away any more, and replaced in the window: 23h; 'off': never"),
  window: windowText.describe('When spares are made and deleted, and sites renamed: 01:00-05:00 Europe/Berlin'),
};

const at = z.string();
const atOrNull = z.string().nullable();

const reserve = z
  .object({
    id: z.string(),
    etag: shape.etag,
    name: z.string(),
    status: z.string(),
    template: z.string(),
    platform: z.string().nullable().describe("null: the template's"),
    client: z.string().describe('Whose spares are until somebody asks for them'),
    pattern: z.string(),
    ...rules,
    isOpen: z.boolean().describe('Whether the window is open now'),
    changesAt: at.describe('When it opens or closes next'),
    usable: z.int().describe('Spares that can be given away now'),
    states: z
      .record(z.string(), z.int())
      .describe('How many of those with which something is still to be done are in which state'),
    claims: z.int().describe('Sites asked for within the last 14 days'),
    late: z.int().describe('… of these, how many found no spare'),
    perDay: z.number().describe('Sites asked for in a day, of late'),
    dryAt: atOrNull.describe('When there is no spare left if it goes on like that; null: it is filled up before'),
    failures: z.int().describe('How many spares could not be made, one after the other'),
    heldUntil: atOrNull.describe('When the next one is tried'),
    problem: z.unknown().describe('Of the last one'),
    createdAt: at,
  })
  .meta({ id: 'Reserve' });

const spare = z
  .object({
    id: z.string(),
    state: z.enum(['building', 'ready', 'claimed', 'renaming', 'done', 'expired', 'failed']),
    site: z.string(),
    wanted: z.string().nullable().describe('The name that was asked for; null: nobody has'),
    usable: z.boolean().describe('It can be given away now'),
    task: z.string().nullable().describe('The last that its state has asked for'),
    failures: z.int(),
    problem: z.unknown(),
    createdAt: at,
    stateAt: at.describe('Since when it is in this state'),
    claimedAt: atOrNull,
    endedAt: atOrNull.describe('null: something is still to be done with it'),
  })
  .meta({ id: 'Spare' });

export const reserveEndpoints = {
  'reserve list': endpoint({
    method: 'GET',
    path: '/api/reserves',
    summary: 'Reserves: sites that are there before anybody asks for them',
    query: listQuery({}),
    answer: page(reserve),
  }),
  'reserve get': endpoint({
    method: 'GET',
    path: '/api/reserves/:name',
    summary: 'One reserve: what there is, and when it runs dry',
    answer: reserve,
  }),
  'reserve create': endpoint({
    method: 'POST',
    path: '/api/reserves',
    summary: 'Keep spare sites that are clones of this one',
    body: z.strictObject({
      name: text.short,
      template: text.reference.describe('The site that spares are clones of'),
      platform: text.reference.optional().describe("Where they are made; the template's platform unless given"),
      client: text.reference
        .optional()
        .describe("Whose they are until somebody asks for them; the template's unless given"),
      pattern,
      full: rules.full.default(3),
      emergency: rules.emergency.default(1),
      life: rules.life.default('23h'),
      window: rules.window.default('01:00-05:00 UTC'),
    }),
    answer: z.object({ reserve }),
    status: 201,
  }),
  'reserve set': endpoint({
    method: 'PATCH',
    path: '/api/reserves/:name',
    summary: 'Change the given rules; spares of another template or platform are replaced in the window',
    body: z.strictObject({
      template: text.reference.optional(),
      platform: text.reference.nullable().optional(),
      client: text.reference.optional(),
      pattern: pattern.optional(),
      full: rules.full.optional(),
      emergency: rules.emergency.optional(),
      life: rules.life.optional(),
      window: rules.window.optional(),
    }),
    answer: z.object({ reserve }),
  }),
  'reserve delete': endpoint({
    method: 'DELETE',
    path: '/api/reserves/:name',
    summary: 'Delete its spares and keep no more; what was asked for comes to its end',
    answer: z.object({ deleted: z.string() }),
  }),
  'reserve flush': endpoint({
    method: 'POST',
    path: '/api/reserves/:name/flush',
    summary: 'Delete all spares that nobody has asked for, now; as after a change of what is in the template',
    answer: z.object({ reserve }),
  }),
  'reserve spares': endpoint({
    method: 'GET',
    path: '/api/reserves/:name/spares',
    summary: 'Its spares, the newest first',
    query: listQuery({
      state: someOf(['building', 'ready', 'claimed', 'renaming', 'done', 'expired', 'failed']).optional(),
    }),
    answer: page(spare),
  }),
  'reserve claim': endpoint({
    method: 'POST',
    path: '/api/reserves/:name/sites',
    summary: 'Get a site of the reserve: at once under this name; where there is no spare, when a clone is made',
    body: z.strictObject({
      name: text.host.describe('Its host name'),
      title: text.title.optional(),
      email: text.email.optional().describe('Of the site and its first account; of the client unless given'),
      client: text.reference.optional().describe('Whose it is'),
    }),
    answer: z.object({
      site: shape.site,
      task: shape.task,
      spare: z
        .boolean()
        .describe('Whether there was one; else the task makes the site, and it is handed over after that'),
    }),
    status: 201,
  }),
};
