import { measureTree } from '../../applications/tree.ts';
import { demandRooms, diskOf, isSameDisk } from '../../machine/room.ts';
import { Problem } from '../../model/problem.ts';
import { mustFit } from '../comparison.ts';
import { siteDirectory } from '../site-directory.ts';
import { demandUnpublished } from '../vhost.ts';
import { draftOf, type Moving } from './moving.ts';
import { formerDirectory } from './placing.ts';
import { changesHttp } from './publishing.ts';

/** What must be there, and what must not, before the first byte is written. */
export async function checkMoving(context: Moving): Promise<void> {
  demandPlatform(context);
  demandOneMachine(context);
  await demandThere(context);
  // Before the site itself is asked, which without its database only says that it cannot.
  await demandWhole(context);
  // Its own platform carries it, whatever is pending there.
  if (context.platform.id !== context.from.platform.id) await mustFit(context.from, context);
  await demandFree(context);
  if (context.site.name !== context.from.site.name || changesHttp(context)) await demandUnpublished(context);
  await demandOwnLines(context);
  await demandRoom(context);
}

function demandPlatform({ from, platform, application, installed }: Moving): void {
  if (platform.id !== from.platform.id && platform.status !== 'enabled')
    throw new Problem('wrong-status', `platform ${platform.name} takes no site: it is ${platform.status}`, {
      hint: 'Choose another platform, or unlock or verify it.',
    });
  if (application.name !== from.application.name)
    throw new Problem(
      'invalid',
      `${from.site.name} is a site of ${from.application.title}, and platform ${platform.name} holds ${application.title}`,
      { hint: 'Choose a platform of the same application.' },
    );
  const refused = application.refusesDatabase(installed.database.driver, platform.version ?? '', null);
  if (refused) throw new Problem('invalid', refused, { hint: 'Move its database first: aegir site move.' });
  if (installed.database.driver !== from.installed.database.driver)
    throw new Problem(
      'invalid',
      `its database is ${from.installed.database.driver}, and the new one would be ${installed.database.driver}`,
      { hint: 'Choose a server whose db service is of the same kind.' },
    );
}

/** Files travel within one machine only. */
function demandOneMachine({ from, server }: Moving): void {
  if (from.server.host === server.host) return;
  throw new Problem(
    'invalid',
    `${from.site.name} is on ${from.server.name} (${from.server.host}), and would go to ${server.name} (${server.host})`,
    {
      hint: 'Files cannot travel between machines yet: that needs the file service. Choose a platform on the same machine.',
    },
  );
}

async function demandWhole({ from }: Moving): Promise<void> {
  if ((await from.machine.stat(siteDirectory(from))) === null)
    throw new Problem('not-found', `the directory of ${from.site.name}, ${siteDirectory(from)}, is gone`, {
      hint: 'Restore the site from a backup first.',
    });
  // A database that is a file lies in that directory.
  if (from.installed.database.driver === 'sqlite' || (await from.db.exists(from.site.database))) return;
  throw new Problem('not-found', `the database of ${from.site.name}, ${from.site.database.name}, is gone`, {
    hint: 'Restore the site from a backup first.',
  });
}

/** Said before its code is looked at, which would only say that there is none. */
export async function demandThere({ machine, platform }: Pick<Moving, 'machine' | 'platform'>): Promise<void> {
  if (await machine.stat(`${platform.root}/sites`)) return;
  throw new Problem('not-found', `platform ${platform.name} is not at ${platform.root} any more`, {
    hint: 'Bring its code back, or choose another platform.',
  });
}

/** Nothing is in the way where the copy is made. */
export async function demandFree(context: Moving): Promise<void> {
  const { machine, db, site, installed } = context;
  const taken = [siteDirectory(draftOf(context)), formerDirectory(context)];
  for (const path of taken)
    if ((await machine.stat(path)) !== null)
      throw new Problem('conflict', `there is already a directory ${path}`, {
        hint: 'It was not made by this task: look what is in it, and move it away or remove it.',
      });
  if (installed.database.driver !== 'sqlite' && (await db.exists(site.database)))
    throw new Problem('conflict', `there is already a database ${site.database.name}`, {
      hint: 'It was not made by this task: rename or drop it, then retry the task.',
    });
}

/** Lines for one kind of web server mean nothing to another, and may be what keeps visitors out. */
async function demandOwnLines(context: Moving): Promise<void> {
  const { from, http, machine, site } = context;
  if (!changesHttp(context)) return;
  const [own, wanted] = [from.http.ownLines(from.site.name), http.ownLines(site.name)];
  const isThere = async (path: string): Promise<boolean> => path.startsWith('/') && (await machine.stat(path)) !== null;
  if (!(await isThere(own)) || (await isThere(wanted))) return;
  throw new Problem('conflict', `${from.site.name} has lines of its own for its web server in ${own}`, {
    hint: `Write what the new web server needs of them into ${wanted} (an empty directory: nothing), then retry the task.`,
  });
}

async function demandRoom(context: Moving): Promise<void> {
  const { machine, platform, from, linksFiles } = context;
  const disk = await diskOf(machine, `${platform.root}/sites`);
  const isLinked = linksFiles && isSameDisk(disk, await diskOf(from.machine, siteDirectory(from)));
  const files = isLinked ? 0 : (await measureTree(machine, from.site.runUser, siteDirectory(from))).bytes;
  const database = await from.db.sizeBytes(from.installed.database);
  demandRooms([
    { disk, bytes: files },
    { disk: (await context.db.disk()) ?? disk, bytes: database },
  ]);
}
