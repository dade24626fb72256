import { isPath } from '../model/platform-source.ts';
import { Problem } from '../model/problem.ts';
import { inSandbox, type Sandbox } from './sandbox.ts';
import { fetchedTree, type Source } from './source.ts';

const makeMs = 40 * 60_000;

export const makefile: Source<'makefile'> = {
  async fetch({ makefile: location }, { sandbox }) {
    await mustHaveMake(sandbox);
    await inSandbox(sandbox, {
      argv: ['drush', '--yes', '--nocolor', 'make', '--no-cache', location, fetchedTree(sandbox)],
      ...{ network: true, sees: isPath(location) ? [location] : [], timeoutMs: makeMs },
    });
  },
};

/** Drush 8 was the last to have it. */
async function mustHaveMake(sandbox: Sandbox): Promise<void> {
  await inSandbox(sandbox, { argv: ['drush', 'make', '--help'], timeoutMs: 60_000 }).catch((cause: unknown) => {
    if (!(cause instanceof Problem) || cause.code !== 'command-failed') throw cause;
    throw new Problem('command-failed', `there is no Drush with the command 'make' on ${sandbox.machine.name}`, {
      hint: "Put Drush 8 (its drush.phar) at /usr/local/bin/drush there, or make the platform from 'composer' or 'archive'.",
      cause,
    });
  });
}
