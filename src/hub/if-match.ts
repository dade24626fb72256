import type { EndpointName } from '../api/endpoints.ts';
import { Problem } from '../model/problem.ts';
import { comparedBy } from './etag.ts';
import { handlers } from './handlers.ts';
import type { Asked } from './hub.ts';
import { resolve } from './resolve.ts';

/** Throws Problem 'invalid' where there is nothing to compare, so that nobody believes that it was. */
export function demandTakesIfMatch(name: EndpointName): void {
  if (comparedBy(name)) return;
  throw new Problem('invalid', `'${name}' takes no If-Match`, {
    hint: 'Leave the header out; GET /api/openapi.json says which take it.',
  });
}

/**
 * For a change that is asked for with `If-Match`. The row is held from here to the end of the transaction, so that two who
 * have seen the same cannot both change it.
 * Throws Problem 'changed' when somebody has set it since.
 */
export async function demandUnchanged(
  asked: Asked,
  name: EndpointName,
  given: { readonly params: Readonly<Record<string, string>> },
  ifMatch: string,
): Promise<void> {
  const what = comparedBy(name);
  if (!what) return;
  const { noun, get } = what;
  // A service is held by its server.
  await resolve(asked, noun === 'service' ? 'server' : noun, given.params['name'] ?? '', { lock: true });
  // The table says that this endpoint answers one of the noun, and all of these have an etag.
  const ask = handlers[get as 'site get'] as (given: unknown, asked: Asked) => Promise<{ readonly etag: string }>;
  const { etag } = await ask({ ...given, query: {} }, asked);
  const wanted = ifMatch.split(',').map((one) => one.trim());
  if (wanted.includes('*') || wanted.includes(etag)) return;
  throw new Problem('changed', `somebody has changed this ${noun} since`, {
    hint: 'Look at it again, and say once more what is to be changed.',
  });
}
