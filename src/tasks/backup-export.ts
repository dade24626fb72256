import { z } from 'zod';
import { command } from '../machine/command.ts';
import { putDirectory } from '../machine/put.ts';
import { demandRoom } from '../machine/room.ts';
import { type Manifest, partNames } from '../model/backup.ts';
import { Problem } from '../model/problem.ts';
import { Archive } from '../services/backup/archive.ts';
import { longMs } from '../services/backup/backups.ts';
import { bring, letGo } from './backup/bringing.ts';
import type { BackupContext } from './context.ts';
import { taskType } from './define.ts';
import type { Step } from './task-type.ts';

/** Makes it a file that the hub can give away: `GET /api/backups/:name/file`, for a day. */
export const backupExport = taskType({
  name: 'backup export',
  title: 'Export backup',
  args: z.strictObject({}),
  from: ['enabled'],
  timeoutMs: longMs,
  context: async (load, id) => exporting(await load.backup(id)),
  async check({ machine, backup, backups, place, manifest }) {
    if ((await backups.manifest(backup.name)) === null)
      throw new Problem('not-found', `${backups.place(backup.name)} is gone`, { hint: 'Delete the backup.' });
    if (backups.file(backup.name) !== null) return;
    await demandRoom(
      machine,
      place,
      manifest.parts.reduce((sum, { stored }) => sum + stored.bytes, 0),
    );
  },
  steps: () => [makeFile],
  done: () => ({}),
  failed: () => ({}),
});

interface Exporting extends BackupContext {
  /** The directory of transfers. */
  readonly place: string;
  readonly manifest: Manifest;
}

function exporting(context: BackupContext): Exporting {
  const { transfers, server, backup, backups } = context;
  if (transfers === null)
    throw new Problem(
      'invalid',
      `backup ${backup.id} lies on ${server.name}, and the hub gives away files of its own machine only`,
      {
        hint: `Copy it from there: ${backups.place(backup.name)}`,
      },
    );
  if (!backup.manifest) throw new Problem('bug', `backup ${backup.id} has no manifest`);
  return { ...context, place: transfers, manifest: backup.manifest };
}

const makeFile: Step<Exporting, { file: string }> = {
  name: 'make file',
  async run({ machine, backup, backups, place, manifest, report }) {
    await putDirectory(machine, place, { mode: '0700' });
    await bring({ backup, backups, report });
    const path = `${place}/${backup.name}.tar`;
    const file = backups.file(backup.name);
    if (file !== null) {
      // Another name for the same file costs nothing; on another disk it has to be a copy.
      const linked = await machine.run({ ...command`ln --force ${file} ${path}`, allow: [0, 1, 127] });
      if (linked.exitCode !== 0) await machine.run({ ...command`cp --force ${file} ${path}`, timeoutMs: longMs });
    } else {
      const parts = partNames.flatMap((name) => {
        const part = manifest.parts.find((one) => one.name === name);
        return part ? [{ name, restoredBytes: part.restoredBytes, source: backups.read(backup.name, name) }] : [];
      });
      await new Archive(machine, place).put(backup.name, parts, (facts) => ({ ...manifest, parts: [...facts] }));
    }
    await letGo({ backup, backups, report });
    await report.changed([`made ${path}`]);
    return { file: `${backup.name}.tar` };
  },
  async undo({ machine, backup, backups, place, report }) {
    await letGo({ backup, backups, report });
    await new Archive(machine, place).remove(backup.name);
  },
};
