import { putDirectories, removeDirectory, siteDirectory } from '../site-directory.ts';
import { draftOf, type MovingStep } from './moving.ts';

export const createDatabase: MovingStep = {
  name: 'create database',
  run: async ({ db, site, report }) => report.changed(await db.create(site.database)),
  undo: ({ db, site }) => db.destroy(site.database),
};

export const createDirectory: MovingStep = {
  name: 'create directory',
  run: async (context) => context.report.changed(await putDirectories(draftOf(context))),
  undo: (context) => removeDirectory(draftOf(context), siteDirectory(draftOf(context))),
};
