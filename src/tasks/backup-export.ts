import { z } from 'zod';
import { command } from '../machine/command.ts';
import { passFile } from '../machine/pipe-between.ts';
import { putDirectory } from '../machine/put.ts';
import { demandRoom } from '../machine/room.ts';
import { type Manifest, partNames } from '../model/backup.ts';
import { Problem } from '../model/problem.ts';
import { Archive } from '../services/backup/archive.ts';
import { longMs } from '../services/backup/backups.ts';
import { passing } from '../services/file/passing.ts';
import { bring, letGo } from './backup/bringing.ts';
import { isHere } from './backup/is-here.ts';
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
  async check(context) {
    const { machine, paths, backup, backups, transfers, manifest } = context;
    if ((await backups.manifest(backup.name)) === null)
      throw new Problem('not-found', `${backups.place(backup.name)} is gone`, { hint: 'Delete the backup.' });
    const isFile = backups.file(backup.name) !== null;
    const bytes = manifest.parts.reduce((sum, { stored }) => sum + stored.bytes, 0);
    if (!isFile || !isHere(context)) await demandRoom(transfers.machine, transfers.directory, bytes);
    if (!isFile && !isHere(context)) await demandRoom(machine, paths.root, bytes);
  },
  steps: () => [makeFile],
  done: () => ({}),
  failed: () => ({}),
});

interface Exporting extends BackupContext {
  readonly manifest: Manifest;
}

function exporting(context: BackupContext): Exporting {
  const { backup } = context;
  if (!backup.manifest) throw new Problem('bug', `backup ${backup.id} has no manifest`);
  return { ...context, manifest: backup.manifest };
}

const makeFile: Step<Exporting, { file: string }> = {
  name: 'make file',
  async run(context) {
    const { machine, paths, backup, backups, transfers, report } = context;
    await putDirectory(transfers.machine, transfers.directory, { mode: '0700' });
    await bring({ backup, backups, report });
    const path = `${transfers.directory}/${backup.name}.tar`;
    const file = backups.file(backup.name);
    if (file !== null) await (isHere(context) ? shareFile(context, file, path) : sendFile(context, file, path));
    else if (isHere(context)) await pack(context, transfers.directory);
    else
      await passing(
        { machine, paths },
        async (directory) => sendFile(context, await pack(context, directory), path),
        `export-${backup.id}`,
      );
    await letGo({ backup, backups, report });
    await report.changed([`made ${path}`]);
    return { file: `${backup.name}.tar` };
  },
  async undo({ backup, backups, transfers, report }) {
    await letGo({ backup, backups, report });
    await new Archive(transfers.machine, transfers.directory).remove(backup.name);
  },
};

/** Another name for the same file costs nothing; on another disk it has to be a copy. */
async function shareFile({ machine }: Exporting, file: string, path: string): Promise<void> {
  const linked = await machine.run({ ...command`ln --force ${file} ${path}`, allow: [0, 1, 127] });
  if (linked.exitCode !== 0) await machine.run({ ...command`cp --force ${file} ${path}`, timeoutMs: longMs });
}

async function sendFile({ machine, transfers }: Exporting, file: string, path: string): Promise<void> {
  await passFile({ machine, path: file }, { machine: transfers.machine, path, mode: '0600' }, longMs);
}

/** Of a backup that is no file: one, in this directory of the machine that has the store. Answers its path. */
async function pack({ machine, backup, backups, manifest }: Exporting, directory: string): Promise<string> {
  const parts = partNames.flatMap((name) => {
    const part = manifest.parts.find((one) => one.name === name);
    return part ? [{ name, restoredBytes: part.restoredBytes, source: backups.read(backup.name, name) }] : [];
  });
  const archive = new Archive(machine, directory);
  await archive.put(backup.name, parts, (facts) => ({ ...manifest, parts: [...facts] }));
  return archive.file(backup.name);
}
