import { z } from 'zod';
import { Problem } from '../model/problem.ts';
import { longMs } from '../services/backup/backups.ts';
import type { BackupContext } from './context.ts';
import { taskType } from './define.ts';
import type { Step } from './task-type.ts';

export const backupDelete = taskType({
  name: 'backup delete',
  title: 'Delete backup',
  args: z.strictObject({}),
  from: ['enabled', 'failed'],
  timeoutMs: longMs,
  context: (load, id) => load.backup(id),
  async check({ backup }) {
    if (backup.pinned)
      throw new Problem('in-use', `backup ${backup.id} is pinned`, {
        hint: `Unpin it first: aegir backup unpin ${backup.id}.`,
      });
  },
  steps: () => [removeIt],
  done: () => ({ backup: { status: 'deleted' } }),
  failed: () => ({}),
});

const removeIt: Step<BackupContext, Record<string, never>> = {
  name: 'remove it',
  async run({ backup, backups, transfers, report }) {
    await backups.remove(backup.name);
    await transfers.machine.remove(`${transfers.directory}/${backup.name}.tar`);
    await report.changed([`removed ${backups.place(backup.name)}`]);
    if (backups.second) await report.changed([`removed ${backups.second.place(backup.name)}`]);
  },
  undo: 'forward',
};
