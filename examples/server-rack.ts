import { z } from 'zod';
import { putFile } from '../src/machine/put.ts';
import type { Extension } from '../src/tasks/catalog.ts';
import type { ServerContext } from '../src/tasks/context.ts';
import type { Step } from '../src/tasks/task-type.ts';

/**
 * Example 2: extra data on servers.
 *
 * Where the machine stands is kept by the hub with the server, under the name of the plug-in:
 *
 *     PATCH /api/servers/master   { "data": { "rack": { "room": "B12", "unit": 7 } } }
 *
 * What does not fit the schema is refused with the names of the fields. A change of the data adds `server verify`.
 */
const rackSchema = z.strictObject({
  room: z.string().regex(/^[A-Za-z0-9 -]{1,40}$/, 'is not the name of a room'),
  unit: z.int().min(1).max(60),
});

/** Shown among the steps of `server verify`, behind our own 'make directories'. */
const writeLabel: Step<ServerContext, Record<string, never>> = {
  name: 'write rack label',
  async run({ server, machine, paths, report }) {
    const path = `${paths.config}/rack.txt`;
    if (server.data['rack'] === undefined) return machine.remove(path);
    // The hub has checked it when it was written; parsing it again is how it gets its type.
    const { room, unit } = rackSchema.parse(server.data['rack']);
    await report.changed(
      await putFile(machine, path, `${server.name}: room ${room}, unit ${unit}\n`, { mode: '0644' }),
    );
  },
  undo: 'nothing', // `server verify` heals: what it has put right stays right.
};

export const serverRack: Extension = {
  data: [{ noun: 'server', name: 'rack', schema: rackSchema }],
  steps: [{ task: 'server verify', place: 'after', step: 'make directories', steps: [writeLabel] }],
};
