import type { Json } from '../model/json.ts';
import { type FieldProblem, Problem } from '../model/problem.ts';
import { fieldsOf } from './fields.ts';
import type { Hub } from './hub.ts';

export type Data = { readonly [plugin: string]: Json };

/** What plug-ins keep with a server or a site, each part as its own schema wants it. Throws Problem 'invalid'. */
export function checkedData({ catalog }: Pick<Hub, 'catalog'>, noun: 'server' | 'site', given: object): Data {
  const data = given as Data; // It came as JSON.
  const problems: FieldProblem[] = [];
  for (const [name, value] of Object.entries(data)) {
    const added = catalog.data.find((one) => one.noun === noun && one.name === name);
    const parsed = added?.schema.safeParse(value);
    if (!parsed) problems.push({ path: `data.${name}`, message: `is of no plug-in that keeps data with a ${noun}` });
    if (parsed?.error) problems.push(...fieldsOf(parsed.error, ['data', name]));
  }
  if (problems.length === 0) return data;
  throw new Problem('invalid', 'the data is not what its plug-ins want', {
    hint: 'Plug-ins are named in aegir.config.ts.',
    fields: problems,
  });
}
