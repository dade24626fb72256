import { Problem } from '../model/problem.ts';
import type { LookType } from './look-type.ts';

/** Of very many that differ these are told; how many there are is told too. */
const toldMax = 1000;

/** Whether the names of all sites lead where they should, as the dns service of a server answers: whole zones at once. */
export const serverNames: LookType = {
  name: 'server names',
  async run(load, id) {
    const found = await load.names(id);
    if (!found)
      throw new Problem('not-found', 'this server has no dns service', {
        hint: 'aegir service list <server> shows what it has.',
      });
    const { service, pointings } = found;
    const differences = await service.dns.missing(pointings);
    return { checked: pointings.length, differ: differences.length, differences: differences.slice(0, toldMax) };
  },
};
