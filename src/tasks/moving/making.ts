import { begin, unbegin } from '../begun.ts';
import { discardDirectory, putDirectories, siteDirectory } from '../site-directory.ts';
import { withdrawFiles } from '../spread/spread.ts';
import { draftOf, type MovingStep } from './moving.ts';

export const createDatabase: MovingStep = {
  name: 'create database',
  async run(context) {
    const { db, site, report, seen } = context;
    await begin(context);
    const changes = await db.create(site.database);
    if (changes.length > 0) seen.made = true;
    await report.changed(changes);
  },
  async undo(context) {
    await context.db.destroy(context.site.database);
    await unbegin(context);
  },
};

export const createDirectory: MovingStep = {
  name: 'create directory',
  run: async (context) => context.report.changed(await putDirectories(draftOf(context))),
  async undo(context) {
    // In its place are the files of the site itself.
    if (siteDirectory(context) !== siteDirectory(context.from)) await withdrawFiles(context);
    await discardDirectory(draftOf(context));
  },
};
