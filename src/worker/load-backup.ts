import type { BackupRows } from '../hub/task-rows/backup-rows.ts';
import { HostKeys } from '../model/host-keys.ts';
import { defaultSshPort, isLocal, type Server } from '../model/server.ts';
import type { BackupContext } from '../tasks/context.ts';
import { type Loading, openServer, openService, secretsOf, withFiles } from './load-rows.ts';

export function loadBackup(loading: Loading, { backup, server: row, service, files }: BackupRows): BackupContext {
  const { server, paths, machine } = openServer(loading, row, [service, ...(files ? [files] : [])].flatMap(secretsOf));
  return {
    ...{ report: loading.report, server, paths, machine, backup, engine: service.engine },
    backups: openService(loading.catalog, 'backup', service, {
      machine,
      paths,
      ...withFiles(loading, files, { server, machine, paths }),
    }),
    transfers: {
      machine: isLocal(server) ? machine : loading.openMachine(ownMachine, []),
      directory: loading.transfers,
    },
  };
}

/** The machine that this worker runs on, whether the hub has a server of it or not. */
const ownMachine: Server = {
  ...{ id: 'own', name: "the hub's machine", host: 'localhost', sshPort: defaultSshPort, status: 'enabled', data: {} },
  hostKeys: new HostKeys([]),
};
