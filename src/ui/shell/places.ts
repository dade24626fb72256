import type { EndpointName } from '../../api/endpoints.ts';
import type { IconName } from '../parts/icon.tsx';
import { useSession } from '../session.ts';

/** As they stand in the menu: address, word, picture, and what their page asks of the hub. Null: a line between them. */
const all = [
  ['/', 'home', 'home', 'home'],
  ['/sites', 'sites', 'site', 'site list'],
  ['/platforms', 'platforms', 'platform', 'platform list'],
  ['/servers', 'servers', 'server', 'server list'],
  null,
  ['/tasks', 'tasks', 'task', 'task list'],
  ['/batches', 'batches', 'batch', 'batch list'],
  ['/backups', 'backups', 'backup', 'backup list'],
  ['/certificates', 'certificates', 'certificate', 'certificate list'],
  ['/packages', 'packages', 'package', 'package list'],
  null,
  ['/clients', 'clients', 'client', 'client list'],
  ['/accounts', 'accounts', 'account', 'account list'],
  ['/roles', 'roles', 'role', 'role list'],
  ['/audit', 'audit', 'audit', 'audit list'],
  ['/reserves', 'reserves', 'reserve', 'reserve list'],
  ['/offers', 'offers', 'offer', 'offer list'],
  ['/queues', 'queues', 'queue', 'queue list'],
  ['/settings', 'settings', 'setting', 'setting list'],
] as const satisfies readonly (readonly [string, string, IconName, EndpointName] | null)[];

type Place = (typeof all)[number];

/** The pages on which this person would see anything. */
export const usePlaces = (): readonly Place[] => {
  const session = useSession();
  return all.filter((place) => place === null || session?.permissions.includes(place[3])).filter(isNoEdge);
};

/** No line at an end, and no two together. */
const isNoEdge = (place: Place, at: number, places: readonly Place[]): boolean =>
  place !== null || (at > 0 && at < places.length - 1 && places[at - 1] !== null);
