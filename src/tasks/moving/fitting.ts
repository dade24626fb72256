import type { FormerPlace, PendingUpdate } from '../../applications/application.ts';
import { counted } from '../../model/counted.ts';
import { Problem } from '../../model/problem.ts';
import { allEnded } from '../all-ended.ts';
import { putDirectories, putSettings } from '../site-directory.ts';
import { copyAllFiles, copyDatabase } from './copying.ts';
import { isElsewhere, type Moving, type MovingStep } from './moving.ts';

/** Of the copy, which is where it will be by now. */
export const writeSettings: MovingStep = {
  name: 'write settings',
  async run(context) {
    await context.report.changed(await putDirectories(context));
    await context.report.changed(await putSettings(context));
  },
  undo: 'nothing', // They are in the directory of the copy, which an earlier step takes away.
};

/** What in database and files speaks of where and who it was. */
export const rewrite: MovingStep = {
  name: 'rewrite paths and names',
  async run(context) {
    if (context.seen.copy === undefined) await copyAgain(context);
    await rewriteAll(context);
  },
  undo: 'nothing', // Only the copy speaks of itself.
};

async function rewriteAll(context: Moving): Promise<void> {
  const { application, machine, installed, report, as, updatesFollow } = context;
  const done = await application.rewrite(machine, installed, formerPlace(context), as, updatesFollow);
  for (const { what, rows } of done) await report.note(`${what}: ${counted(rows, 'row')}`);
}

/** A worker that was lost may have left half an update behind, or one that still goes on: so it begins again with what the site has. */
async function copyAgain(context: Moving): Promise<void> {
  await context.report.note(anew);
  await allEnded([copyDatabase(context), copyAllFiles(context)]);
  await putDirectories(context);
  await putSettings(context);
}

const anew = 'the copy is made anew, as what was done to it before was not brought to its end';

/** Ready for updates: exactly as it was copied, and fitted to its place. */
export async function makeFresh(context: Moving): Promise<void> {
  if (context.seen.copy === 'fresh') return;
  if (context.again) {
    await context.report.note(anew);
    return context.again();
  }
  await copyAgain(context);
  if (isElsewhere(context)) await rewriteAll(context);
}

function formerPlace({ from }: Moving): FormerPlace {
  const { site, platform, installed } = from;
  return {
    root: platform.root,
    directory: site.directory,
    address: installed.address,
    names: [site.name, ...site.aliases.map(({ name }) => name)],
    version: platform.version,
  };
}

/** On the copy: what they break, they break there. */
export const runUpdates: MovingStep = {
  name: 'run updates',
  async run(context) {
    const { application, machine, installed, report, seen } = context;
    await makeFresh(context);
    seen.copy = 'touched';
    const done = await application.runUpdates(machine, installed);
    for (const one of done) await report.note(updateText(one));
    await report.note(done.length === 0 ? 'no updates were pending' : `ran ${counted(done.length, 'update')}`);
    return { updates: done.map(updateText) };
  },
  undo: 'nothing', // Only the copy was updated.
};

export const updateText = ({ package: name, update }: PendingUpdate): string => `${name} ${update}`;

export function demandNothingPending(pending: readonly PendingUpdate[], site: string): void {
  if (pending.length === 0) return;
  throw new Problem('application-failed', `${site} still has pending updates: ${pending.map(updateText).join(', ')}`, {
    hint: 'They ran without an error and are pending all the same: look into the package that they belong to.',
  });
}
