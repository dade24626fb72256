import { z } from 'zod';
import { serverLoad, serverNames, webLogLine } from '../api/look-shapes.ts';
import type { Handler } from './hub.ts';
import { lookBy } from './look.ts';
import { resolve } from './resolve.ts';

/** A worker of another version may answer otherwise. */
const load: Handler<'server load'> = async ({ params }, asked) => {
  const { id } = await resolve(asked, 'server', params.name);
  return serverLoad.parse(await lookBy(asked, { name: 'server load', subject: id, args: {} }));
};

const names: Handler<'server names'> = async ({ params }, asked) => {
  const { id } = await resolve(asked, 'server', params.name);
  return serverNames.parse(await lookBy(asked, { name: 'server names', subject: id, args: {} }));
};

const lines = z.object({ items: z.array(webLogLine) });

const webLog: Handler<'site web-log'> = async ({ params, query }, asked) => {
  const { id } = await resolve(asked, 'site', params.name);
  const args = { log: query.log, linesMax: query.limit, q: query.q ?? null };
  return lines.parse(await lookBy(asked, { name: 'site web-log', subject: id, args }));
};

export const lookHandlers = { 'server load': load, 'server names': names, 'site web-log': webLog };
