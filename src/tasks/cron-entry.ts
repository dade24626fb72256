import type { Changes } from '../machine/put.ts';
import type { Vhost } from '../services/http/http.ts';
import type { SiteContext } from './context.ts';

/** A site that is open has its line in its server's own cron, where that runs it; any other has none. */
export async function putCron(context: SiteContext, state: Vhost['state']): Promise<Changes> {
  const { cron, site, http, application, installed } = context;
  if (!cron) return [];
  const { everySeconds, by, secondsMax } = site.cron;
  const through = by === 'web' ? http.door(site) : null;
  if (state !== 'enabled' || everySeconds === 0 || (by === 'web' && through === null)) {
    await cron.destroy(site.id);
    return [];
  }
  const script = application.cronScript(installed, { through, timeoutMs: secondsMax * 1000 });
  return cron.create({ siteId: site.id, everySeconds, script, runUser: site.runUser });
}
