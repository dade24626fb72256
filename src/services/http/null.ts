import { Problem } from '../../model/problem.ts';
import { type Engine, engine } from '../engine.ts';
import type { Http } from './http.ts';
import { reachedAt, reachedOptions } from './options.ts';

/** For servers whose sites something else publishes: it takes every site and does nothing. */
export const nullHttp: Engine = engine({
  type: 'http',
  name: 'null',
  title: 'None: sites are published by something else',
  options: reachedOptions,
  open: (_, given): Http => ({
    reached: reachedAt(given),
    verify: async () => [],
    // Never in the way of an install: there is nothing that could exist.
    exists: async () => false,
    create: async () => [],
    destroy: async () => undefined,
    ownLines: () => '(nowhere: this server publishes no sites)',
    door: () => null,
    log: async () => {
      throw new Problem('not-found', 'sites of this server are published by something else, which keeps their logs', {
        hint: 'Look there.',
      });
    },
    async putChallenge(_, text) {
      if (text === null) return;
      throw new Problem(
        'conflict',
        'sites of this server are published by something else, which has to prove their names',
        {
          hint: 'Choose the challenge dns, or have their certificate made where they are published.',
        },
      );
    },
    requests: async () => null,
    takers: async () => [],
    haveAnswered: async () => true,
    address: ({ name, redirection }) => `${redirection ?? name} (not published by Aegir)`,
  }),
});
