import { z } from 'zod';
import { shortName } from '../model/context-name.ts';

/** By which an option names another server. */
export const serverName = z.string().regex(shortName, 'must be the name of a server');
