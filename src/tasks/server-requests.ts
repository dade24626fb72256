import { allEnded } from './all-ended.ts';
import type { RunType } from './run-type.ts';

/** Reads on in the logs of a server's web servers, and counts the requests to all of its sites in one pass. */
export const serverRequests: RunType = {
  name: 'requests',
  async run(load, id) {
    const { services } = await load.server(id);
    const read = await allEnded(
      services.map(async ({ id: service, opened, readTo }) => {
        const found = await opened.requests?.(readTo);
        return found ? [{ service, ...found }] : [];
      }),
    );
    return { lines: '', requests: read.flat() };
  },
};
