import type { Machine } from '../../machine/machine.ts';
import { nothing, wordpressUpdatesAnswer } from '../answers.ts';
import type { InstalledSite, PendingUpdate } from '../application.ts';
import { callSite, veryLongMs } from '../site-tool.ts';
import { wordpressVerbs } from './verbs.ts';

/** WordPress's own tables, with no plug-in loaded, and then what the plug-ins update of theirs, in a PHP of its own. */
export async function wordpressUpdates(
  machine: Machine,
  site: InstalledSite,
  timeoutMs = veryLongMs,
): Promise<readonly PendingUpdate[]> {
  const how = { timeoutMs, effect: 'changes', dryAnswer: { updates: [], wasClosed: false } } as const;
  const asked = { run: true, updating: true };
  const { updates, wasClosed } = await callSite(machine, site, 'wordpress updates', wordpressUpdatesAnswer, how, asked);
  await callSite(machine, site, 'wordpress plugins', nothing, how, { administration: true });
  await wordpressVerbs.setMaintenance(machine, site, wasClosed);
  return updates;
}
