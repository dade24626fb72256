import { dirname } from 'node:path/posix';
import { z } from 'zod';
import { putManyDirectories } from '../machine/put.ts';
import type { Platform } from '../model/platform.ts';
import type { PlatformContext } from './context.ts';
import { taskType } from './define.ts';
import { buildSteps, checkBuild, documentRoot, removeMark, type ToBuild, toBuild } from './platform-build.ts';
import { type Code, changedCode, detectCode } from './platform-code.ts';
import { putAllWanted } from './site-directory.ts';
import { spreadCode } from './spread/spread-code.ts';
import type { Step } from './task-type.ts';

interface VerifyContext extends PlatformContext {
  /** Null: the code is there, or is somebody else's to put there. */
  readonly toBuild: ToBuild | null;
  /** Looked at once, when it is there; `platform` is the same with what was found. */
  code(): Promise<Code & { readonly platform: Platform }>;
}

/** What the hub is told in the end. */
interface Verified extends Record<string, string | true> {
  application: string;
  root: string;
  version: string;
  built: true;
}

export const platformVerify = taskType<Record<string, never>, VerifyContext, Verified>({
  name: 'platform verify',
  title: 'Verify platform',
  args: z.strictObject({}),
  from: ['queued', 'enabled', 'failed', 'locked'],
  // Composer may take its time.
  timeoutMs: 60 * 60_000,
  coalesce: true,
  context: async (load, id) => withCode(await load.platform(id)),
  async check(context) {
    if (context.toBuild === null || (await checkBuild(context, context.toBuild))) await context.code();
  },
  steps: ({ toBuild: wanted, http }) => [
    ...(wanted ? buildSteps(wanted) : []),
    writeSharedFiles,
    ...(http.spread ? [bringCode] : []),
    scanPackages,
    findSites,
    ...(wanted ? [removeMark(wanted)] : []),
  ],
  done: ({ platform }, found) => ({
    platform: { ...found, verified: true, status: platform.status === 'locked' ? 'locked' : 'enabled' },
  }),
  failed: ({ platform }) => ({
    platform: { verified: false, ...(platform.status === 'queued' && { status: 'failed' }) },
  }),
});

function withCode(context: PlatformContext): VerifyContext {
  const wanted = toBuild(context);
  let known: Code | undefined;
  return {
    ...context,
    toBuild: wanted,
    async code() {
      const { machine, applications, platform } = context;
      const root = wanted ? documentRoot(wanted.tree, wanted.source) : platform.root;
      known ??= await detectCode(machine, applications, root);
      const found = { application: known.application.name, root: known.root, version: known.version };
      return { ...known, platform: { ...platform, ...found } };
    },
  };
}

type VerifyStep = Step<VerifyContext, Verified>;

/** What a rehearsal would build is not there to be looked at. */
const nothingToSee = async ({ report, toBuild: wanted, machine }: VerifyContext): Promise<boolean> =>
  report.isDryRun === true && wanted !== null && (await machine.stat(wanted.tree)) === null;

const writeSharedFiles: VerifyStep = {
  name: 'write shared files',
  async run(context) {
    if (await nothingToSee(context)) return;
    const { machine, report } = context;
    const { platform, application, root } = await context.code();
    const [sites, files] = [`${root}/sites`, application.platformFiles(platform)];
    const above = [...new Set(files.map(({ path }) => dirname(path)))].filter((path) => path !== sites);
    const there = await machine.statMany(above);
    const wanted = [sites, ...above.filter((path) => !there.has(path))];
    await report.changed(
      await putManyDirectories(
        machine,
        wanted.map((path) => ({ path, mode: '0755' })),
      ),
    );
    await report.changed(await putAllWanted(machine, files));
  },
  undo: 'nothing', // Verify heals: what it has put right stays right.
};

const bringCode: VerifyStep = {
  name: 'bring the code to all members',
  async run(context) {
    if (await nothingToSee(context)) return;
    await context.report.changed(await spreadCode(context, (await context.code()).root));
  },
  undo: 'nothing', // Verify heals: what it has put right stays right.
};

const scanPackages: VerifyStep = {
  name: 'scan packages',
  async run(context) {
    if (await nothingToSee(context)) return;
    const { machine, scan, report } = context;
    const { application, root, version } = await context.code();
    const found = await application.packages(machine, root, scan);
    if (found === scan) return { application: application.name, root, version };
    await report.record({ platform: { application: application.name, version, scan: found } });
    await report.changed(changedCode(root, scan, found));
    await report.note(`${found.packages.length} packages`);
    return { application: application.name, root, version };
  },
  undo: 'nothing', // It only looks.
};

const findSites: VerifyStep = {
  name: 'find sites',
  looks: true,
  async run(context) {
    if (await nothingToSee(context)) return;
    const { machine, siteDirectories, sitesFound, report } = context;
    const { application, platform } = await context.code();
    const found = await application.sitesFound(machine, platform, siteDirectories);
    const directories = found.map(({ directory }) => directory);
    if (directories.join('/') !== sitesFound.join('/'))
      await report.record({ platform: { sitesFound: directories.map((directory) => ({ directory })) } });
    if (directories.length > 0) await report.note(`sites to import: ${directories.join(', ')}`);
  },
  undo: 'nothing', // It only looks.
};
