import { z } from 'zod';

const localhost = /^http:\/\/(?:[^/]+\.)?localhost(?::\d+)?(?:\/|$)/;
const domain = z.string().regex(/^(?=.{1,253}$)[a-z0-9-]+(?:\.[a-z0-9-]+)+$/, 'is not a domain in small letters');

/** What an administrator says of an OpenID Connect provider. */
export const singleSignOn = z.strictObject({
  /** As the provider calls itself: below it lies /.well-known/openid-configuration. */
  issuer: z
    .url()
    .max(1000)
    .refine((text) => text.startsWith('https://') || localhost.test(text), 'does not begin with https://'),
  /** What the provider calls the hub. */
  client: z.string().min(1).max(500),
  /** On the button: 'Sign in with …'. */
  title: z.string().min(1).max(100).default('single sign-on'),
  scope: z.string().max(500).default('openid email profile'),
  /** Only whose verified mail address is in one of them comes in. Without any, no account is found by its mail address. */
  domains: z.array(domain).max(100).default([]),
  /** Only of whom the provider says this: { name: 'groups', value: 'hosting' }. */
  claim: z
    .strictObject({ name: z.string().min(1).max(200), value: z.string().max(500) })
    .nullable()
    .default(null),
  /** Whoever is not known gets an account with this role, for this client or the whole hub; null: is refused. */
  create: z
    .strictObject({ role: z.string().min(1).max(63), client: z.string().min(1).max(63).nullable().default(null) })
    .nullable()
    .default(null),
});

export type SingleSignOn = z.output<typeof singleSignOn>;
