import type { AnswerOf, Endpoint, GivenOf, InputOf } from './endpoint.ts';
import { auditEndpoints } from './endpoints/audit.ts';
import { backupEndpoints } from './endpoints/backups.ts';
import { batchEndpoints } from './endpoints/batches.ts';
import { certificateEndpoints } from './endpoints/certificates.ts';
import { factorEndpoints } from './endpoints/factors.ts';
import { homeEndpoints } from './endpoints/home.ts';
import { hubEndpoints } from './endpoints/hub.ts';
import { notificationEndpoints } from './endpoints/notifications.ts';
import { offerEndpoints } from './endpoints/offers.ts';
import { packageEndpoints } from './endpoints/packages.ts';
import { peopleEndpoints } from './endpoints/people.ts';
import { platformEndpoints } from './endpoints/platforms.ts';
import { queueEndpoints } from './endpoints/queues.ts';
import { reserveEndpoints } from './endpoints/reserves.ts';
import { roleEndpoints } from './endpoints/roles.ts';
import { serverEndpoints } from './endpoints/servers.ts';
import { signInEndpoints } from './endpoints/sign-in.ts';
import { siteEndpoints } from './endpoints/sites.ts';
import { stagedMoveEndpoints } from './endpoints/staged-moves.ts';
import { statisticEndpoints } from './endpoints/statistics.ts';
import { taskEndpoints } from './endpoints/tasks.ts';
import { viewEndpoints } from './endpoints/views.ts';

/** Every endpoint, once. The hub must answer each, every caller can ask each, OpenAPI is printed from it. */
export const api = {
  ...peopleEndpoints,
  ...signInEndpoints,
  ...factorEndpoints,
  ...roleEndpoints,
  ...serverEndpoints,
  ...platformEndpoints,
  ...siteEndpoints,
  ...backupEndpoints,
  ...certificateEndpoints,
  ...packageEndpoints,
  ...taskEndpoints,
  ...batchEndpoints,
  ...queueEndpoints,
  ...stagedMoveEndpoints,
  ...reserveEndpoints,
  ...offerEndpoints,
  ...statisticEndpoints,
  ...homeEndpoints,
  ...auditEndpoints,
  ...viewEndpoints,
  ...notificationEndpoints,
  ...hubEndpoints,
};

export type Api = typeof api;
export type EndpointName = keyof Api;

/** What a caller has to say to one endpoint. */
export type Input<Name extends EndpointName> = InputOf<Api[Name]>;
/** What the hub's handler of one endpoint is given. */
export type Given<Name extends EndpointName> = GivenOf<Api[Name]>;
export type Answer<Name extends EndpointName> = AnswerOf<Api[Name]>;

// The names are the keys of the table just above; Object.keys only forgets their type.
export const endpointNames = Object.keys(api) as readonly EndpointName[];
/** One endpoint, seen without its exact type: for code that treats all alike. */
export const endpointOf = (name: EndpointName): Endpoint => api[name];
