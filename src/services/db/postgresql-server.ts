import { query } from '../../machine/command.ts';
import type { Machine } from '../../machine/machine.ts';
import { Problem } from '../../model/problem.ts';
import type { Detected } from '../engine.ts';
import { newestFirst } from './postgresql-client.ts';

export async function detect(machine: Machine): Promise<Detected | null> {
  const [newest] = newestFirst(
    await machine.find('/usr/lib/postgresql', { names: ['postgres'], prune: ['lib'], depthMax: 3 }),
  );
  if (newest === undefined) return null;
  const { stdout } = await machine.run({ ...query`${newest} --version`, quiet: true });
  return { engine: 'postgresql', version: /(\d+(?:\.\d+)+)/.exec(stdout)?.[1] ?? '', options: {} };
}

export const sitesShutOut = (server: string, way: string): Problem =>
  new Problem('forbidden', `PostgreSQL on ${server} lets no site in with a password (${way})`, {
    hint: 'Add to pg_hba.conf: host all all samehost scram-sha-256',
  });

/** `logIn` does it from the machine of the sites: a password alone is not enough where pg_hba.conf does not name it. */
export async function mustLetIn(server: string, web: string, logIn: () => Promise<unknown>): Promise<void> {
  try {
    await logIn();
  } catch (error) {
    if (!(error instanceof Problem) || !['forbidden', 'server-unreachable'].includes(error.code)) throw error;
    // biome-ignore lint/style/useErrorCause: it is passed, beside the hint.
    throw new Problem(error.code, `PostgreSQL on ${server} lets no site of ${web} in`, {
      hint: 'It must listen for other machines (listen_addresses) and have a line for that one in pg_hba.conf: host all all ADDRESS/32 scram-sha-256',
      cause: error,
    });
  }
}
