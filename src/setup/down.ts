import { stopPostgres } from '../hub/postgres.ts';
import { stopOurs } from './our-process.ts';
import { stateDirectory } from './places.ts';
import type { Screen } from './screen.ts';
import { hasOwnDatabase } from './settings.ts';

/** ./up --down: the sites go on, nothing is removed, and ./up starts all of it again. */
export async function runDown(screen: Screen): Promise<number> {
  await screen.step('worker', async () => ((await stopOurs('worker')) ? 'stopped' : null));
  await screen.step('hub', async () => ((await stopOurs('hub')) ? 'stopped' : null));
  await screen.step('database of the hub', async () => {
    if (!(await hasOwnDatabase())) return null;
    await stopPostgres({ stateDirectory });
    return 'stopped';
  });
  screen.line('✓ Aegir is stopped; the sites go on. ./up starts it again.');
  return 0;
}
