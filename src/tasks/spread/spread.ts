import { bringTree } from '../../applications/tree-bring.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Changes } from '../../machine/put.ts';
import { counted } from '../../model/counted.ts';
import type { Spread } from '../../services/http/http.ts';
import type { SiteContext } from '../context.ts';
import { putDirectories, removeDirectory, siteDirectory, writtenDirectories } from '../site-directory.ts';

/**
 * A site of a cluster lies on its own server and on all members. What its visitors write is written on one of these, and counts
 * wherever it was written: it is fetched from there before anything is done with the site's files, and brought to all others.
 * Nothing is ever removed somewhere because it is not here.
 */
export async function spreadFiles(context: SiteContext): Promise<Changes> {
  const { http, report, machine: source, site } = context;
  if (!http.spread || report.isDryRun) return [];
  const changes = [...(await gatherFiles(context))];
  const [path, written] = [siteDirectory(context), writtenDirectories(context)];
  for (const { server, machine: target } of http.spread.members) {
    await putDirectories({ ...context, machine: target });
    let files = await bringTree(null, { source, target, from: path, to: path, except: written, onlyNewer: false });
    for (const at of written.map((name) => `${path}/${name}`))
      files += await bringTree(site.runUser, { source, target, from: at, to: at, except: [], onlyNewer: false });
    if (files > 0) changes.push(`${server}: brought ${counted(files, 'file')} of ${site.name}`);
  }
  return changes;
}

/** Before its files are read: what visitors have written on the members comes to the site's own server. */
export async function gatherFiles(context: SiteContext): Promise<Changes> {
  const { http, machine, site, report } = context;
  if (!http.spread || report.isDryRun) return [];
  const top = siteDirectory(context);
  if ((await machine.stat(top)) === null) return [];
  const changes: string[] = [];
  for (const { server, machine: from } of await everywhere(http.spread, site.name)) {
    let files = 0;
    for (const path of writtenDirectories(context).map((name) => `${top}/${name}`))
      if ((await from.stat(path)) !== null) {
        const tree = { source: from, target: machine, from: path, to: path, except: [], onlyNewer: true };
        files += await bringTree(site.runUser, tree);
      }
    if (files > 0) changes.push(`fetched ${counted(files, 'file')} of ${site.name} that were written on ${server}`);
  }
  return changes;
}

/** From those that are no members any more, what it has written there is fetched first. */
export async function leaveFormer(context: SiteContext): Promise<Changes> {
  const { http, site, report } = context;
  if (!http.spread || report.isDryRun) return [];
  const changes: string[] = [];
  for (const { server, machine } of await http.spread.former(site.name)) {
    if (await removeAt(context, machine)) changes.push(`${server}: removed what it had of ${site.name}`);
  }
  await http.spread.settled(site.name);
  return changes;
}

/** Its directory, when nobody needs it any more, on all servers but its own; not where the site is by now, at the same path. */
export async function withdrawFiles(context: SiteContext, now?: SiteContext): Promise<void> {
  const { http, site } = context;
  if (!http.spread) return;
  const isSamePlace = now !== undefined && siteDirectory(now) === siteDirectory(context);
  const kept = isSamePlace ? [now.server.host, ...(now.http.spread?.members ?? []).map(({ host }) => host)] : [];
  for (const { machine, host } of await everywhere(http.spread, site.name))
    if (!kept.includes(host)) await removeAt(context, machine);
}

const everywhere = async (spread: Spread, name: string): Promise<Spread['members']> => [
  ...spread.members,
  ...(await spread.former(name)),
];

async function removeAt(context: SiteContext, machine: Machine): Promise<boolean> {
  const path = siteDirectory(context);
  if ((await machine.stat(path)) === null) return false;
  await removeDirectory({ ...context, machine }, path);
  return true;
}
