import type { Command } from 'commander';
import { type Answer, api } from '../api/endpoints.ts';
import type { Logged } from '../api/follow.ts';
import { Problem } from '../model/problem.ts';
import { addWait, askAndShow, type Common, nounOf, type Session } from './commands.ts';
import { exampleText } from './examples.ts';
import { addFlags, flagValues, type JsonSchema, schemaOf } from './flags.ts';
import { followToEnd } from './follow.ts';
import { LogLines } from './log-lines.ts';

type TaskType = Answer<'task-type list'>['items'][number];
type Noun = 'server' | 'platform' | 'site' | 'backup' | 'certificate';
const names: { readonly [One in Noun]: string } = {
  server: 'master',
  platform: 'd10',
  site: '@example.com',
  backup: '12',
  certificate: 'shop',
};

interface TaskFlags extends Common, Readonly<Record<string, unknown>> {
  readonly dryRun?: boolean;
  readonly runAt?: string;
  readonly priority?: string;
}

/** A verb for every task type that the hub knows, plug-ins' too: `aegir site verify example.com`. */
export function addTaskVerbs(program: Command, session: Session, types: readonly TaskType[]): void {
  for (const type of types) {
    if (!(type.noun in names)) continue;
    const noun = type.noun as Noun; // just looked up
    const parent = nounOf(program, noun);
    const verb = type.verb.replaceAll(' ', '-');
    // What has an endpoint of its own is asked there.
    if (parent.commands.some((one) => one.name() === verb)) continue;
    const inWords = positional[type.name] ?? [];
    const command = parent
      .command(`${verb} <${noun}>${inWords.map((key) => ` <${key === 'name' ? 'new-name' : key}>`).join('')}`)
      .summary(type.title)
      .description(type.title);
    const schema = type.args as JsonSchema; // z.toJSONSchema made it
    addFlags(command, schema, inWords);
    const creates = type.name === 'site install' || type.name === 'site import';
    if (creates) addFlags(command, siteSchema, siteWithout(type.name));
    addWait(command)
      .option('--dry-run', 'only say what it would do')
      .option('--run-at <time>', 'not before this time, as 2030-01-01T04:00:00Z')
      .option('--priority <number>', 'lower runs first')
      .option('--json', 'print the answer as JSON');
    command.addHelpText('after', exampleText(examplesOf(type.name, noun)));
    command.action(async (name: string, ...given: unknown[]) => {
      const flags = given[inWords.length] as TaskFlags; // commander's order
      const said = Object.fromEntries(inWords.map((key, at) => [key, String(given[at])]));
      const args = { ...(await flagValues(session.io, schema, flags, inWords)), ...said };
      const wanted = creates ? await flagValues(session.io, siteSchema, flags, siteWithout(type.name)) : {};
      if (creates && (await createSite(session, type.name, name, { wanted, args }, flags))) return;
      await askTask(session, noun, name, { name: type.name, args }, flags);
    });
  }
}

/** Arguments of a task that stand without a flag. */
const positional: { readonly [task: string]: readonly string[] } = {
  'site migrate': ['platform'],
  'site rename': ['name'],
};

const siteSchema: JsonSchema = (() => {
  const { required: _, ...rest } = schemaOf(api['site create'].body);
  return rest; // --platform is needed only for a site that is not there yet; the hub says so then.
})();
const siteWithout = (task: string): readonly string[] =>
  task === 'site import'
    ? ['name', 'import', 'dryRun', ...ofBackup]
    : ['name', 'import', 'dryRun', 'directory', ...ofBackup];
/** Flags of the task itself, which a site that is not there yet is made with. */
const ofBackup = ['backup', 'update'];

function examplesOf(task: string, noun: Noun): readonly string[] {
  if (task === 'site install')
    return [
      'aegir site install example.com --platform d10 --profile standard',
      'aegir site install example.com --dry-run',
    ];
  const written = writtenExamples[task];
  if (written) return written;
  if (task === 'site import')
    return [
      'aegir site import old.example.com --platform d7',
      'aegir site import shop.example.com --platform d10 --backup 12',
    ];
  if (task === 'site restore') return ['aegir site restore @example.com --backup 12'];
  if (task === 'site delete') return ['aegir site delete @example.com', 'aegir site delete @example.com --no-backup'];
  return [`aegir ${task} ${names[noun]}`, `aegir ${task} ${names[noun]} --dry-run`];
}

const writtenExamples: { readonly [task: string]: readonly string[] } = {
  'site migrate': [
    'aegir site migrate example.com d10-new --rehearse',
    'aegir site migrate example.com d10-new',
    'aegir site migrate @example.com @platform_d10-new --run-at 2030-01-01T04:00:00Z --no-wait',
  ],
  'site move': ['aegir site move example.com --db-server db2', 'aegir site move example.com --platform d10-on-web2'],
  'site rename': [
    'aegir site rename example.com new.example.com',
    'aegir site rename example.com new.example.com --keep-old alias --keep-directory',
  ],
  'site update': ['aegir site update example.com --rehearse', 'aegir site update example.com'],
};

/** Makes the site when it is not there. One that is there, as it is wanted, is only installed. Answers whether it asked. */
async function createSite(
  session: Session,
  task: string,
  name: string,
  { wanted, args }: { readonly wanted: Readonly<Record<string, unknown>>; readonly args: Record<string, unknown> },
  flags: TaskFlags,
): Promise<boolean> {
  const found = await siteThere(session, name);
  // Only fields that are alike in question and answer tell a difference.
  const same = Object.entries(wanted).every(
    ([key, value]) => typeof value !== 'string' || isAlike(found?.[key], value),
  );
  if (found && same) return false;
  const body = {
    ...wanted,
    ...args,
    name: name.replace(/^@/, ''),
    import: task === 'site import',
    dryRun: flags.dryRun === true,
  };
  await askAndShow(session, 'site create', { body }, flags);
  // A dry run leaves no site behind; without waiting for its end it cannot be taken away yet.
  if (flags.dryRun === true && flags.wait !== false)
    await session.call('site discard', { params: { name: body.name } });
  return true;
}

const isAlike = (there: unknown, wanted: string): boolean =>
  typeof there === 'object' || there === undefined || wanted.replace(/^@(platform_|server_)?/, '') === there;

async function siteThere({ call }: Session, name: string): Promise<Readonly<Record<string, unknown>> | null> {
  try {
    return await call('site get', { params: { name } });
  } catch (error) {
    if (error instanceof Problem && error.code === 'not-found') return null;
    throw error;
  }
}

async function askTask(
  session: Session,
  noun: Noun,
  name: string,
  asked: { readonly name: string; readonly args: Record<string, unknown> },
  flags: TaskFlags,
): Promise<void> {
  const { io, call } = session;
  const body = {
    ...asked,
    dryRun: flags.dryRun === true,
    ...(flags.runAt !== undefined && { runAt: flags.runAt }),
    ...(flags.priority !== undefined && { priority: Number(flags.priority) }),
  };
  const { task, coalesced } = await call(`${noun} task`, { params: { name }, body });
  // One for later is not waited for.
  if (flags.wait === false || flags.runAt !== undefined) {
    const line = `Task ${task.id}: ${task.name} (${task.status})${coalesced ? ', which waits already' : ''}`;
    io.out(
      flags.json
        ? `${JSON.stringify({ task, coalesced }, null, 2)}\n`
        : `${line}. See: aegir task log ${task.id} --follow\n`,
    );
    return;
  }
  if (!flags.json)
    io.out(`Task ${task.id}: ${task.name} ${task.subject.name}${coalesced ? ' (it waits already)' : ''}\n`);
  session.exitCode = await followToEnd(session, task.id, {
    json: flags.json === true,
    verbose: flags.verbose === true,
  });
}

/** `aegir task log`: what was logged so far, or with --follow until the end. */
export function addTaskLog(program: Command, session: Session): void {
  nounOf(program, 'task')
    .command('log <task>')
    .summary('The log of a task')
    .description('The log of a task')
    .option('-f, --follow', 'go on until the task ends')
    .option('-v, --verbose', 'show commands and their output too')
    .option('--json', 'print each event as a line of JSON')
    .addHelpText('after', exampleText(['aegir task log 12', 'aegir task log 12 --follow']))
    .action(async (task: string, flags: Common & { readonly follow?: boolean }) => {
      if (flags.follow) {
        const { json = false, verbose = false } = flags;
        session.exitCode = await followToEnd(session, task, { json, verbose });
        return;
      }
      const lines = new LogLines(session.io, flags.verbose === true);
      for await (const logged of wholeLog(session, task))
        for (const line of flags.json ? [JSON.stringify(logged)] : lines.of(logged)) session.io.out(`${line}\n`);
    });
}

async function* wholeLog({ call }: Session, task: string): AsyncGenerator<Logged> {
  for (let after = 0; ; ) {
    const page = await call('task log', { params: { task }, query: { after, limit: 1000 } });
    yield* page.items;
    if (page.next === null) return;
    after = Number(page.next);
  }
}
