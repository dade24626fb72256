import { putCron } from '../cron-entry.ts';
import { removeDirectory, siteDirectory } from '../site-directory.ts';
import { withdrawFiles } from '../spread/spread.ts';
import { isInPlace, type MovingStep } from './moving.ts';
import { formerDirectory } from './placing.ts';
import { asideName, changesHttp, openState } from './publishing.ts';
import { isSameHost } from './way.ts';

/** Once one of these has begun there is no way back, and none is needed: the site has answered where it is now. */

export const withdrawAside: MovingStep = {
  name: 'withdraw the name of the copy',
  async run(context) {
    const { http, from } = context;
    await http.destroy(asideName(context));
    if (changesHttp(context)) await from.http.destroy(from.site.name);
    if (context.server.id !== from.server.id) await from.cron?.destroy(from.site.id);
    await putCron(context, openState(from));
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
  async run(context) {
    const { machine } = context.from;
    const [own, former] = [siteDirectory(context.from), formerDirectory(context)];
    // Moved away first: what a lost worker has left at work there finds nothing any more.
    const isElsewhere = own !== siteDirectory(context) || !isSameHost(context, context.from);
    if (!isInPlace(context) && isElsewhere && (await machine.stat(own))) await machine.move(own, former);
    if (isElsewhere) await withdrawFiles(context.from, context);
    await removeDirectory(context.from, former);
  },
  undo: 'forward',
};
