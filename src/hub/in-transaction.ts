import type { Asked, Reader } from './hub.ts';

/** Two that wait for each other: PostgreSQL ends one of them, which may simply try again. */
const deadlock = '40P01';
const attemptsMax = 4;

export async function inTransaction<T>(db: Reader, action: (tx: Asked['tx']) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(action);
    } catch (error) {
      if (codeOf(error) !== deadlock || attempt >= attemptsMax) throw error;
    }
  }
}

/** PostgreSQL's SQLSTATE, or that of a socket; '' of anything else. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
