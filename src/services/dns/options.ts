import { z } from 'zod';

const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const zone = z
  .string()
  .max(253)
  .regex(
    new RegExp(`^${label}(?:\\.${label})*$`),
    'must be the name of a zone in small letters, without a dot at its end',
  );

// It goes into a line of a program's input.
export const credential = z.string().regex(/^[\x21-\x7e]{1,500}$/, 'must be printable characters without blanks');
export const serverAddress = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9:][A-Za-z0-9.:-]*$/, 'must be an address or a host name');

/** What all engines that change zones have in common. */
export const zoneOptions = z.object({
  zones: z.array(zone).max(1000).default([]).describe('Zones that it may change; none: all that its server has'),
  ttlSeconds: z
    .int()
    .min(60)
    .max(604_800)
    .default(3600)
    .describe('How long others may remember a record: low means that a site that moves is found sooner'),
  nameServers: z
    .array(serverAddress)
    .max(20)
    .default([])
    .describe(
      'Who has to show a proof of a name before an authority is asked; none: those that the zone says are its own',
    ),
});

export const baseUrl = z
  .string()
  .max(500)
  .regex(
    /^https?:\/\/[A-Za-z0-9.:[\]-]+(?:\/[A-Za-z0-9._~-]+)*$/,
    'must be the URL of an API, without a slash at its end',
  );
export const port = z.int().min(1).max(65_535).default(53);
