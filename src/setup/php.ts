import { exists, putLink } from './files.ts';
import type { Did } from './screen.ts';
import { ensureRunning, fpmService, reloadService } from './system-service.ts';

/** The name that sites are told; Debian points it at the newest PHP, except after a restart without systemd. */
const socket = '/run/php/php-fpm.sock';

/** `renewed`: an extension was installed, and FPM knows only those that were there when it started. */
export async function setUpPhp(renewed: boolean): Promise<Did> {
  const service = await fpmService();
  const did: string[] = [];
  if (await ensureRunning(service)) did.push(`started ${service}`);
  else if (renewed) {
    await reloadService(service);
    did.push(`reloaded ${service}`);
  }
  if (!(await exists(socket))) await putLink(socket, `/run/php/${service}.sock`);
  return did.join(', ') || null;
}
