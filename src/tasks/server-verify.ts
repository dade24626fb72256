import { dirname } from 'node:path/posix';
import { z } from 'zod';
import { putDirectory } from '../machine/put.ts';
import { fingerprint, hostKeysIn } from '../model/host-keys.ts';
import { Problem } from '../model/problem.ts';
import type { ServerContext } from './context.ts';
import { taskType } from './define.ts';
import { diagnose } from './diagnosis.ts';
import type { Step } from './task-type.ts';

export const serverVerify = taskType({
  name: 'server verify',
  title: 'Verify server',
  args: z.strictObject({}),
  from: ['queued', 'enabled', 'failed', 'locked'],
  timeoutMs: 10 * 60_000,
  coalesce: true,
  context: (load, id) => load.server(id),
  check: async () => {},
  steps: ({ services, scanHostKeys }) => [
    ...(scanHostKeys ? [pinHostKeys] : []),
    lookAround,
    makeDirectories,
    removeLeftovers,
    ...services.map(verifyService),
  ],
  done: ({ server }) => ({ server: { verified: true, status: server.status === 'locked' ? 'locked' : 'enabled' } }),
  failed: ({ server }) => ({ server: { verified: false, ...(server.status === 'queued' && { status: 'failed' }) } }),
});

type VerifyStep = Step<ServerContext, Record<string, never>>;

/** What answers first is believed, and nothing else from then on: a person can compare it with what `ssh-keygen -lf` says over there. */
const pinHostKeys: VerifyStep = {
  name: 'pin host keys',
  async run({ server, scanHostKeys, report }) {
    const { hostKeys, host } = server;
    if (scanHostKeys === null || hostKeys.pinned.length > 0) return;
    const keys = hostKeysIn(await scanHostKeys());
    if (keys.length === 0)
      throw new Problem('server-unreachable', `${server.name} (${host}) shows no host key of a kind that we know`, {
        hint: 'Make it one there: ssh-keygen -A, then systemctl restart ssh.',
      });
    hostKeys.pin(keys);
    await report.record({ server: { hostKeys: keys } });
    await report.changed(keys.map((key) => `pinned the host key ${fingerprint(key)} of ${host}`));
  },
  undo: 'nothing', // It is the server that was asked for, and will be asked again.
};

const lookAround: VerifyStep = {
  name: 'diagnose',
  async run({ server, machine, engines, services, paths, report }) {
    const diagnosis = await diagnose(machine, engines, services, paths);
    await report.record({ server: { diagnosis } });
    for (const { finding, hint } of diagnosis.warnings) await report.note(`${finding}. ${hint}`, 'warning');
    for (const { type, engine, version } of diagnosis.offers)
      await report.note(
        `${engine} ${version} is there and could be a service: aegir service create ${server.name} ${type} --engine ${engine}`,
      );
  },
  undo: 'nothing', // It only looks.
};

/** Seed 003: config can be passed through by all and listed by none; backups are for nobody else. */
const makeDirectories: VerifyStep = {
  name: 'make directories',
  async run({ machine, paths, report }) {
    await report.changed(await putDirectory(machine, dirname(paths.config), { mode: '0711' }));
    await report.changed(await putDirectory(machine, paths.config, { mode: '0711' }));
    await report.changed(await putDirectory(machine, paths.platforms, { mode: '0755' }));
    await report.changed(await putDirectory(machine, paths.backups, { mode: '0700' }));
    await report.changed(await putDirectory(machine, paths.clients, { mode: '0711' }));
  },
  undo: 'nothing', // Verify heals: what it has put right stays right.
};

/** A day: longer than any write takes, however the clocks differ. */
const leftoverAgeMs = 24 * 60 * 60_000;

/** A worker that is killed while it writes a file leaves its unfinished copy, under a name that nothing reads. */
const removeLeftovers: VerifyStep = {
  name: 'remove leftovers',
  async run({ machine, paths, report }) {
    for (const { path, modifiedMs } of await machine.find(paths.config, { names: ['.*.new'] }))
      if (modifiedMs < Date.now() - leftoverAgeMs) {
        await machine.remove(path);
        await report.changed([`removed ${path}, which a killed worker had left`]);
      }
  },
  undo: 'nothing', // Nobody needs half a file.
};

const verifyService = ({ id, type, engine, opened }: ServerContext['services'][number]): VerifyStep => ({
  name: `verify ${type} (${engine})`,
  async run({ report }) {
    await report.changed(await opened.verify());
    if (opened.version) await report.record({ server: { services: [{ id, version: await opened.version() }] } });
  },
  undo: 'nothing', // As above; an engine puts back what its service refused.
});
