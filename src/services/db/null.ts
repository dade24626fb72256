import { z } from 'zod';
import { Problem } from '../../model/problem.ts';
import { engine } from '../engine.ts';
import type { Db } from './db.ts';

/** For servers whose sites bring their own database, or none: it accepts all and provides nothing. */
export const nullDb = engine({
  type: 'db',
  name: 'null',
  title: 'No database',
  options: z.object({}),
  open({ machine }): Db {
    const none = (): Problem =>
      new Problem('invalid', `the server ${machine.name} has a db service that provides no databases`, {
        hint: 'Choose the db service of another server for this site.',
      });
    return {
      nameLengthMax: 63,
      verify: async () => [],
      version: async () => null,
      exists: async () => false,
      create: async () => [],
      destroy: async () => undefined,
      address() {
        throw none();
      },
      dumping: () => Promise.reject(none()),
      loading: () => Promise.reject(none()),
      copy: async () => ({ way: 'there is nothing to copy' }),
      copyNeedsClosed: () => false,
      close: async () => undefined,
      reopen: async () => undefined,
      sizeBytes: async () => 0,
      disk: async () => null,
    };
  },
});
