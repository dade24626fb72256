import { z } from 'zod';
import { email } from '../api/text.ts';

/** Which authority certificates come from, and what it knows of us. */
export const acmeSettings = {
  'acme.directory': {
    about: 'The certification authority that certificates come from: the address of its ACME directory',
    schema: z
      .string()
      .max(1000)
      .refine((text) => URL.canParse(text) && new URL(text).protocol === 'https:', 'is no address with https://'),
    value: 'https://acme-v02.api.letsencrypt.org/directory',
  },
  'acme.terms-agreed': {
    about: 'Whether you have agreed to the terms of that authority; it tells where they are at its directory',
    schema: z.boolean(),
    value: false,
  },
  'acme.email': {
    about: 'Whom the authority writes to when something is wrong; null: nobody',
    schema: email.nullable(),
    value: null,
  },
  'acme.trust': {
    about:
      'Of a private authority: the certificate (PEM) by which its own server is known; null: one that the system trusts',
    schema: z.string().max(20_000).startsWith('-----BEGIN CERTIFICATE-----').nullable(),
    value: null,
  },
};
