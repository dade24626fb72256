import { measureTree } from '../../applications/tree.ts';
import type { Machine } from '../../machine/machine.ts';
import { demandRooms, diskOf, isSameDisk } from '../../machine/room.ts';
import { Problem } from '../../model/problem.ts';
import { mustFit } from '../comparison.ts';
import { siteDirectory } from '../site-directory.ts';
import { demandUnpublished } from '../vhost.ts';
import { draftOf, type Moving } from './moving.ts';
import { goesWithIt } from './own-lines.ts';
import { formerDirectory } from './placing.ts';
import { changesHttp } from './publishing.ts';
import { isSameHost, wayOf } from './way.ts';

/** What must be there, and what must not, before the first byte is written. */
export async function checkMoving(context: Moving): Promise<void> {
  demandPlatform(context);
  demandFileHere(context);
  await demandThere(context);
  // Before the site itself is asked, which without its database only says that it cannot.
  await demandWhole(context);
  // Its own platform carries it, whatever is pending there.
  if (context.platform.id !== context.from.platform.id) await mustFit(context.from, context);
  await demandFree(context);
  if (context.site.name !== context.from.site.name || changesHttp(context)) await demandUnpublished(context);
  await demandCertificate(context);
  await demandOwnLines(context);
  await demandRoom(context);
  await wayOf(context);
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

/** A database that is a file goes with the site, so it needs a db service where that goes. */
function demandFileHere(context: Moving): void {
  const { from, server, services, installed } = context;
  if (isSameHost(context, from) || installed.database.driver !== 'sqlite' || services.db !== from.services.db) return;
  throw new Problem(
    'invalid',
    `the database of ${from.site.name} is a file in its directory, and on ${server.name} it would be a service of ${from.server.name}`,
    { hint: `Say that it goes there too: --db-server ${server.name}; give that server a db service of sqlite first.` },
  );
}

/** Own certificates are files of the operator's, who has put them on each server that shows them. Others go with the site's configuration. */
async function demandCertificate({ from, machine, site, server }: Moving): Promise<void> {
  if (site.tls === 'off' || site.certificate === null || server.id === from.server.id) return;
  for (const path of [site.certificate.certificatePath, site.certificate.keyPath])
    if ((await machine.stat(path)) === null)
      throw new Problem('not-found', `${site.name} shows the certificate ${path}, which is not on ${server.name}`, {
        hint: `Put both files there, at the same paths, then retry the task; or have Aegir keep it: aegir certificate upload.`,
      });
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
  const { machine, db, site, installed, from } = context;
  const taken = [
    [machine, siteDirectory(draftOf(context))],
    [from.machine, formerDirectory(context)],
  ] as const;
  for (const [on, path] of taken)
    if ((await on.stat(path)) !== null)
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
  if (!changesHttp(context) || goesWithIt(context)) return;
  const [own, wanted] = [from.http.ownLines(from.site.name), http.ownLines(site.name)];
  const isThere = async (path: string, on: Machine): Promise<boolean> =>
    path.startsWith('/') && (await on.stat(path)) !== null;
  if (!(await isThere(own, from.machine)) || (await isThere(wanted, machine))) return;
  throw new Problem('conflict', `${from.site.name} has lines of its own for its web server in ${own}`, {
    hint: `Write what the new web server needs of them into ${wanted} (an empty directory: nothing), then retry the task.`,
  });
}

async function demandRoom(context: Moving): Promise<void> {
  const { machine, platform, from, linksFiles } = context;
  const disk = await diskOf(machine, `${platform.root}/sites`);
  const isLinked =
    linksFiles && isSameHost(context, from) && isSameDisk(disk, await diskOf(from.machine, siteDirectory(from)));
  const files = isLinked ? 0 : (await measureTree(from.machine, from.site.runUser, siteDirectory(from))).bytes;
  context.seen.bytes = files;
  const database = await from.db.sizeBytes(from.installed.database);
  demandRooms([
    { disk, bytes: files },
    { disk: (await context.db.disk()) ?? disk, bytes: database },
  ]);
}
