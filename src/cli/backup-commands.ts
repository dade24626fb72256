import { openAsBlob } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { request, urlOf } from '../api/call.ts';
import { api } from '../api/endpoints.ts';
import { Problem } from '../model/problem.ts';
import { addWait, type Common, nounOf, type Session } from './commands.ts';
import { exampleText } from './examples.ts';
import { addFlags, flagValues, schemaOf } from './flags.ts';
import { followToEnd } from './follow.ts';
import { harmless } from './io.ts';

/** `aegir backup export` and `import`: what needs a file of who calls. */
export function addBackupFiles(program: Command, session: Session): void {
  addExport(nounOf(program, 'backup'), session);
  addImport(nounOf(program, 'backup'), session);
}

function addExport(parent: Command, session: Session): void {
  parent
    .command('export <backup>')
    .summary('Export a backup: one file with all of a site')
    .description('Export a backup: one file with all of a site. docs/backup-format.md tells what is in it.')
    .option('--to <file>', 'where to; in this directory under its own name unless given')
    .option('-v, --verbose', 'show commands and their output too')
    .addHelpText('after', exampleText(['aegir backup export 12', 'aegir backup export 12 --to /mnt/shop.tar']))
    .action(async (name: string, flags: Common & { readonly to?: string }) => {
      const { io, call, send } = session;
      const backup = await call('backup get', { params: { name } });
      const to = resolve(flags.to ?? `${backup.name}.tar`);
      await demandNew(to);
      const { task } = await call('backup task', { params: { name: backup.id }, body: { name: 'backup export' } });
      session.exitCode = await followToEnd(session, task.id, { json: false, verbose: flags.verbose === true });
      if (session.exitCode !== 0) return;
      const response = await request(send, 'backup download', { params: { name: backup.id } });
      const bytes = await save(to, response);
      io.out(`${harmless(to)}: ${(bytes / 1e6).toFixed(1)} MB\n`);
    });
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function demandNew(path: string): Promise<void> {
  if (await exists(path))
    throw new Problem('conflict', `${path} is there already`, { hint: 'Name another file: --to FILE.' });
}

/** Whole or not at all, and for nobody else to read. */
async function save(to: string, { body, headers }: Response): Promise<number> {
  const unfinished = `${to}.part`;
  const file = await opened(unfinished);
  try {
    let bytes = 0;
    for await (const piece of body ?? []) {
      await file.writeFile(piece);
      bytes += piece.byteLength;
    }
    await file.sync();
    if (bytes !== Number(headers.get('content-length')))
      throw new Problem('server-unreachable', 'the connection ended before the file was whole', { hint: 'Try again.' });
    await demandNew(to);
    await rename(unfinished, to);
    return bytes;
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

const opened = (path: string): Promise<FileHandle> =>
  open(path, 'w', 0o600).catch((cause: NodeJS.ErrnoException) => {
    throw new Problem('invalid', `${path} cannot be written: ${cause.code}`, {
      hint: 'Name another file: --to FILE.',
      cause,
    });
  });

function addImport(parent: Command, session: Session): void {
  const schema = schemaOf(api['backup upload'].query);
  const command = parent
    .command('import <file>')
    .summary('Bring a backup from elsewhere: what another Aegir exported, or an archive of another host')
    .description('Bring a backup from elsewhere: what another Aegir exported, or an archive of another host');
  addFlags(command, schema);
  addWait(command)
    .option('--json', 'print the answer as JSON')
    .addHelpText(
      'after',
      exampleText([
        'aegir backup import shop.tar',
        'aegir backup import shop.tar --site shop.example.com',
        'aegir backup import old-20260801.120000.tar.gz --name old.example.com',
        'aegir site import shop.example.com --platform d10 --backup 12',
      ]),
    )
    .action(async (path: string, flags: Common & Record<string, unknown>) => {
      const query = await flagValues(session.io, schema, flags);
      const { backup, task } = await upload(session, path, query);
      if (!flags.json) session.io.out(`Backup ${backup.id}: ${harmless(basename(path))} is uploaded\n`);
      if (flags.wait === false) {
        session.io.out(
          flags.json ? `${JSON.stringify({ backup, task }, null, 2)}\n` : `Task ${task.id}: ${task.name}\n`,
        );
        return;
      }
      const how = { json: flags.json === true, verbose: flags.verbose === true };
      session.exitCode = await followToEnd(session, task.id, how);
    });
}

async function upload({ send }: Session, path: string, query: Record<string, unknown>) {
  if (!(await exists(path))) throw new Problem('not-found', `there is no file ${path}`, { hint: 'Is its name right?' });
  // Read as it is sent; how long it is is known before.
  const body = await openAsBlob(path, { type: 'application/octet-stream' });
  const headers = { accept: 'application/json', 'content-type': 'application/octet-stream' };
  const response = await request(
    (_, more) => send(urlOf('backup upload', {}, query), { ...more, method: 'POST', headers, body }),
    'backup upload',
    { query },
  );
  return api['backup upload'].answer.parse(await response.json());
}
