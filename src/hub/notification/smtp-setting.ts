import { z } from 'zod';
import { email, line } from '../../api/text.ts';

const isHere = (host: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/.test(host);

/** What an administrator says of the mail server that takes the hub's mails. Its password is a setting of its own. */
export const smtp = z
  .strictObject({
    host: z.string().regex(/^(?![-.])[A-Za-z0-9.:-]{1,253}$/, 'is neither a host name nor an address'),
    port: z.int().min(1).max(65_535).default(587),
    /** - starttls: encrypted after the greeting, or not at all. - tls: from the beginning. - none: never. */
    tls: z.enum(['starttls', 'tls', 'none']).default('starttls'),
    user: line(255).nullable().default(null),
    /** What stands in From. */
    from: email,
    title: line(100).default('Aegir'),
  })
  .refine(({ tls, user, host }) => tls !== 'none' || user === null || isHere(host), {
    path: ['tls'],
    message: 'would send the password for all to read',
  });

export type Smtp = z.output<typeof smtp>;
