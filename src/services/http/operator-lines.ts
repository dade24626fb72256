import type { Machine } from '../../machine/machine.ts';
import type { Vhost } from './http.ts';
import { platformKey } from './rules.ts';

/** Files of the operator that are there, in the order in which they are included. */
export interface OperatorLines {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** The platform's lines stand around the site's, and both around ours. A copy has those of the site that it will be. */
export async function operatorLines(machine: Machine, config: string, vhost: Vhost): Promise<OperatorLines> {
  const platform = `${config}/platform.d/${platformKey(vhost.root)}`;
  const site = `${config}/site.d/${vhost.asHost ?? vhost.name}`;
  const before = [`${platform}/before.conf`, `${site}/before.conf`];
  const after = [`${site}/after.conf`, `${platform}/after.conf`];
  const there = await machine.readMany([...before, ...after]);
  const has = (path: string): boolean => there.has(path);
  return { before: before.filter(has), after: after.filter(has) };
}
