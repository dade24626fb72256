import { Problem } from '../model/problem.ts';
import type { RunType } from './run-type.ts';

/** A site's own cron, as its rule says: through its own web server, or by command line as the site's user. */
export const siteCron: RunType = {
  name: 'cron',
  async run(load, id, timeoutMs) {
    const { application, machine, installed, site, http } = await load.site(id);
    if (site.cron.by === 'command')
      return { lines: await application.cron(machine, installed, { through: null, timeoutMs }) };
    const through = http.door(site);
    if (through === null)
      throw new Problem('application-failed', `the web server of ${machine.name} does not publish ${site.name}`, {
        hint: `Verify the site: aegir site verify ${site.name}; or have its cron run by command line.`,
      });
    return { lines: await application.cron(machine, installed, { through, timeoutMs }) };
  },
};
