import type { Changes } from '../machine/put.ts';
import type { Vhost } from '../services/http/http.ts';
import type { SiteContext } from './context.ts';

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
    certificate: site.certificate,
    lines: lines.vhost,
  };
}

/** Publishes the site in this state; says what that changed. */
export const publish = (context: SiteContext, state: Vhost['state']): Promise<Changes> =>
  context.http.create(vhost(context, state));
