import type { KyselyPlugin } from 'kysely';
import type { Hub } from '../../src/hub/hub.ts';

/** After so many queries the hub is gone: what it had not committed is not there. */
export function dying(hub: Hub, after: number): { readonly hub: Hub; readonly left: () => number } {
  let left = after;
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      if (left-- <= 0) throw new Error('power cut');
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const db = hub.database.db.withPlugin(plugin);
  return { hub: { ...hub, database: { ...hub.database, db }, onBug: () => undefined }, left: () => left };
}
