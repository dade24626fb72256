import { z } from 'zod';
import { passFile } from '../machine/pipe-between.ts';
import { demandRoom } from '../machine/room.ts';
import type { Manifest, ManifestPart } from '../model/backup.ts';
import { hostName } from '../model/host-name.ts';
import { Problem } from '../model/problem.ts';
import { type BackupPart, longMs, type Stored } from '../services/backup/backups.ts';
import type { Member } from '../services/backup/tar-listing.ts';
import { listing } from '../services/backup/tar-listing.ts';
import { passingDirectory } from '../services/file/passing.ts';
import { dumpEngine, foreignManifest, foreignOf, foreignParts, unpackForeign } from './backup/foreign.ts';
import { isOurs, type Limits, lookInto, membersOf, notesOn, readPart } from './backup/incoming.ts';
import { isHere } from './backup/is-here.ts';
import { tellElsewhere } from './backup/making.ts';
import type { BackupContext } from './context.ts';
import { taskType } from './define.ts';
import type { Step } from './task-type.ts';

/** More files than any site has; a listing of them is held in memory. */
const membersMax = 300_000;

/** What was uploaded becomes a backup, once all of it has been looked at. Nothing of it is believed, and nothing of it is run. */
export const backupImport = taskType({
  name: 'backup import',
  title: 'Import backup',
  args: z.strictObject({
    name: z
      .string()
      .transform((given) => hostName(given))
      .optional()
      .describe('How the site was called there, where the archive does not say it'),
    directory: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/)
      .optional()
      .describe('Its directory below sites/ there, where the archive does not say it; its name unless given'),
    unpackedMaxMb: z.int().min(1).default(204_800).describe('So much may be in it when it is unpacked'),
  }),
  from: ['queued', 'failed'],
  timeoutMs: longMs,

  context: async (load, id, { name, directory, unpackedMaxMb }) =>
    importing(await load.backup(id), {
      name,
      directory,
      limits: { membersMax, bytesMax: unpackedMaxMb * 1024 * 1024 },
    }),

  async check({ machine, path, transfers, upload, limits, backups }) {
    const there = await transfers.machine.stat(upload);
    if (there?.kind !== 'file')
      throw new Problem('not-found', 'the file that was uploaded is not there any more', { hint: 'Upload it again.' });
    await backups.demandRoom(Math.min(there.sizeBytes, limits.bytesMax));
    if (!isHere({ machine, transfers })) await demandRoom(machine, path, there.sizeBytes);
  },

  steps: (context) => [...(isHere(context) ? [] : [send]), takeIn, removeUpload],
  done: () => ({}),
  failed: () => ({ backup: { status: 'failed' } }),
});

interface Importing extends BackupContext {
  /** Where the hub has put it, on the machine of the transfers. */
  readonly upload: string;
  /** Where it is looked into, on the machine that will keep it: the same, or where it is sent to. */
  readonly path: string;
  readonly name: string | undefined;
  readonly directory: string | undefined;
  readonly limits: Limits;
}

function importing(context: BackupContext, more: Pick<Importing, 'name' | 'directory' | 'limits'>): Importing {
  const { backup, paths, transfers } = context;
  if (backup.upload === null)
    throw new Problem('wrong-status', `backup ${backup.id} was not uploaded`, {
      hint: 'Upload a file: aegir backup import FILE.',
    });
  const upload = `${transfers.directory}/${backup.upload}`;
  const path = isHere(context) ? upload : `${passingDirectory(paths)}/${backup.upload}`;
  return { ...context, ...more, upload, path };
}

const send: Step<Importing, { site: string }> = {
  name: 'send it to the server that is to keep it',
  async run({ machine, paths, path, transfers, upload, report }) {
    await machine.makeDirectory(passingDirectory(paths), { mode: '0700' });
    const { bytes } = await passFile(
      { machine: transfers.machine, path: upload },
      { machine, path, mode: '0600' },
      longMs,
    );
    await report.note(`${bytes} bytes went to ${machine.name}`);
  },
  undo: ({ machine, path }) => machine.remove(path),
};

const takeIn: Step<Importing, { site: string }> = {
  name: 'look into it and take it in',
  async run(context) {
    const { machine, path, limits, backup, report } = context;
    const outer = listing([`--file=${path}`]);
    const members = await membersOf(machine, [outer], 'the upload', limits);
    const stored = isOurs(members) ? await takeOurs(context, members) : await takeForeign(context, members);
    const { manifest } = stored;
    await report.record({ backup: { id: backup.id, made: stored } });
    await report.changed([`took in a backup of ${manifest.site.name}: ${context.backups.place(backup.name)}`]);
    await tellElsewhere(report, stored);
    return { site: manifest.site.name };
  },
  async undo({ backups, backup, machine, path, report }) {
    await machine.remove(scratch({ path }));
    await backups.remove(backup.name);
    await report.record({ backup: { id: backup.id, status: 'failed' } });
  },
};

async function takeOurs(context: Importing, members: readonly Member[]): Promise<Stored> {
  const { machine, path, limits, backup, backups, engine, report } = context;
  const { manifest, notes } = await lookInto(machine, path, members, limits);
  for (const note of notes) await report.note(note, 'warning');
  const parts = manifest.parts.map(
    ({ name, restoredBytes }): BackupPart => ({ name, restoredBytes, source: readPart(path, name) }),
  );
  return backups.put(
    backup.name,
    parts,
    (facts: readonly ManifestPart[]): Manifest => ({
      ...manifest,
      key: backup.name,
      engines: { ...manifest.engines, backup: engine },
      parts: [...facts],
    }),
  );
}

async function takeForeign(context: Importing, members: readonly Member[]): Promise<Stored> {
  const { machine, path, backup, backups, report } = context;
  const found = foreignOf(members);
  const name = context.name ?? (backup.siteName === '' ? undefined : backup.siteName);
  if (name === undefined)
    throw new Problem('invalid', 'the archive does not say of which site it is', {
      hint: 'Say how the site was called: aegir backup import FILE --name www.example.com.',
    });
  const at = scratch(context);
  await demandRoom(
    machine,
    path,
    members.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  );
  for (const note of notesOn(members, 'files')) await report.note(note, 'warning');
  await unpackForeign(machine, path, at);
  const db = await dumpEngine(machine, at, found);
  const place = { name, directory: context.directory ?? name, db };
  const parts = await foreignParts(machine, at, found);
  const stored = await backups.put(backup.name, parts, (facts) => foreignManifest(context, found, place, facts));
  await machine.remove(at);
  await report.note(`it is an archive of another host, of ${found.application}; which release is not known`);
  return stored;
}

/** Where an archive of another host is unpacked. */
const scratch = ({ path }: Pick<Importing, 'path'>): string => `${path}.unpacked`;

const removeUpload: Step<Importing, { site: string }> = {
  name: 'remove the upload',
  async run({ machine, path, transfers, upload }) {
    await machine.remove(path);
    await transfers.machine.remove(upload);
  },
  undo: 'forward',
};
