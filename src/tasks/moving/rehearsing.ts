import { counted } from '../../model/counted.ts';
import { problemJson } from '../../model/problem.ts';
import { discardDirectory } from '../site-directory.ts';
import { askUpdated } from './asking.ts';
import { copyOpen } from './copying.ts';
import { makeFresh, rewrite, updateText, writeSettings } from './fitting.ts';
import { createDatabase, createDirectory } from './making.ts';
import { draftOf, type Moving, type MovingStep } from './moving.ts';
import { asideName, publishAside } from './publishing.ts';

/** So many names of changed configuration are told; all of them are counted. */
const namesMax = 200;

/** What fails here is the answer that was asked for, and no failure of the task. */
const tryUpdates: MovingStep = {
  name: 'try the updates',
  async run(context) {
    const { application, machine, installed, report, seen } = context;
    if (report.isDryRun) return;
    await makeFresh(context);
    seen.copy = 'touched';
    const startedMs = Date.now();
    seen.closedAtMs = startedMs;
    const pending = await application.pendingUpdates(machine, installed);
    const before = await application.config(machine, installed);
    const failed = await failureOf(async () => {
      await application.runUpdates(machine, installed);
      await askUpdated.run(context);
    });
    const after = await application.config(machine, installed);
    const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .filter((name) => before[name] !== after[name])
      .toSorted();
    const seconds = (Date.now() - startedMs) / 1000;
    const left = await application.pendingUpdates(machine, installed);
    await tell(context, { updates: pending.length, seconds, changed: changed.length, failed });
    return {
      wouldWork: failed === null,
      seconds,
      updates: pending.map(updateText),
      failed,
      stillPending: left.map(updateText),
      problems: [...(await application.problems(machine, installed, startedMs))],
      configChanged: changed.slice(0, namesMax),
      configChangedCount: changed.length,
    };
  },
  undo: 'nothing', // Only the copy was updated.
};

async function failureOf(action: () => Promise<void>): Promise<string | null> {
  try {
    await action();
    return null;
  } catch (error) {
    const { code, message, hint, causes } = problemJson(error);
    // What is no Problem is a fault of ours, and no answer.
    if (code === 'bug') throw error;
    return [message, ...causes, ...(hint === undefined ? [] : [hint])].join(' ');
  }
}

async function tell(
  { report }: Moving,
  found: {
    readonly updates: number;
    readonly seconds: number;
    readonly changed: number;
    readonly failed: string | null;
  },
): Promise<void> {
  const { updates, seconds, changed, failed } = found;
  await report.note(
    `${counted(updates, 'update')} in ${seconds.toFixed(1)} s, ${counted(changed, 'piece')} of configuration changed`,
  );
  if (failed === null) await report.note('it would work');
  else await report.note(`it would fail: ${failed}`, 'warning');
}

const throwAway: MovingStep = {
  name: 'throw the copy away',
  async run(context) {
    await context.http.destroy(asideName(context));
    await discardDirectory(draftOf(context));
    await context.db.destroy(context.site.database);
  },
  undo: 'nothing', // What made the copy is undone by taking it away.
};

/** The site stays open, and nothing of it changes. */
export const rehearsal: readonly MovingStep[] = [
  createDatabase,
  createDirectory,
  copyOpen,
  writeSettings,
  rewrite,
  publishAside,
  tryUpdates,
  throwAway,
];
