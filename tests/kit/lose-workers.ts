import type { HubDatabase } from '../../src/hub/database.ts';
import { requeueLost } from '../../src/hub/lost-tasks.ts';
import { until } from './machines.ts';

/**
 * As when the workers of all tasks that run now were silent for too long. A task whose row its worker is just writing to is passed over
 * by who looks for lost ones, and found by the next look.
 */
export async function loseWorkers(db: HubDatabase['db']): Promise<void> {
  const running = await db.selectFrom('task').select(['id', 'attempt']).where('status', '=', 'running').execute();
  const runsStill = async ({ id, attempt }: (typeof running)[number]): Promise<boolean> => {
    const task = db.selectFrom('task').select('id').where('id', '=', id).where('attempt', '=', attempt);
    return (await task.where('status', '=', 'running').execute()).length > 0;
  };
  for (const task of running)
    await until(async () => {
      if (!(await runsStill(task))) return true;
      await requeueLost(db, 0);
      return false;
    });
}
