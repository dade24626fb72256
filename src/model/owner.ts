import { z } from 'zod';

/** How the first account of a site can be called, in every application: it stands in addresses and in shells of others. */
export const accountName = z
  .string()
  .regex(
    /^[A-Za-z](?:[A-Za-z0-9._-]{0,58}[A-Za-z0-9])?$/,
    'is not the name of an account: a letter, then letters, digits, dots, hyphens and _, 60 at most',
  );

/** As the application calls it: 'blogdescription', 'system.site:slogan'. */
export const variableName = z
  .string()
  .max(250)
  .regex(/^[A-Za-z][A-Za-z0-9_.:-]*$/, 'is not the name of a variable');

export type VariableValue = string | number | boolean;

/** Who has a site from now on may say this of it. What is left out stays as it is. */
export interface Owner {
  /** Of the first account. */
  readonly account?: string | undefined;
  readonly variables?: { readonly [name: string]: VariableValue } | undefined;
}
