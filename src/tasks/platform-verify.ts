import { dirname } from 'node:path/posix';
import { z } from 'zod';
import type { Application } from '../applications/application.ts';
import { putDirectory } from '../machine/put.ts';
import { Problem } from '../model/problem.ts';
import type { PlatformContext } from './context.ts';
import { taskType } from './define.ts';
import { putWanted } from './site-directory.ts';
import type { Step } from './task-type.ts';

/** What the code turned out to be; the later steps and the hub take it from here. */
interface Detected extends PlatformContext {
  readonly application: Application;
  readonly root: string;
  readonly version: string;
}

export const platformVerify = taskType({
  name: 'platform verify',
  title: 'Verify platform',
  args: z.strictObject({}),
  from: ['queued', 'enabled', 'failed', 'locked'],
  timeoutMs: 30 * 60_000,
  coalesce: true,
  // Looking what the code is changes nothing, so it is part of the context: every step can then rely on it.
  context: async (load, id): Promise<Detected> => detect(await load.platform(id)),
  check: async () => {},
  steps: () => [writeSharedFiles, scanPackages, findSites],
  done: ({ application, root, version, platform }) => ({
    platform: {
      verified: true,
      application: application.name,
      root,
      version,
      status: platform.status === 'locked' ? 'locked' : 'enabled',
    },
  }),
  failed: ({ platform }) => ({
    platform: { verified: false, ...(platform.status === 'queued' && { status: 'failed' }) },
  }),
});

async function detect(context: PlatformContext): Promise<Detected> {
  const { machine, platform, applications } = context;
  if ((await machine.stat(platform.root))?.kind !== 'directory')
    throw new Problem('not-found', `there is no directory ${platform.root} on ${machine.name}`, {
      hint: 'Put the code there, or correct the root of the platform.',
    });
  for (const application of applications) {
    const code = await application.detect(machine, platform.root);
    if (code)
      return { ...context, application, root: code.root, version: code.version, platform: { ...platform, ...code } };
  }
  throw new Problem('invalid', `${platform.root} holds no application that Aegir knows`, {
    hint: `It looks for ${applications.map(({ title }) => title).join(', ')} there and in web/, docroot/, html/ and public/.`,
  });
}

type VerifyStep = Step<Detected, Record<string, never>>;

const writeSharedFiles: VerifyStep = {
  name: 'write shared files',
  async run({ machine, platform, application, report, root }) {
    await report.changed(await putDirectory(machine, `${root}/sites`, { mode: '0755' }));
    for (const file of application.platformFiles(platform)) {
      if ((await machine.stat(dirname(file.path))) === null)
        await report.changed(await putDirectory(machine, dirname(file.path), { mode: '0755' }));
      await report.changed(await putWanted(machine, file));
    }
  },
  undo: 'nothing', // Verify heals: what it has put right stays right.
};

const scanPackages: VerifyStep = {
  name: 'scan packages',
  async run({ application, machine, root, version, scan, report }) {
    const found = await application.packages(machine, root, scan);
    if (found === scan) return;
    await report.record({ platform: { application: application.name, root, version, scan: found } });
    await report.note(`${found.packages.length} packages`);
  },
  undo: 'nothing', // It only looks.
};

const findSites: VerifyStep = {
  name: 'find sites',
  async run({ application, machine, platform, siteDirectories, sitesFound, report }) {
    const found = await application.sitesFound(machine, platform, siteDirectories);
    const directories = found.map(({ directory }) => directory);
    if (directories.join('/') !== sitesFound.join('/'))
      await report.record({ platform: { sitesFound: directories.map((directory) => ({ directory })) } });
    if (directories.length > 0) await report.note(`sites to import: ${directories.join(', ')}`);
  },
  undo: 'nothing', // It only looks.
};
