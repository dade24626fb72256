import type { Changes } from '../machine/put.ts';

/**
 * What every engine promises for the resources of its service (Http provides vhosts, Db provides databases):
 * - verify: put the service itself in order (directories, base configuration), then prove that it works.
 * - create: make this resource so. Twice is the same as once; changed means updated; refused means the old one stays.
 *   What is already as wanted is not touched, and the answer says what was changed.
 * - destroy: make it gone. Absent is fine; what is not ours is left alone.
 */
export interface Provides<Resource, Key> {
  verify(): Promise<Changes>;
  exists(key: Key): Promise<boolean>;
  create(resource: Resource): Promise<Changes>;
  destroy(key: Key): Promise<void>;
}
