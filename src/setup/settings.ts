import { Problem } from '../model/problem.ts';
import { exists, putFile, textOf } from './files.ts';
import * as places from './places.ts';
import type { Did } from './screen.ts';

/** Garbage is collected while it is young: after listing 10,000 sites the hub has 100 MB instead of 220 (npm run bench). */
export const nodeOptions = '--max-semi-space-size=4';

const head = `# Settings of Aegir's hub and worker, as NAME=value. ./up starts them anew when this file has changed.
# Lines that are not about DATABASE_URL are yours: ./up keeps them.
# Others: AEGIR_LISTEN (address:port), AEGIR_WORKER_SLOTS, AEGIR_LOAD_FACTOR, AEGIR_CONFIG.
NODE_OPTIONS=${nodeOptions}
`;

/** Keeps what is there; a DATABASE_URL that was given to ./up takes the place of the one in it. */
export async function putSettings(databaseUrl: string | undefined): Promise<Did> {
  if (databaseUrl !== undefined && !/^postgres(?:ql)?:\/\/[^\s]+$/.test(databaseUrl))
    throw new Problem('invalid', 'DATABASE_URL does not look like postgres://user:password@server/database');
  const there = await textOf(places.environmentFile);
  const kept = (there ?? head)
    .split('\n')
    .filter((line) => databaseUrl === undefined || !line.startsWith('DATABASE_URL='));
  if (databaseUrl !== undefined) kept.splice(-1, 0, `DATABASE_URL=${databaseUrl}`);
  const put = await putFile(places.environmentFile, kept.join('\n'), { mode: 0o640, group: places.user });
  return put ? `wrote ${places.environmentFile}` : null;
}

/** True when the hub keeps its own database, so that it is ours to stop. */
export async function hasOwnDatabase(): Promise<boolean> {
  const text = (await textOf(places.environmentFile)) ?? '';
  return !/^DATABASE_URL=/m.test(text) && (await exists(places.stateDirectory));
}
