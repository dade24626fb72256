import { Command, CommanderError } from 'commander';
import { connect, type Send } from '../api/call.ts';
import { speakOfInput } from '../model/input-words.ts';
import { Problem, problemCodes } from '../model/problem.ts';
import { addApply } from './apply/command.ts';
import { addAuditExport } from './audit-commands.ts';
import { addBackupFiles } from './backup-commands.ts';
import { addBatchLog } from './batch-commands.ts';
import { addEndpointCommands, nounOf, type Session } from './commands.ts';
import { complete, scripts } from './complete.ts';
import { connection } from './connection.ts';
import { exampleText } from './examples.ts';
import { type Io, processIo, styled } from './io.ts';
import { addTaskLog, addTaskVerbs } from './task-commands.ts';
import { tellProblem } from './tell.ts';

/** `aegir <noun> <verb> …`. Answers the exit code: 0, that of a problem's code (model/problem.ts), or 2 for bad usage. */
export async function runCli(argv: readonly string[], io: Io = processIo()): Promise<number> {
  speakOfInput();
  const json = argv.includes('--json');
  try {
    return await run(argv, io);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : problemCodes.invalid.exit;
    return tellProblem(io, error, { json });
  }
}

async function run(argv: readonly string[], io: Io): Promise<number> {
  // Made when it is first used: help and completion scripts need no hub and no token.
  let made: Send | undefined;
  const send: Send = (path, request) => {
    made ??= connection(io.env);
    return made(path, request);
  };
  const session: Session = { io, send, call: connect(send), exitCode: 0 };
  const program = programOf(io);
  addEndpointCommands(program, session);
  addTaskLog(program, session);
  addBatchLog(program, session);
  addBackupFiles(program, session);
  addAuditExport(program, session);
  addApply(program, session);
  addCompletion(program, session);
  const failed = needsTaskTypes(argv) ? await addVerbs(program, session) : null;
  inherit(program, io);
  if (failed && isUnknown(program, argv)) throw failed;
  if (argv.length === 0) {
    io.out(program.helpInformation());
    return 0;
  }
  await program.parseAsync([...argv], { from: 'user' });
  return session.exitCode;
}

function programOf(io: Io): Command {
  const program = new Command('aegir')
    .description('Hosts sites. Everything is asked of the hub: aegir <noun> <verb> [name] [--flags].')
    .usage('<noun> <verb> [name] [--flags]')
    .helpCommand(false);
  program.addHelpText(
    'after',
    `${exampleText([
      'aegir status',
      'aegir site install example.com --platform d10',
      'aegir site list',
      'aegir site login @example.com',
      'source <(aegir completion bash)',
    ])}
Names may be written as name, as context name (@server_master, @platform_d10, @example.com) or as id.
AEGIR_URL and AEGIR_TOKEN (or ~/.config/aegir/token) say which hub; without them it is the one on this machine.
Exit codes: ${exitCodes()}
`,
  );
  program.configureHelp({ styleTitle: (text) => styled(io, 'bold', text) });
  return program;
}

/** From the table of problems, so that help cannot say something else. */
function exitCodes(): string {
  const byExit = Map.groupBy(Object.entries(problemCodes), ([, { exit }]) => exit);
  const known = [...byExit].toSorted(([one], [other]) => one - other);
  return ['0 done', ...known.map(([exit, all]) => `${exit} ${all.map(([code]) => code).join(' or ')}`)].join(', ');
}

const withTaskVerbs = new Set(['server', 'platform', 'site', 'backup', 'certificate', '__complete', '--help', '-h']);
const needsTaskTypes = ([noun = '']: readonly string[]): boolean => withTaskVerbs.has(noun);

/** Answers what went wrong: most of the program works without, and help always. */
async function addVerbs(program: Command, session: Session): Promise<unknown> {
  try {
    const { items } = await session.call('task-type list', {});
    addTaskVerbs(program, session, items);
    return null;
  } catch (error) {
    for (const noun of ['server', 'platform', 'site', 'backup', 'certificate'])
      nounOf(program, noun).addHelpText('after', '\nThe hub does not answer: verbs that are tasks are not shown.');
    return error;
  }
}

/** A verb that may well be one, if only the hub had said so. */
function isUnknown(program: Command, [noun, verb]: readonly string[]): boolean {
  if (verb === undefined || verb.startsWith('-') || noun === '__complete') return false;
  const parent = program.commands.find((one) => one.name() === noun);
  return parent !== undefined && !parent.commands.some((one) => one.name() === verb);
}

function addCompletion(program: Command, { io, call }: Session): void {
  program
    .command('completion <shell>')
    .summary('Print a script that completes commands and names')
    .description('Print a script that completes commands and names: bash, zsh or fish')
    .addHelpText('after', exampleText(['source <(aegir completion bash)', 'aegir completion fish | source']))
    .action((shell: string) => {
      const script = scripts[shell];
      if (script === undefined)
        throw new Problem('invalid', `there is no completion for '${shell}'`, {
          hint: 'There is one for bash, zsh and fish.',
        });
      io.out(script);
    });
  program.command('__complete [words...]', { hidden: true }).action(async (words: readonly string[]) => {
    for (const found of await complete(program, call, words)) io.out(`${found}\n`);
  });
}

/** For every command, however deep: what it prints goes to `io`, and it never ends the process. */
function inherit(command: Command, io: Io): void {
  command.exitOverride().configureOutput({
    writeOut: io.out,
    writeErr: io.err,
    outputError: (text, write) => write(text.replace(/^error: /, 'Problem: ')),
    getOutHelpWidth: () => io.columns ?? 100,
    getErrHelpWidth: () => io.columns ?? 100,
    getOutHasColors: () => io.colour,
    getErrHasColors: () => io.colour,
  });
  command.showHelpAfterError(`(aegir ${pathOf(command)}--help says how)`);
  for (const one of command.commands) inherit(one, io);
}

const pathOf = (command: Command): string => (command.parent ? `${pathOf(command.parent)}${command.name()} ` : '');
