import { exists } from './files.ts';
import { stopOurs } from './our-process.ts';
import { programLink, stateDirectory, user } from './places.ts';
import { must } from './program.ts';
import type { Screen } from './screen.ts';
import { hasOwnDatabase } from './settings.ts';

const notRunning = 'did not run';

/** ./up --down: the sites go on, nothing is removed, and ./up starts all of it again. */
export async function runDown(screen: Screen): Promise<number> {
  await screen.step('worker', async () => ((await stopOurs('worker')) ? 'stopped' : notRunning));
  await screen.step('hub', async () => ((await stopOurs('hub')) ? 'stopped' : notRunning));
  await screen.step('database of the hub', async () => {
    if (!(await hasOwnDatabase())) return 'not ours, so left as it is';
    return (await stopDatabase()) ? 'stopped' : notRunning;
  });
  screen.line('✓ Aegir is stopped; the sites go on. ./up starts it again.');
  return 0;
}

/** As user aegir and from the copy: PostgreSQL does not run as root, and its programs may lie where only root can read. */
async function stopDatabase(): Promise<boolean> {
  if (!(await exists(`${stateDirectory}/data/postmaster.pid`))) return false;
  const script = `import { stopPostgres } from '${programLink}/src/hub/postgres.ts';
    await stopPostgres({ stateDirectory: process.argv[1] });`;
  const as = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups'] as const;
  const node = `${programLink}/node_modules/.bin/node`;
  await must(
    [...as, node, '--input-type=module', '--eval', script, stateDirectory],
    `Its log: ${stateDirectory}/postgres.log`,
  );
  return true;
}
