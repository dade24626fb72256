import { createHash } from 'node:crypto';
import type { Vhost } from '../../services/http/http.ts';
import type { SiteContext } from '../context.ts';
import { publish, unpublish, vhost } from '../vhost.ts';
import { openedAgain } from './closing.ts';
import type { Moving, MovingStep } from './moving.ts';

/** Under which the copy can be asked before anybody else can. Nobody can guess it, who does not know its database's password. */
export const asideName = ({ site }: Pick<Moving, 'site'>): string => {
  const secret = createHash('sha256').update(`aside ${site.database.password.reveal()}`).digest('hex');
  return `copy-${secret.slice(0, 20)}.aegir.invalid`;
};

/** How its name is looked up: http.door, http.destroy. */
export const asideVhost = (context: Pick<Moving, 'site'>): Pick<Vhost, 'name' | 'redirection' | 'tls'> => ({
  name: asideName(context),
  redirection: null,
  // An application that wants https would send us away for ever.
  tls: context.site.tls === 'off' ? 'off' : 'on',
});

/** Before there is anything to see, so that no reload for it falls into the time in which the site is closed. */
export const publishAside: MovingStep = {
  name: 'publish under a name of its own',
  async run(context) {
    const own = { aliases: [], certificate: null, pem: null, asHost: context.site.redirection ?? context.site.name };
    await context.http.create({ ...vhost(context, 'enabled'), ...asideVhost(context), ...own });
  },
  undo: (context) => context.http.destroy(asideName(context)),
};

/** Whether another web server publishes it from now on. */
export const changesHttp = ({ services, from }: Moving): boolean => services.http !== from.services.http;

/** One reload: what visitors get from here on is the copy, which needs its other name no longer. A disabled site stays disabled. */
export const switchOver: MovingStep = {
  name: 'switch over',
  async run(context) {
    const site = instead(context, context.from, openState(context.from));
    const changes = await context.http.create({ ...site, replaces: [...site.replaces, asideName(context)] });
    await context.report.changed(changes);
    return openedAgain(context);
  },
  async undo(context) {
    const { from, http, site } = context;
    if (changesHttp(context)) return http.destroy(site.name);
    // Closed, as it was before; the step that closed it opens it.
    const closed = from.site.status === 'enabled' ? 'maintenance' : 'disabled';
    await from.http.create(instead(from, context, closed));
  },
};

export const openState = ({ site }: SiteContext): Vhost['state'] =>
  site.status === 'disabled' ? 'disabled' : 'enabled';

/** In the place of the other, where that has another name on the same web server. */
const instead = (one: SiteContext, other: SiteContext, state: Vhost['state']): Vhost => ({
  ...vhost(one, state),
  replaces: one.services.http === other.services.http && one.site.name !== other.site.name ? [other.site.name] : [],
});

/** For a site that is new. */
export const publishNew: MovingStep = {
  name: 'publish',
  run: async (context) => context.report.changed(await publish(context, 'enabled')),
  undo: unpublish,
};
