import type { Changes } from '../machine/put.ts';
import { Problem } from '../model/problem.ts';
import type { Vhost } from '../services/http/http.ts';
import type { SiteContext } from './context.ts';
import { putCron } from './cron-entry.ts';
import { gatherFiles, leaveFormer, spreadFiles, withdrawFiles } from './spread/spread.ts';

/** The site as its web server is to publish it. */
export function vhost({ site, platform, application, installed, lines }: SiteContext, state: Vhost['state']): Vhost {
  return {
    siteId: site.id,
    name: site.name,
    aliases: site.aliases,
    redirection: site.redirection,
    asHost: null,
    replaces: [],
    root: platform.root,
    directory: site.directory,
    routing: application.routing(site, platform),
    state,
    database: installed.database,
    fpmSocket: site.fpmSocket,
    tls: site.tls,
    hstsSeconds: site.hstsSeconds,
    certificate: site.certificate,
    pem: site.pem,
    lines: lines.vhost,
  };
}

/**
 * Publishes the site in this state, with its line in its server's own cron if that runs it; says what that changed. On the members
 * of a cluster its files come first.
 */
export async function publish(context: SiteContext, state: Vhost['state']): Promise<Changes> {
  const brought = await spreadFiles(context);
  const changes = await context.http.create(vhost(context, state));
  return [...brought, ...changes, ...(await leaveFormer(context)), ...(await putCron(context, state))];
}

export async function unpublish(context: SiteContext): Promise<void> {
  const { http, cron, site } = context;
  await cron?.destroy(site.id);
  await http.destroy(site.name);
  // It may be published again: what visitors have written must not be gone by then.
  await gatherFiles(context);
  await withdrawFiles(context);
  await http.spread?.settled(site.name);
}

/** For who publishes under a name for the first time: what is there under it is not ours to replace. */
export async function demandUnpublished({ http, site, machine }: SiteContext): Promise<void> {
  if (!(await http.exists(site.name))) return;
  throw new Problem('conflict', `${site.name} is already published by the web server of ${machine.name}`, {
    hint: `Nothing that the hub knows has this name: look in vhost.d of the web server what it is, remove that, then retry the task.`,
  });
}
