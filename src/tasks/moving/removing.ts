import { Problem } from '../../model/problem.ts';
import { removeDirectory, siteDirectory } from '../site-directory.ts';
import { isInPlace, type Moving, type MovingStep } from './moving.ts';
import { formerDirectory } from './placing.ts';
import { asideName, changesHttp } from './publishing.ts';

/** Once one of these has begun there is no way back, and none is needed: the site has answered where it is now. */

export const withdrawAside: MovingStep = {
  name: 'withdraw the name of the copy',
  async run(context) {
    const { http, from } = context;
    await http.destroy(asideName(context));
    if (changesHttp(context)) await from.http.destroy(from.site.name);
  },
  undo: 'forward',
};

export const dropDatabase: MovingStep = {
  name: 'drop the former database',
  async run({ from, report }) {
    if (from.site.databaseIsOurs) return from.db.destroy(from.site.database);
    await from.db.reopen(from.installed.database);
    await report.note(`database ${from.site.database.name} was there before Aegir, so it stays`);
  },
  undo: 'forward',
};

export const removeFiles: MovingStep = {
  name: 'remove the former files',
  run: (context) => removeDirectory(context.from, former(context)),
  undo: 'forward',
};

function former(context: Moving): string {
  const path = isInPlace(context) ? formerDirectory(context) : siteDirectory(context.from);
  if (path !== siteDirectory(context)) return path;
  throw new Problem('bug', `${path} is where the site is now, and nothing to remove`);
}
