import { discardDirectory, putDirectories } from '../site-directory.ts';
import { draftOf, type MovingStep } from './moving.ts';

export const createDatabase: MovingStep = {
  name: 'create database',
  async run({ db, site, report, seen }) {
    const changes = await db.create(site.database);
    if (changes.length > 0) seen.made = true;
    await report.changed(changes);
  },
  undo: ({ db, site }) => db.destroy(site.database),
};

export const createDirectory: MovingStep = {
  name: 'create directory',
  run: async (context) => context.report.changed(await putDirectories(draftOf(context))),
  undo: (context) => discardDirectory(draftOf(context)),
};
