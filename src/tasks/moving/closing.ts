import { publish } from '../vhost.ts';
import type { Moving, MovingStep } from './moving.ts';

/** For who is in the middle of a page, and for programs that somebody has started by hand. */
const graceMs = 5_000;

/**
 * From here on nobody writes into the site any more: its visitors read that it is being worked on, and its database refuses
 * whoever comes another way. What was written before is copied, what comes later is refused to who writes it.
 */
export const closeSite: MovingStep = {
  name: 'close the site',
  async run(context) {
    const { from } = context;
    const closed = await closeDoor(context);
    await from.db.close(from.installed.database, graceMs);
    return closed;
  },
  async undo({ from }) {
    await from.db.reopen(from.installed.database);
    if (from.site.status === 'enabled') await publish(from, 'enabled');
  },
};

/** To its visitors only. Who was let in before gets the page that was asked for: it may wait in PHP's line, and needs the database then. */
export async function closeDoor({ from, report, seen }: Moving): Promise<{ closedAt: string }> {
  const closedAtMs = Date.now();
  seen.closedAtMs = closedAtMs;
  if (from.site.status === 'enabled') {
    const takers = await from.http.takers();
    const changes = await publish(from, 'maintenance');
    await report.changed(changes);
    // Without a change they are those that take requests from now on.
    if (changes.length > 0 && !report.isDryRun && !(await from.http.haveAnswered(takers, graceMs)))
      await report.note(
        `after ${graceMs / 1000} s the web server still answers requests of before; it is closed now`,
        'warning',
      );
  }
  return { closedAt: new Date(closedAtMs).toISOString() };
}

/** When it is open again. A worker that took over does not know when that began; the task's result does. */
export async function openedAgain({
  report,
  seen,
  from,
}: Moving): Promise<{ openedAt: string; closedSeconds?: number }> {
  const openedAtMs = Date.now();
  const openedAt = new Date(openedAtMs).toISOString();
  if (seen.closedAtMs === undefined || from.site.status !== 'enabled') return { openedAt };
  const closedSeconds = (openedAtMs - seen.closedAtMs) / 1000;
  await report.note(`the site was closed for ${closedSeconds.toFixed(2)} s`);
  return { openedAt, closedSeconds };
}
