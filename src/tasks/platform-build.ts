import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path/posix';
import { command } from '../machine/command.ts';
import { diskOf } from '../machine/room.ts';
import { mayHoldPasswords } from '../model/platform.ts';
import { type BuiltSource, sourceText } from '../model/platform-source.ts';
import { Problem } from '../model/problem.ts';
import {
  checkSandbox,
  freeBytesMin,
  freshSandbox,
  inSandbox,
  noSpace,
  removeSandbox,
  type Sandbox,
} from '../sources/sandbox.ts';
import { type Building, fetchedTree, type Source } from '../sources/source.ts';
import { sourceOf } from '../sources/sources.ts';
import { checkTree } from '../sources/tree.ts';
import type { PlatformContext } from './context.ts';
import { detectCode } from './platform-code.ts';
import type { Step } from './task-type.ts';

/**
 * Makes the tree of a platform, beside its place, and moves it there whole. A directory that is there when this begins is
 * somebody's and is not touched. Three places, each of which is there or is not, say how far it is:
 * - `beside`: made first, removed last. While it is there, this task is building.
 * - `<beside>/tree`: the whole code, looked at, as it is to be.
 * - the tree itself: once `<beside>/tree` is gone.
 */
export interface ToBuild {
  readonly source: BuiltSource;
  readonly tree: string;
}

/**
 * What the hub has on record is the same whenever this task is taken over; what the disk has is not. Where sites are it is
 * never built, whatever became of the directory: fresh code without them would not bring them back.
 */
export function toBuild({ build: { source, tree, isBuilt }, siteDirectories }: PlatformContext): ToBuild | null {
  return source.type === 'path' || tree === null || isBuilt || siteDirectories.length > 0 ? null : { source, tree };
}

type BuildStep = Step<PlatformContext, { built: true }>;

const beside = ({ platform }: PlatformContext, tree: string): string => `${dirname(tree)}/.building-${platform.id}`;

const sandboxOf = ({ machine, paths, platform, build }: PlatformContext): Sandbox => ({
  machine,
  work: `${paths.builds}/platform-${platform.id}`,
  limits: build.limits,
});

const building = (context: PlatformContext): Building => ({
  sandbox: sandboxOf(context),
  applications: context.applications,
  note: (text) => context.report.note(text),
});

const exists = async ({ machine }: PlatformContext, path: string): Promise<boolean> =>
  (await machine.stat(path)) !== null;

/** Throws for what could not be built. True if there is nothing to build: the directory is there. */
export async function checkBuild(context: PlatformContext, { source, tree }: ToBuild): Promise<boolean> {
  const { machine } = context;
  if (await exists(context, tree)) return true;
  if ((await machine.stat(dirname(tree)))?.kind !== 'directory')
    throw new Problem('not-found', `there is no directory ${dirname(tree)} on ${machine.name} to build ${tree} in`, {
      hint: `Make it there for the user Aegir works as, or choose a root below ${context.paths.platforms}.`,
    });
  const how = sourceOf(source);
  if ('installed' in how) await how.installed(source, machine, { ...building(context), note: async () => undefined });
  else await checkSandbox(sandboxOf(context));
  return false;
}

export const buildSteps = (wanted: ToBuild): readonly BuildStep[] => [
  fetch(wanted),
  checkAndCopy(wanted),
  putInPlace(wanted),
];

const fetch = ({ source, tree }: ToBuild): BuildStep => ({
  name: 'fetch code',
  async run(context) {
    const { machine, report } = context;
    if (await exists(context, tree)) {
      await clear(context, { source, tree });
      return report.note(`${tree} is there already, so nothing is built`);
    }
    const what = `${tree} from ${sourceText(source)}`;
    if (report.isDryRun) return report.note(`would build ${what}`);
    await report.note(`building ${what}`);
    await machine.makeDirectory(beside(context, tree), { mode: '0700' });
    const how = sourceOf(source);
    if ('installed' in how) return;
    await freshSandbox(sandboxOf(context));
    await how.fetch(source, building(context));
    // Whatever it set: we are to read it.
    const argv = ['chmod', '-R', 'u+rwX,go+rX', fetchedTree(sandboxOf(context))] as const;
    await inSandbox(sandboxOf(context), { argv, timeoutMs: copyMs });
  },
  undo: (context) => clear(context, { source, tree }),
});

/** What was begun, and with it the mark that something was. */
async function clear(context: PlatformContext, { source, tree }: ToBuild): Promise<void> {
  if (!(await exists(context, beside(context, tree)))) return;
  if (!('installed' in sourceOf(source))) await removeSandbox(sandboxOf(context));
  await context.machine.remove(beside(context, tree));
}

const copyMs = 20 * 60_000;

const checkAndCopy = ({ source, tree }: ToBuild): BuildStep => ({
  name: 'check and copy code',
  async run(context) {
    const { machine } = context;
    const ours = beside(context, tree);
    if (!(await exists(context, ours))) return; // It was there already.
    const how = sourceOf(source);
    if (!(await exists(context, `${ours}/tree`))) {
      // Of another name each time: a copy that a killed worker left running goes on in a directory that is gone.
      const copy = `${ours}/copy-${randomBytes(6).toString('hex')}`;
      await copied(context, how, source, copy);
      await machine.move(copy, `${ours}/tree`);
    }
    if (!('installed' in how)) await removeSandbox(sandboxOf(context));
  },
  undo: 'nothing', // All of it lies where 'fetch code' removes it.
});

/** As platforms are (ARCHITECTURE.md, Layout on a server): ours, read by all, written by nobody else. */
async function copied(
  context: PlatformContext,
  how: Source<BuiltSource['type']>,
  source: BuiltSource,
  copy: string,
): Promise<void> {
  const { machine, build, applications, report } = context;
  const more = { timeoutMs: copyMs };
  const isOurs = 'installed' in how;
  const from = isOurs ? await how.installed(source, machine, building(context)) : fetchedTree(sandboxOf(context));
  const fetched = isOurs ? null : await checkTree(machine, from, build.limits);
  const { freeBytes } = await diskOf(machine, dirname(copy));
  if (freeBytes - (fetched?.bytes ?? 0) < freeBytesMin) throw noSpace(machine.name, copy);
  const links = isOurs ? '--dereference' : '--no-dereference';
  await machine.run({ ...command`cp --recursive ${links} --reflink=auto -- ${from} ${copy}`, ...more });
  await machine.run({ ...command`chmod -R u=rwX,go=rX,ug-s,o-t ${copy}`, ...more });
  const { paths } = fetched ?? (await checkTree(machine, copy, build.limits));
  await hide(
    context,
    paths.filter(mayHoldPasswords).map((path) => `${copy}/${path}`),
  );
  const { application, version } = await detectCode(machine, applications, documentRoot(copy, source));
  await report.note(`${paths.length} files of ${application.title} ${version}`);
  // Power may fail after the rename: a tree that is there is whole.
  await machine.run({ ...command`sync --file-system ${copy}`, ...more });
}

const filesAtOnce = 500;

async function hide({ machine }: PlatformContext, paths: readonly string[]): Promise<void> {
  for (let at = 0; at < paths.length; at += filesAtOnce) {
    const some = paths.slice(at, at + filesAtOnce);
    await machine.run(command`chgrp www-data -- ${some}`);
    await machine.run(command`chmod 0640 -- ${some}`);
  }
}

/** Where the application is looked for: a source may say it, for a tree that holds two. */
export const documentRoot = (tree: string, source: BuiltSource): string =>
  'docroot' in source && source.docroot !== undefined ? `${tree}/${source.docroot}` : tree;

const putInPlace = ({ tree }: ToBuild): BuildStep => ({
  name: 'put code in place',
  async run(context) {
    const ours = beside(context, tree);
    if (!(await exists(context, ours))) return;
    if (await exists(context, `${ours}/tree`)) {
      if (await exists(context, tree))
        throw new Problem('conflict', `${tree} has come to be there while its code was built`, {
          hint: 'It was not touched. Move it away, or verify the platform again to take it as it is.',
        });
      await context.machine.move(`${ours}/tree`, tree);
    }
    await context.report.changed([`built ${tree}`]);
    return { built: true };
  },
  async undo(context) {
    const ours = beside(context, tree);
    const wasMoved = (await exists(context, ours)) && !(await exists(context, `${ours}/tree`));
    if (wasMoved && (await exists(context, tree))) await context.machine.move(tree, `${ours}/tree`);
  },
});

/** Until now the mark has said that the tree may be taken away again. */
export const removeMark = ({ tree }: ToBuild): BuildStep => ({
  name: 'tidy up',
  run: (context) => context.machine.remove(beside(context, tree)),
  undo: 'forward',
});
