import { allEnded } from './all-ended.ts';
import { measureSite } from './backup/parts.ts';
import type { RunType } from './run-type.ts';

/** What is in a site, and what it takes. It only looks. */
export const siteStatistics: RunType = {
  name: 'statistics',
  async run(load, id) {
    const context = await load.site(id);
    const { application, machine, installed } = context;
    const [counts, size] = await allEnded([application.counts(machine, installed), measureSite(context)]);
    const diskBytes = size.files + size.private + size.code;
    return { lines: '', statistic: { ...counts, diskBytes, databaseBytes: size.database } };
  },
};
