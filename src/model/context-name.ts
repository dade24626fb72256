import { Problem } from './problem.ts';

/** What a person may mean by a name: `@server_master`, `@platform_d10`, `@example.com`, or the bare name where the noun is known. */
export type ContextName =
  | { readonly noun: 'server'; readonly name: string }
  | { readonly noun: 'platform'; readonly name: string }
  | { readonly noun: 'site'; readonly name: string };

/** Servers and platforms have names of letters, digits, '_' and '-': a site's name always has a dot, so none can be taken for another. */
export const shortName = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export const serverContext = (name: string): string => `@server_${name}`;
export const platformContext = (name: string): string => `@platform_${name}`;
export const siteContext = (name: string): string => `@${name}`;

/**
 * '@example' is the site named `example` and never the environment or the start of another: names are compared whole.
 * Throws Problem 'invalid' when the text cannot be a context name.
 */
export function contextName(text: string): ContextName {
  if (!text.startsWith('@') || text.length < 2)
    throw new Problem('invalid', `'${text.slice(0, 80)}' is not a context name`, {
      hint: 'Context names look like @server_master, @platform_d10 or @example.com.',
    });
  const rest = text.slice(1);
  if (rest.startsWith('server_')) return { noun: 'server', name: rest.slice('server_'.length) };
  if (rest.startsWith('platform_')) return { noun: 'platform', name: rest.slice('platform_'.length) };
  return { noun: 'site', name: rest };
}
