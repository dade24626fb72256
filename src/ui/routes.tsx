import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { readSearch, writeSearch } from './list/search.ts';
import { NotFound } from './pages/not-found.tsx';
import { PageFault, PageWait } from './parts/page-fault.tsx';
import { Shell } from './shell/shell.tsx';

/** The map of the panel: every address and the page at it. Each page is a file that is loaded when it is first wanted. */
const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

type Page = () => React.ReactNode;
const page = <const Path extends string, Name extends string>(
  path: Path,
  load: () => Promise<{ [One in Name]: Page }>,
  name: Name,
) => createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load, name) });

/** For who is not signed in; sign-in/way-back.ts knows them too. */
const openPage = page;

const routes = [
  page('/', () => import('./pages/home.tsx'), 'Home'),
  page('/start', () => import('./pages/start.tsx'), 'Start'),
  page('/sites', () => import('./pages/lists.tsx'), 'Sites'),
  page('/sites/new', () => import('./pages/site-new.tsx'), 'SiteNew'),
  page('/sites/$name/clone', () => import('./pages/site-new.tsx'), 'SiteClone'),
  page('/sites/$name/{-$tab}', () => import('./pages/site.tsx'), 'Site'),
  page('/platforms', () => import('./pages/lists.tsx'), 'Platforms'),
  page('/platforms/new', () => import('./pages/platform-new.tsx'), 'PlatformNew'),
  page('/platforms/$name/{-$tab}', () => import('./pages/platform.tsx'), 'Platform'),
  page('/servers', () => import('./pages/lists.tsx'), 'Servers'),
  page('/servers/new', () => import('./pages/server-new.tsx'), 'ServerNew'),
  page('/servers/$name/{-$tab}', () => import('./pages/server.tsx'), 'Server'),
  page('/tasks', () => import('./pages/lists.tsx'), 'Tasks'),
  page('/tasks/$task', () => import('./pages/task.tsx'), 'Task'),
  page('/batches', () => import('./pages/batches.tsx'), 'Batches'),
  page('/batches/$batch', () => import('./pages/batch.tsx'), 'Batch'),
  page('/backups', () => import('./pages/lists.tsx'), 'Backups'),
  page('/backups/$backup', () => import('./pages/backup.tsx'), 'Backup'),
  page('/packages', () => import('./pages/packages.tsx'), 'Packages'),
  page('/packages/$name', () => import('./pages/packages.tsx'), 'Package'),
  page('/clients', () => import('./pages/lists.tsx'), 'Clients'),
  page('/clients/new', () => import('./pages/client.tsx'), 'ClientNew'),
  page('/clients/$name/{-$tab}', () => import('./pages/client.tsx'), 'Client'),
  page('/accounts', () => import('./pages/lists.tsx'), 'Accounts'),
  page('/accounts/new', () => import('./pages/people.tsx'), 'AccountNew'),
  page('/accounts/$name/{-$tab}', () => import('./pages/people.tsx'), 'Account'),
  page('/roles', () => import('./pages/lists.tsx'), 'Roles'),
  page('/roles/new', () => import('./pages/role.tsx'), 'RoleNew'),
  page('/roles/$name/{-$tab}', () => import('./pages/role.tsx'), 'Role'),
  page('/audit', () => import('./pages/audit.tsx'), 'Audit'),
  page('/account/{-$tab}', () => import('./account/own-account.tsx'), 'OwnAccount'),
  page('/reserves', () => import('./pages/reserve.tsx'), 'Reserves'),
  page('/reserves/new', () => import('./pages/reserve.tsx'), 'ReserveNew'),
  page('/reserves/$name/{-$tab}', () => import('./pages/reserve.tsx'), 'Reserve'),
  page('/queues', () => import('./pages/queues.tsx'), 'Queues'),
  page('/queues/$name/{-$tab}', () => import('./pages/queue.tsx'), 'Queue'),
  page('/certificates', () => import('./pages/certificate.tsx'), 'Certificates'),
  page('/certificates/new', () => import('./pages/certificate.tsx'), 'CertificateNew'),
  page('/certificates/$name', () => import('./pages/certificate.tsx'), 'Certificate'),
  page('/offers', () => import('./pages/offer.tsx'), 'Offers'),
  page('/offers/new', () => import('./pages/offer.tsx'), 'OfferNew'),
  page('/offers/$name/{-$tab}', () => import('./pages/offer.tsx'), 'Offer'),
  page('/settings', () => import('./pages/settings.tsx'), 'Settings'),
  openPage('/sign-in', () => import('./shell/sign-in.tsx'), 'SignIn'),
  openPage('/sign-in/return', () => import('./shell/sign-in.tsx'), 'SignInReturn'),
  openPage('/invitation', () => import('./sign-in/invitation.tsx'), 'Invitation'),
] as const;

export const router = createRouter({
  routeTree: root.addChildren(routes),
  parseSearch: readSearch,
  stringifySearch: writeSearch,
  defaultPreload: 'intent',
  defaultErrorComponent: PageFault,
  defaultPendingComponent: PageWait,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
