import { z } from 'zod';
import { Problem, problemJson } from '../model/problem.ts';
import { longMs } from '../services/backup/backups.ts';
import { letGo } from './backup/bringing.ts';
import { demandOurs } from './backup/checking.ts';
import { tellElsewhere } from './backup/making.ts';
import type { BackupContext } from './context.ts';
import { taskType } from './define.ts';
import type { Step } from './task-type.ts';

/** Reads every byte of it. Whether a site can be made of it is what `backup test` finds out. */
export const backupVerify = taskType({
  name: 'backup verify',
  title: 'Verify backup',
  args: z.strictObject({}),
  from: ['enabled'],
  timeoutMs: longMs,
  coalesce: true,
  context: (load, id) => load.backup(id),
  check: async () => {},
  steps: () => [readIt],
  done: () => ({}),
  failed: () => ({}),
});

const readIt: Step<BackupContext, Record<string, never>> = {
  name: 'read it',
  async run(context) {
    const { backup, backups, report } = context;
    const begun = Date.now();
    const found = (why: string | null) => ({
      ...{ at: new Date(begun).toISOString(), ok: why === null, why },
      seconds: (Date.now() - begun) / 1000,
    });
    try {
      await demandOurs(context);
      await backups.check(backup.name);
    } catch (error) {
      if (!isVerdict(error)) throw error;
      await report.record({ backup: { id: backup.id, verified: found(problemJson(error).message) } });
      throw error;
    }
    await report.record({ backup: { id: backup.id, verified: found(null) } });
    await report.note('it is whole');
    await mendSecond(context);
  },
  // It only looks; a second copy that it has made is as it should have been.
  undo: letGo,
};

/** When the backup was made, its second copy may not have come about: there may be room or a way now. */
async function mendSecond(context: BackupContext): Promise<void> {
  const { backup, backups, report } = context;
  if (backups.second === null || report.isDryRun || (await backups.second.has(backup.name))) return;
  const elsewhere = await backups.second.store(backup.name);
  await report.record({ backup: { id: backup.id, elsewhere } });
  await tellElsewhere(report, { elsewhere });
}

/** A disk that is full or a server that is away says nothing about the backup. */
export const isVerdict = (error: unknown): boolean =>
  error instanceof Problem && !['disk-full', 'server-unreachable', 'timeout', 'cancelled', 'bug'].includes(error.code);
