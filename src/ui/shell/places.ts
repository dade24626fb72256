import type { IconName } from '../parts/icon.tsx';

/** The pages that are always there, as they stand in the menu: address, word, picture. Null: a line between them. */
export const places = [
  ['/', 'home', 'home'],
  ['/sites', 'sites', 'site'],
  ['/platforms', 'platforms', 'platform'],
  ['/servers', 'servers', 'server'],
  null,
  ['/tasks', 'tasks', 'task'],
  ['/batches', 'batches', 'batch'],
  ['/backups', 'backups', 'backup'],
  ['/packages', 'packages', 'package'],
  null,
  ['/clients', 'clients', 'client'],
  ['/accounts', 'accounts', 'account'],
  ['/roles', 'roles', 'role'],
  ['/audit', 'audit', 'audit'],
  ['/queues', 'queues', 'queue'],
  ['/settings', 'settings', 'setting'],
] as const satisfies readonly (readonly [string, string, IconName] | null)[];
