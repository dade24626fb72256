import { Argument, type Command } from 'commander';
import { z } from 'zod';
import { request } from '../api/call.ts';
import { paramNames } from '../api/endpoint.ts';
import { type Answer, type EndpointName, endpointNames, endpointOf } from '../api/endpoints.ts';
import { followBatch } from './batch-follow.ts';
import { comparisonLines } from './comparison-lines.ts';
import { examples } from './examples.ts';
import { addFlags, flagValues, schemaOf, wordFrom } from './flags.ts';
import { type Connected, followToEnd } from './follow.ts';
import { harmless, type Io } from './io.ts';
import { driftLines, loadLines, logLines, namesLines } from './look-lines.ts';
import { nounSummaries } from './noun-summaries.ts';
import { moment, showList, showOne } from './show.ts';
import { statusLines } from './status-lines.ts';

/** What a command needs when it runs; made late, so that help needs no hub. */
export interface Session extends Connected {
  /** What process.exit will be told. */
  exitCode: number;
}

export interface Common {
  readonly json?: boolean;
  readonly wait?: boolean;
  readonly verbose?: boolean;
}

/** Asked for in words of their own. */
const ownWords: ReadonlySet<EndpointName> = new Set([
  'server task',
  'platform task',
  'site task',
  'backup task',
  'certificate task',
  'backup upload',
  'backup download',
  'task log',
  'task stream',
  'batch log',
  // For programs, which ask by themselves.
  'metrics',
  'statistic export',
  'audit export',
]);

/** Fields of the body that stand among the arguments, without a flag. */
const positional: { readonly [Name in EndpointName]?: readonly string[] } = {
  'client create': ['name'],
  'account create': ['name'],
  'role create': ['name'],
  'membership create': ['account', 'role'],
  'server create': ['name'],
  'service create': ['type'],
  'platform create': ['name'],
  'site create': ['name'],
  'site clone': ['name'],
  'setting set': ['value'],
  'staged-move create': ['platform'],
  'reserve create': ['name'],
  'reserve claim': ['name'],
  'offer create': ['name'],
  'certificate create': ['name'],
  'order create': ['name'],
  'batch create': ['name'],
  'view create': ['list', 'name'],
  'notification choose': ['kind'],
  'webhook create': ['url'],
};

/** A command for every endpoint: `aegir <noun> <verb> [name] [--flags]`. */
export function addEndpointCommands(program: Command, session: Session): void {
  for (const name of endpointNames) {
    if (ownWords.has(name) || endpointOf(name).browser) continue;
    const [noun = '', verb] = name.split(' ');
    const parent = verb === undefined ? program : nounOf(program, noun);
    addEndpoint(parent.command(verb ?? noun), name, session);
  }
}

export function nounOf(program: Command, noun: string): Command {
  const found = program.commands.find((one) => one.name() === noun);
  return (
    found ??
    program
      .command(noun)
      .summary(nounSummaries[noun] ?? noun)
      .description(nounSummaries[noun] ?? noun)
  );
}

function addEndpoint(command: Command, name: EndpointName, session: Session): void {
  const { path, summary, query, body } = endpointOf(name);
  const inPath = paramNames(path);
  const inBody = positional[name] ?? [];
  command.summary(summary).description(summary);
  for (const one of inPath) command.addArgument(new Argument(`<${argumentName(name, one)}>`));
  for (const one of inBody)
    command.addArgument(new Argument(`<${inPath.includes(one) ? `new-${one}` : argumentName(name, one)}>`));
  const schema = schemaOf(body ?? query ?? emptySchema);
  addFlags(command, schema, inBody);
  command.option('--json', 'print the answer as JSON');
  if (startsTask.has(name)) addWait(command);
  if (startsBatch.has(name)) command.option('--no-wait', 'do not follow the batch until it ends');
  command.addHelpText('after', examples(name));
  command.action(async (...given: unknown[]) => {
    const words = given.slice(0, inPath.length + inBody.length).map(String);
    const flags = given[inPath.length + inBody.length] as Common & Record<string, unknown>; // commander's order
    const values = await flagValues(session.io, schema, flags, inBody);
    for (const [at, key] of inBody.entries()) {
      const text = words[inPath.length + at] ?? '';
      values[key] = key === 'value' ? await wordFrom(session.io, text) : text;
    }
    const params = Object.fromEntries(inPath.map((key, at) => [key, words[at] ?? '']));
    await askAndShow(session, name, { params, ...(body ? { body: values } : { query: values }) }, flags);
  });
}

const emptySchema = z.object({});

/** `<name>` alone says little. */
const argumentName = (endpoint: EndpointName, param: string): string => {
  const [noun = ''] = endpoint.split(' ');
  if (param !== 'name') return param;
  return noun === 'service' ? 'server' : noun === 'staged-move' ? 'site' : noun;
};

const startsTask: ReadonlySet<EndpointName> = new Set([
  'server create',
  'server set',
  'service create',
  'platform create',
  'site create',
  'site clone',
  'site set',
  'reserve claim',
  'certificate create',
  'certificate set',
  'task retry',
]);

export const addWait = (command: Command): Command =>
  command
    .option('--no-wait', 'do not follow the task until it ends')
    .option('-v, --verbose', 'show commands and their output too');

const startsBatch: ReadonlySet<EndpointName> = new Set(['platform migrate', 'batch create', 'batch retry']);

type ShownTask = Pick<Answer<'task get'>, 'id' | 'name' | 'status' | 'subject'>;

/** What every endpoint may answer, as far as it is shown. */
interface Shown extends Readonly<Record<string, unknown>> {
  readonly items?: readonly Readonly<Record<string, unknown>>[];
  readonly task?: ShownTask | string | null;
}

export async function askAndShow(session: Session, name: EndpointName, input: object, flags: Common): Promise<void> {
  // Flags are made from the schema of the same endpoint, and the hub checks them once more.
  const response = await request(session.send, name, input as never);
  const answer = (await response.json()) as Shown;
  if (flags.wait !== false && (await followed(session, name, answer, flags))) return;
  show(session.io, name, answer, flags);
  if (!flags.json) for (const line of besides[name]?.(answer) ?? []) session.io.err(`${harmless(line)}\n`);
}

/** Where the answer is something that goes on, it is followed to its end. False: there is nothing to follow. */
async function followed(session: Session, name: EndpointName, answer: Shown, flags: Common): Promise<boolean> {
  const { io } = session;
  const task = taskIn(name, answer);
  if (task !== null) {
    if (!flags.json) io.out(`Task ${task.id}: ${task.name} ${harmless(task.subject.name)}\n`);
    session.exitCode = await followToEnd(session, task.id, {
      json: flags.json === true,
      verbose: flags.verbose === true,
    });
    return true;
  }
  if (!startsBatch.has(name)) return false;
  const { batch } = answer as unknown as Answer<'batch create'>; // alike for all of them
  if (!flags.json) io.out(`Batch ${batch.id}: ${batch.name}, ${harmless(batch.title)}: ${batch.members} sites\n`);
  session.exitCode = await followBatch(session, batch.id, flags);
  return true;
}

function show(io: Io, name: EndpointName, answer: Shown, flags: Common): void {
  const [noun = '', verb = ''] = name.split(' ');
  const task = taskIn(name, answer);
  if (flags.json || name === 'openapi') io.out(`${JSON.stringify(answer, null, 2)}\n`);
  else if (name === 'platform compare') showComparison(io, answer as unknown as Answer<'platform compare'>);
  else if (inWords[name]) io.out(`${harmless(inWords[name](answer))}\n`);
  else if (answer.items) showList(io, hasColumnsOfItsOwn.has(verb) ? verb : noun, { ...answer, items: answer.items });
  else if (task !== null)
    io.out(`Task ${task.id}: ${task.name} (${task.status}). See: aegir task log ${task.id} --follow\n`);
  else if ('deleted' in answer) io.out(`Deleted ${deleted(noun, String(answer['deleted']))}\n`);
  else showOne(io, inner(startsBatch.has(name) ? 'batch' : noun, answer), noun);
}

/** A number alone says little. */
const deleted = (noun: string, name: string): string => (/^\d+$/.test(name) ? `${noun} ${name}` : name);

/** Verbs whose lists are not lists of their noun. */
const hasColumnsOfItsOwn: ReadonlySet<string> = new Set([
  'packages',
  'sites',
  'members',
  'turns',
  'runs',
  'days',
  'choices',
  'choose',
  'spares',
]);

function showComparison(io: Io, answer: Answer<'platform compare'>): void {
  for (const line of comparisonLines(answer)) io.out(`${harmless(line)}\n`);
  showList(io, answer.of === 'site' ? 'compared packages' : 'compared sites', answer);
}

/** Answers that are more than a list of fields, or less. */
const inWords: { readonly [name in EndpointName]?: (answer: Shown) => string } = {
  'token create': ({ token }) => String(token),
  'agent enrol': ({ credential }) => String(credential),
  'account invite': ({ link }) => String(link),
  'account reset-password': ({ link }) => String(link),
  'session end-others': ({ ended }) => `Ended ${String(ended)} session${ended === 1 ? '' : 's'}`,
  'server bootstrap': ({ script }) => String(script).trimEnd(),
  'server load': (answer) => loadLines(answer as never).join('\n'), // The endpoint's own answer, as below.
  'server names': (answer) => namesLines(answer as never).join('\n'),
  'site drift': (answer) => driftLines(answer as never).join('\n'),
  'platform drift': (answer) => driftLines(answer as never).join('\n'),
  'site web-log': (answer) => logLines(answer as never).join('\n'),
  status: (answer) => statusLines(answer as never).join('\n'),
};

const goodOnce = ({ expiresAt }: Shown): readonly string[] => [
  `Good once, until ${moment(String(expiresAt))}: its person chooses a password with it.`,
];

/** What a person wants to know besides; not for a program that takes the answer. */
const besides: { readonly [name in EndpointName]?: (answer: Shown) => readonly string[] } = {
  'account invite': goodOnce,
  'account reset-password': goodOnce,
  'token create': () => ['It is shown this once.'],
  'agent enrol': () => [
    'It is shown this once: it goes into /etc/aegir/agent on that server (mode 600, of user aegir).',
  ],
  'webhook create': () => ['The secret is shown this once.'],
  'notification choices': (answer) => waysInWords(answer as never),
  'notification choose': (answer) => waysInWords(answer as never),
};

const waysInWords = ({ email, notByMail, notByWebhook }: Answer<'notification choices'>): readonly string[] => [
  notByMail === null ? `Mails go to ${email ?? 'nobody'}.` : `No mails: ${notByMail}`,
  ...(notByWebhook === null ? [] : [`No webhooks: ${notByWebhook}`]),
];

function taskIn(name: EndpointName, answer: Shown): ShownTask | null {
  if (name === 'task retry') return answer as unknown as ShownTask; // The endpoint's own answer.
  const { task } = answer;
  return startsTask.has(name) && task !== null && typeof task === 'object' ? task : null;
}

/** `{ site, task: null }` is shown as the site. */
function inner(noun: string, answer: Shown): Readonly<Record<string, unknown>> {
  // What was made stands beside what is shown once.
  if (answer['about'] !== null && typeof answer['about'] === 'object') {
    const { about, ...once } = answer;
    return { ...(about as Shown), ...once };
  }
  const one = answer[noun];
  return one !== null && typeof one === 'object' ? (one as Readonly<Record<string, unknown>>) : answer; // of our own API
}
